//! Deleting with a grace: a tenant is set aside, can be brought back until its time is over, and is then deleted.

use std::fmt;
use std::str::FromStr;

use serde_json::json;
use systemprompt_events::{
    AsideView, Command, Event, Json, Operation, OperationId, PluginId, Recorded, SqliteLog, TenantCommand, TenantEvent,
    TenantId, TenantView, Timestamp, UndoPlan,
};

use crate::change;
use crate::cli::Context;
use crate::command::cloud::tenant::delete;
use crate::duration;
use crate::env;
use crate::error::{CliError, Exit};
use crate::operation::driver::{self, Start};
use crate::operation::effect;
use crate::plugin::catalog;
use crate::project::Project;
use crate::trust;

/// A purge that failed is not tried by every command again.
const PAUSE_MILLIS: i64 = 60 * 60 * 1_000;

/// For how long a deleted tenant can be brought back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Grace {
    seconds: u64,
}

/// A text that is not a grace.
#[derive(Debug, thiserror::Error)]
#[error("a grace is a number with `s`, `m`, `h` or `d`, from `1s` to `31d`")]
pub struct InvalidGrace;

impl FromStr for Grace {
    type Err = InvalidGrace;

    fn from_str(text: &str) -> Result<Grace, InvalidGrace> {
        duration::seconds(text).map(|seconds| Grace { seconds }).ok_or(InvalidGrace)
    }
}

/// As it is typed.
impl fmt::Display for Grace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&duration::text(self.seconds))
    }
}

impl Grace {
    fn until(self) -> Timestamp {
        let millis = i64::try_from(self.seconds * 1_000).expect("BUG: a month fits into a number");
        Timestamp::from_millis(env::now().millis().saturating_add(millis))
    }
}

/// Sets a tenant aside; returns until when it can be brought back.
pub async fn set_aside(
    context: &Context,
    project: &mut Project,
    tenant: &TenantView,
    grace: Grace,
) -> Result<Timestamp, CliError> {
    let until = grace.until();
    let input = json!({ effect::UNTIL: until.to_string() });
    let begin = |operation| TenantCommand::StartDeletion { operation };
    perform(context, project, tenant, effect::SET_ASIDE, &input, begin).await?;
    Ok(until)
}

/// Brings a tenant back, with what is recorded of the undo that this is.
pub async fn bring_back(
    context: &Context,
    project: &mut Project,
    tenant: &TenantView,
    input: &serde_json::Value,
) -> Result<(), CliError> {
    let begin = |operation| TenantCommand::StartReturn { operation };
    perform(context, project, tenant, effect::BRING_BACK, input, begin).await
}

async fn perform(
    context: &Context,
    project: &mut Project,
    tenant: &TenantView,
    kind: &str,
    input: &serde_json::Value,
    begin: impl FnOnce(OperationId) -> TenantCommand,
) -> Result<(), CliError> {
    if tenant.provider == PluginId::external() {
        return Err(change::unsupported(tenant, kind));
    }
    trust::check_tenant(&project.vault, tenant).await?;
    change::check_key(project, tenant).await?;
    let (vault, places) = (project.vault.clone(), &context.env.places);
    let plugin = catalog::load(&tenant.provider, project.ledger(), &vault, places).await?;
    if !change::supports(project, &plugin.id, kind).await? {
        return Err(change::unsupported(tenant, kind));
    }
    let input = Json::from_value(input)
        .map_err(|error| CliError::new(Exit::Failed, "not-recordable", "this cannot be recorded").because(&error))?;
    trust::allow(&vault, trust::input(&plugin.id, kind, &input).as_ref()).await?;
    let id = OperationId::new(env::fresh_uuid());
    let with = vec![Command::Tenant(tenant.id.clone(), begin(id))];
    let start = Start { kind: kind.to_owned(), tenant: Some(tenant.id.clone()), input, id, with };
    driver::start(project, places, &context.reporter, &plugin, start).await.map(|_| ())
}

