//! Which provider makes a tenant: the one asked for, or for a local one the first that is usable; always said, with why.

use systemprompt_events::{PluginId, TenantType};

use crate::account::DEFAULT_PROVIDER;
use crate::cli::Context;
use crate::creation::Wanted;
use crate::error::{CliError, Exit};
use crate::operation::effect::CREATE;
use crate::plugin::catalog::{self, Loaded};
use crate::plugin::embedded;
use crate::project::Project;

/// Most of a provider's regions that an error lists.
const REGIONS_CHARS_MAX: usize = 400;

/// Chooses, and loads the plugin. Where there is no project, there are only the providers that the program carries.
pub async fn choose(context: &Context, project: Option<&mut Project>, wanted: &Wanted) -> Result<Loaded, CliError> {
    let id = match (&wanted.provider, wanted.tenant_type) {
        (Some(id), _) => id.clone(),
        (None, TenantType::Local) => local(context).await?,
        (None, TenantType::Cloud) => DEFAULT_PROVIDER.parse().expect("BUG: a fixed id is valid"),
    };
    let plugin = match project {
        Some(project) => {
            let vault = project.vault.clone();
            catalog::load(&id, project.ledger(), &vault, &context.env.places).await?
        }
        None => catalog::load_embedded(&id, &context.env.places)?,
    };
    check_offer(&plugin, wanted, context).await?;
    if wanted.provider.is_some() {
        check_usable(context, &plugin).await?;
    }
    Ok(plugin)
}

/// Whether a provider can be used here and now: what it found, or what it lacks and what to do.
pub struct Probe {
    /// Whether it is usable.
    pub usable: bool,
    /// What was found or is missing.
    pub summary: String,
    /// What to do.
    pub help: Option<String>,
}

/// Asks a provider whether it can be used.
pub async fn probe(context: &Context, plugin: &Loaded) -> Result<Probe, CliError> {
    let (_, answer) = plugin.provider.probe(plugin.guest(catalog::nothing(&context.env.places))).await;
    let clean = |text: &str| crate::text::one_line(text, crate::text::MESSAGE_CHARS_MAX);
    Ok(match answer? {
        Ok(report) => {
            Probe { usable: report.usable, summary: clean(&report.summary), help: report.help.as_deref().map(clean) }
        }
        Err(failure) => Probe { usable: false, summary: failure.message, help: failure.help },
    })
}

/// The first first-party provider that is usable.
async fn local(context: &Context) -> Result<PluginId, CliError> {
    let mut missing = Vec::new();
    for id in embedded::local_ids() {
        let plugin = catalog::load_embedded(&id, &context.env.places)?;
        let found = probe(context, &plugin).await?;
        if found.usable {
            let instead: Vec<_> = missing.iter().map(|(id, why, _)| format!(", not `{id}`: {why}")).collect();
            let instead = instead.concat();
            context.note(&format!("provider `{id}`: {}{instead}", found.summary));
            return Ok(id);
        }
        missing.push((id, found.summary, found.help));
    }
    let mut error = CliError::new(Exit::Unavailable, "no-local-provider", "no local provider can be used here");
    let mut helps = Vec::new();
    for (id, why, help) in missing {
        error = error.cause(format!("`{id}`: {why}"));
        helps.extend(help);
    }
    Err(error.help(helps.join("; or ")))
}

/// Whether the provider makes such tenants, and in that region.
async fn check_offer(plugin: &Loaded, wanted: &Wanted, context: &Context) -> Result<(), CliError> {
    let offer = catalog::describe(plugin, &context.env.places).await?;
    if offer.tenant_type != wanted.tenant_type.to_string() {
        let offers = crate::text::one_line(&offer.tenant_type, 20);
        let message = format!("provider `{}` makes {offers} tenants, not {} ones", plugin.id, wanted.tenant_type);
        return Err(
            CliError::usage("wrong-type", message).help(format!("leave out `--provider`, or say `--type {offers}`"))
        );
    }
    if !offer.operations.iter().any(|operation| operation == CREATE) {
        return Err(makes_none(&plugin.id));
    }
    let Some(region) = &wanted.region else { return Ok(()) };
    let is_named = offer.regions.iter().any(|offered| offered.code == region.as_str());
    if is_named || has_more_regions(offer.ext.as_deref()) {
        return Ok(());
    }
    let codes: Vec<_> = offer.regions.iter().map(|offered| format!("`{}`", offered.code)).collect();
    let codes = crate::text::one_line(&codes.join(", "), REGIONS_CHARS_MAX);
    let help = if codes.is_empty() { "leave out `--region`".to_owned() } else { format!("there are {codes}") };
    Err(CliError::usage("region-unknown", format!("provider `{}` has no region `{region}`", plugin.id)).help(help))
}

/// Whether the regions that a provider names are not all, so that only itself can refuse one.
fn has_more_regions(ext: Option<&str>) -> bool {
    let ext = ext.and_then(|ext| serde_json::from_str::<serde_json::Value>(ext).ok()).unwrap_or_default();
    ext["more_regions"] == true
}

async fn check_usable(context: &Context, plugin: &Loaded) -> Result<(), CliError> {
    let found = probe(context, plugin).await?;
    if found.usable {
        return Ok(());
    }
    let message = format!("provider `{}` cannot be used here", plugin.id);
    let error = CliError::new(Exit::Unavailable, "provider-unavailable", message).cause(found.summary);
    Err(match found.help {
        Some(help) => error.help(help),
        None => error,
    })
}

fn makes_none(provider: &PluginId) -> CliError {
    CliError::new(Exit::Unavailable, "no-cloud-provider", format!("provider `{provider}` makes no tenants yet"))
        .help("install a plugin that makes cloud tenants and name it with `--provider`, or create a local tenant")
        .try_command("systemprompt plugin list")
}
