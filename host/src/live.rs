//! How a tenant is, and what is there besides, asked of its provider; and statements that it has carried out in one.

mod glance;

use std::collections::BTreeSet;

use systemprompt_events::{Failure, PluginId, TenantView};

use crate::account;
use crate::cli::Context;
use crate::error::{CliError, Exit};
use crate::operation::words::failure_error;
use crate::plugin::catalog::{self, Loaded};
use crate::plugin::guest::{self, World};
use crate::plugin::v1::{LiveStatus, Orphan, PsqlEnded, PsqlRun};
use crate::project::{Project, for_provider};
use crate::text::{MESSAGE_CHARS_MAX, one_line};
use crate::trust;

pub use self::glance::{Glance, glance};

/// A tenant's provider, where this user may ask it: loaded, and logged in to if it has accounts.
pub async fn provider(context: &Context, project: &mut Project, id: &PluginId) -> Result<Loaded, CliError> {
    let vault = project.vault.clone();
    let plugin = catalog::load(id, project.ledger(), &vault, &context.env.places).await?;
    account::require(project.ledger(), &vault, &plugin).await?;
    Ok(plugin)
}

/// What the provider says of a tenant now, as it says it.
pub async fn ask(
    context: &Context,
    project: &mut Project,
    plugin: &Loaded,
    tenant: &TenantView,
) -> Result<LiveStatus, CliError> {
    let world = world_of(context, project, tenant).await?;
    let (world, answer) = plugin.provider.status(plugin.guest(world), Some(&for_provider(tenant))).await;
    take_back(project, world);
    answer?.map_err(|failure| failure_error(&failure, format!("no status of tenant `{}`", tenant.name)))
}

/// Labels of what a provider finds otherwise than it is recorded, with what is put before it.
const DIFFERENCES: [(&str, &str); 2] = [("Differs", ""), ("Missing", "missing: ")];

/// What of a status is otherwise than it is recorded, as its provider says.
pub fn differences(details: &[(String, String)]) -> Vec<String> {
    let about = |(label, value): &(String, String)| {
        let (_, before) = DIFFERENCES.iter().find(|(known, _)| known == label)?;
        Some(format!("{before}{value}"))
    };
    details.iter().filter_map(about).collect()
}

/// Why there is no answer, in one line.
pub fn reason(error: &CliError) -> String {
    let innermost = error.causes.last().unwrap_or(&error.message);
    one_line(innermost, MESSAGE_CHARS_MAX)
}

/// `psql` where a tenant's database is, once; the inner failure is the provider's.
pub async fn psql(
    context: &Context,
    project: &mut Project,
    plugin: &Loaded,
    tenant: &TenantView,
    run: &PsqlRun,
) -> Result<Result<PsqlEnded, Failure>, CliError> {
    let world = World { runs_statements: true, ..world_of(context, project, tenant).await? };
    let (world, answer) = plugin.provider.psql(plugin.guest(world), &for_provider(tenant), run).await;
    take_back(project, world);
    Ok(answer?)
}

/// What is at the provider, is tagged as ours, and is of none of these tenants, which are all that the project has there.
/// None where the provider cannot tell.
pub async fn orphans(
    context: &Context,
    project: &mut Project,
    plugin: &Loaded,
    tenants: &[TenantView],
) -> Result<Option<Vec<Orphan>>, CliError> {
    let tenants: Vec<_> = tenants.iter().map(for_provider).collect();
    let world = world(context, project);
    let (world, answer) = plugin.provider.orphans(plugin.guest(world), &tenants).await;
    take_back(project, world);
    answer?.map_err(|failure| failure_error(&failure, format!("`{}` does not say what it has", plugin.id)))
}

/// For a call that is about a tenant of ours.
async fn world_of(context: &Context, project: &mut Project, tenant: &TenantView) -> Result<World, CliError> {
    trust::check_tenant(&project.vault, tenant).await?;
    let tag = guest::tag(project.ledger(), Some(&tenant.id)).await?;
    let settings = crate::project::texts(tenant.config.as_str()).into_iter().collect();
    Ok(World { tenant: Some(tenant.id.clone()), tag, settings, ..world(context, project) })
}

/// For a call that is about no tenant, with the project's log.
fn world(context: &Context, project: &mut Project) -> World {
    World {
        ledger: Some(project.lend_ledger()),
        vault: project.vault.clone(),
        places: context.env.places.clone(),
        reporter: context.reporter.clone(),
        run: None,
        tenant: None,
        tag: None,
        account: None,
        settings: BTreeSet::new(),
        runs_statements: false,
    }
}

fn take_back(project: &mut Project, mut world: World) {
    if let Some(ledger) = world.ledger.take() {
        project.take_back(ledger);
    }
}

/// Its provider had nothing of it when it was asked last, so that there is nothing to work with.
pub fn vanished(tenant: &TenantView) -> CliError {
    let message = format!("tenant `{}` has vanished: `{}` has nothing of it", tenant.name, tenant.provider);
    CliError::new(Exit::Refused, "tenant-vanished", message)
        .help("if it is there again, compare; if it is gone for good, delete it")
        .try_command("systemprompt cloud sync")
        .try_command(format!("systemprompt cloud tenant delete {}", tenant.id))
}