/// What comes back with a tenant: its profiles, its session and whatever else ended with it, as far as nothing was
/// changed since.
pub async fn comes_back(project: &mut Project, operation: &Operation) -> Result<Option<UndoPlan>, CliError> {
    let Some(tenant) = operation.tenant.as_ref().filter(|_| operation.kind == effect::BRING_BACK) else {
        return Ok(None);
    };
    let log = &mut project.ledger().log;
    let Some(event) = deletion(log, tenant).await? else { return Ok(None) };
    Ok(log.undo_of(&event).await?.map(|(plan, _)| plan))
}

/// The event by which a tenant was set aside last.
pub async fn deletion(log: &mut SqliteLog, tenant: &TenantId) -> Result<Option<Recorded>, CliError> {
    let stream = log.stream(&format!("tenant/{tenant}")).await?;
    let set_aside = |recorded: &Recorded| matches!(recorded.event, Event::Tenant(TenantEvent::TenantSetAside { .. }));
    Ok(stream.into_iter().rev().find(set_aside))
}

/// Deletes a tenant that is set aside for good.
pub async fn purge(context: &Context, project: &mut Project, aside: &AsideView) -> Result<(), CliError> {
    delete::remove(context, project, &aside.tenant, Json::object()).await
}

/// Deletes those whose time is over. What does not work is said, and keeps nobody from what they came for.
pub async fn purge_expired(context: &Context, project: &mut Project) -> Result<(), CliError> {
    let now = env::now();
    for aside in project.ledger().log.expired(now).await? {
        let tried_lately =
            aside.tenant.updated_at > aside.until && now.millis() - aside.tenant.updated_at.millis() < PAUSE_MILLIS;
        if tried_lately || aside.tenant.operation.is_some() {
            continue;
        }
        let what = format!("tenant `{}` ({}), whose time was over", aside.tenant.name, aside.tenant.id);
        match Box::pin(purge(context, project, &aside)).await {
            Ok(()) => context.note(&format!("deleted {what} at {}", aside.until)),
            Err(error) => context.note(&format!(
                "could not delete {what} at {}: {}; to try again, run `systemprompt cloud tenant purge`",
                aside.until, error.message
            )),
        }
    }
    Ok(())
}

/// The tenant of this id, unique prefix of an id, or name among those that are set aside.
pub async fn find(project: &mut Project, named: &str) -> Result<AsideView, CliError> {
    let shown = crate::text::one_line(named, 60);
    let all = project.ledger().log.aside().await?;
    let exact = all.iter().position(|aside| aside.tenant.id.as_str() == named);
    let matching =
        |aside: &&AsideView| aside.tenant.name.as_str() == named || aside.tenant.id.as_str().starts_with(named);
    if let Some(place) = exact {
        return Ok(all[place].clone());
    }
    let found: Vec<_> = all.iter().filter(matching).filter(|_| !named.is_empty()).cloned().collect();
    match <[AsideView; 1]>::try_from(found) {
        Ok([one]) => Ok(one),
        Err(none) if none.is_empty() => {
            let message = format!("no tenant `{shown}` is waiting to be deleted");
            Err(CliError::new(Exit::NotFound, "tenant-not-found", message)
                .try_command("systemprompt cloud tenant list --deleted"))
        }
        Err(several) => {
            let list: Vec<_> =
                several.iter().map(|aside| format!("{} ({})", aside.tenant.id, aside.tenant.name)).collect();
            Err(CliError::usage("tenant-ambiguous", format!("`{shown}` means several deleted tenants"))
                .help(format!("one of: {}", list.join(", "))))
        }
    }
}

/// Where a tenant that is set aside is named as if it lived.
pub async fn hint(project: &mut Project, named: &str, error: CliError) -> Result<CliError, CliError> {
    let all = project.ledger().log.aside().await?;
    let is_named = |id: &TenantId, name: &str| id.as_str() == named || name == named;
    match all.iter().find(|aside| is_named(&aside.tenant.id, aside.tenant.name.as_str())) {
        Some(aside) => Ok(error
            .help(format!("it was deleted, and can be brought back until {}", aside.until))
            .try_command(format!("systemprompt cloud tenant restore {}", aside.tenant.id))),
        None => Ok(error),
    }
}
