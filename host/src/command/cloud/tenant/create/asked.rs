//! What a person at a terminal is asked about a new tenant, where the command line does not say it.

use std::fmt::{Display, Formatter};

use serde_json::Value;
use systemprompt_events::{PluginId, PluginView, Region, TenantName, TenantType};

use super::{CreateArgs, missing};
use crate::cli::Context;
use crate::error::CliError;
use crate::plugin::embedded;
use crate::prompt;

/// Fills in type and name, which every tenant needs. Whoever is asked for one of them is also asked what else there is to
/// choose; whoever gives both is taken at their word, and the rest is as usual.
pub async fn fill(context: &Context, mut args: CreateArgs) -> Result<(TenantType, TenantName, CreateArgs), CliError> {
    let ask = context.env.interactive && !args.yes && !context.global.json;
    args.tenant_type = match args.tenant_type_meant() {
        None => made_by(context, args.provider.as_ref()).await?,
        meant => meant,
    };
    let guided = args.tenant_type_meant().is_none() || args.name.is_none();
    let tenant_type = match args.tenant_type_meant() {
        Some(tenant_type) => tenant_type,
        None if ask => prompt::tenant_type()?,
        None => return Err(missing(&args, "--type", "a type is needed, and there is no terminal to ask on")),
    };
    let name = match args.name.take() {
        Some(name) => name,
        None if ask => prompt::tenant_name()?,
        None => return Err(missing(&args, "--name", "a name is needed, and there is no terminal to ask on")),
    };
    if guided && ask {
        choose_rest(context, tenant_type, &mut args).await?;
    }
    Ok((tenant_type, name, args))
}

/// What kind of tenants a provider makes that is known here.
async fn made_by(context: &Context, provider: Option<&PluginId>) -> Result<Option<TenantType>, CliError> {
    let Some(id) = provider else { return Ok(None) };
    if let Some(made) = embedded::makes(id) {
        return Ok(Some(made));
    }
    let project = crate::project::open_untouched(&context.env, context.global.project.as_deref()).await?;
    let Some(mut project) = project else { return Ok(None) };
    let known = project.ledger().log.plugin(id).await?;
    Ok(known.and_then(|plugin| plugin.description.value()["tenant_type"].as_str()?.parse().ok()))
}

async fn choose_rest(context: &Context, tenant_type: TenantType, args: &mut CreateArgs) -> Result<(), CliError> {
    let installed = installed(context, tenant_type).await?;
    if args.provider.is_none() && args.database_url.is_none() {
        match prompt::one_of("Who provides its database?", sources(tenant_type, &installed, args))? {
            Some(Source::Provider(id, _)) => args.provider = Some(id),
            Some(Source::Mine) => args.database_url = Some(prompt::hidden("Database URL (postgres://…):")?),
            Some(Source::Usual) | None => {}
        }
    }
    let chosen = installed.iter().find(|plugin| Some(&plugin.id) == args.provider.as_ref());
    if args.region.is_none()
        && let Some(chosen) = chosen
        && let Some(place) = prompt::one_of("In which region?", places(chosen))?
    {
        args.region = Some(place.region);
    }
    Ok(())
}

/// Third parties' providers of such tenants that the project knows.
async fn installed(context: &Context, tenant_type: TenantType) -> Result<Vec<PluginView>, CliError> {
    let Some(mut project) = crate::project::open_untouched(&context.env, context.global.project.as_deref()).await?
    else {
        return Ok(Vec::new());
    };
    let mut plugins = project.ledger().log.plugins().await?;
    plugins.retain(|plugin| {
        embedded::component(&plugin.id).is_none()
            && plugin.description.value()["tenant_type"].as_str() == Some(&tenant_type.to_string())
    });
    Ok(plugins)
}

/// Where a database can come from.
enum Source {
    /// The first provider that works here.
    Usual,
    /// This provider; what it says of itself.
    Provider(PluginId, String),
    /// The user has one.
    Mine,
}

impl Display for Source {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        match self {
            Source::Usual => f.write_str("docker if its engine answers, else native"),
            Source::Provider(id, title) if title.is_empty() => write!(f, "{id}"),
            Source::Provider(id, title) => write!(f, "{id}: {title}"),
            Source::Mine => f.write_str("a database that I have, by its URL"),
        }
    }
}

/// Nothing to choose where there is one way only.
fn sources(tenant_type: TenantType, installed: &[PluginView], args: &CreateArgs) -> Vec<Source> {
    let title = |plugin: &PluginView| shown(&plugin.description.value()["title"]);
    let installed = installed.iter().map(|plugin| Source::Provider(plugin.id.clone(), title(plugin)));
    match tenant_type {
        // Regions belong to a provider, and one that is named already to that which is usual.
        TenantType::Cloud if args.region.is_some() => installed.collect(),
        TenantType::Cloud => {
            let ours = embedded::ids().into_iter().filter(|id| embedded::makes(id) == Some(TenantType::Cloud));
            installed.chain(ours.map(|id| Source::Provider(id, String::new()))).collect()
        }
        TenantType::Local => {
            let embedded = embedded::local_ids().into_iter().map(|id| Source::Provider(id, String::new()));
            let mine = (args.config.is_empty() && !args.dedicated && !args.plan).then_some(Source::Mine);
            std::iter::once(Source::Usual).chain(embedded).chain(installed).chain(mine).collect()
        }
    }
}

/// A region in words.
struct Place {
    region: Region,
    title: String,
}

impl Display for Place {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.region, self.title)
    }
}

/// The regions that a provider offers; a code that cannot be one is none.
fn places(plugin: &PluginView) -> Vec<Place> {
    let description = plugin.description.value();
    let place =
        |region: &Value| Some(Place { region: region["code"].as_str()?.parse().ok()?, title: shown(&region["title"]) });
    description["regions"].as_array().into_iter().flatten().filter_map(place).collect()
}

/// A plugin's own words.
fn shown(text: &Value) -> String {
    crate::text::one_line(text.as_str().unwrap_or_default(), 60)
}
