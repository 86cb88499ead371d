//! `systemprompt cloud tenant delete`.

pub mod forgotten;
mod unfinished;

use serde_json::json;
use systemprompt_events::{
    Command, Json, OperationId, PluginId, ProfileName, Refusal, TenantCommand, TenantState, TenantView, Timestamp,
};

use crate::change::{self, Question};
use crate::choice;
use crate::cli::Context;
use crate::env;
use crate::error::CliError;
use crate::grace::{self, Grace};
use crate::operation::driver::{self, Start};
use crate::operation::{effect, planned};
use crate::plugin::catalog;
use crate::plugin::v1::{PlannedStep, imports::types::UndoKind};
use crate::project::belongings::Belongings;
use crate::project::{Project, leftover_keys, registry_file};
use crate::trust;
use crate::view::AnyView;
use crate::view::plan::Plan;
use crate::view::tenant::Happened;

/// Delete a tenant with its database, role and secrets
///
/// The history stays; the data, the key that its secrets are sealed with, its profiles and its session do not. A database
/// that was only taken in with `--database-url` is left alone. With `--grace` it is only set aside: nobody can log in, and
/// until its time is over `restore` brings it back as it was. Where its server, engine or app is gone for good or out of
/// reach, `--forget` asks nobody and removes the record alone.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  systemprompt cloud tenant delete my-project
  systemprompt cloud tenant delete my-project --plan
  systemprompt cloud tenant delete local_19bff27604c -y
  systemprompt cloud tenant delete my-project --grace 24h -y
  systemprompt cloud tenant delete my-project --forget -y")]
pub struct DeleteArgs {
    /// Id, unique prefix of an id, or name
    #[arg(value_name = "ID")]
    id: Option<String>,
    /// For how long it can be brought back: `90s`, `30m`, `24h`, `7d`
    #[arg(long, value_name = "DURATION")]
    grace: Option<Grace>,
    /// Remove only the record, with its secrets: its provider is not asked, and nothing is dropped
    #[arg(long, conflicts_with = "grace")]
    forget: bool,
    /// Show what would go, and do nothing
    #[arg(long, conflicts_with = "grace")]
    plan: bool,
    /// Do not ask for the name
    #[arg(long, short)]
    yes: bool,
}

/// Carries it out.
pub async fn run(context: &Context, args: DeleteArgs) -> Result<AnyView, CliError> {
    let mut project = context.existing_project().await?;
    let chosen = choice::tenant(context, &mut project, args.id.clone()).await?;
    let tenant = chosen.tenant;
    context.note(&format!("tenant `{}` ({}), {}", tenant.name, tenant.id, chosen.source));
    change::check_unprotected(&tenant)?;
    if args.grace.is_some() && tenant.state == TenantState::Cancelled {
        return Err(Refusal::TenantCancelled { id: tenant.id }.into());
    }
    // Of some there is nothing left, or nothing that was made here, but the record.
    let is_record = tenant.provider == PluginId::external() || tenant.state == TenantState::Cancelled;
    let is_forgotten = args.forget && !is_record;
    if args.plan {
        let steps = if is_record || is_forgotten {
            vec![forgetting()]
        } else {
            planned::steps(context, &mut project, &tenant, effect::DELETE).await?
        };
        return Ok(Box::new(Plan::new(steps)));
    }
    if !args.yes && !is_record && !is_forgotten {
        planned::show_losses(context, &mut project, &tenant, effect::DELETE).await?;
    }
    let belongings = Belongings::of(&mut project, &tenant.id).await?;
    let with = belongings.in_words().map(|belongings| format!(", with {belongings}")).unwrap_or_default();
    let question = Question {
        doing: "deleting",
        consequence: &consequence(&args, is_forgotten, &with),
        command: format!("systemprompt cloud tenant delete {}{} -y", tenant.id, given(&args)),
    };
    change::confirm(context, &tenant, args.yes, &question)?;
    if let Some(grace) = args.grace {
        let until = grace::set_aside(context, &mut project, &tenant, grace).await?;
        context.sync_files(&mut project).await?;
        return Ok(Box::new(set_aside(&tenant, until)));
    }
    if is_record || is_forgotten {
        forget(&mut project, &tenant).await?;
    } else {
        remove(context, &mut project, &tenant, Json::object()).await?;
    }
    context.sync_files(&mut project).await?;
    let copies = registry_file::copies_naming(&project.dir, &tenant.id);
    let not_dropped = if is_forgotten { forgotten::not_dropped(&tenant) } else { Vec::new() };
    let gone = Gone { left: belongings.left(&project, &tenant.id), belongings, copies, is_forgotten, not_dropped };
    Ok(Box::new(deleted(&tenant, &gone)))
}

/// What is agreed to.
fn consequence(args: &DeleteArgs, is_forgotten: bool, with: &str) -> String {
    if args.grace.is_some() {
        return "This deletes the tenant; it can be brought back until its time is over.".to_owned();
    }
    if is_forgotten {
        return format!("This removes the record of the tenant{with}, and drops nothing of its data.");
    }
    format!("This deletes the tenant and all its data{with}.")
}

/// The flags without which more would go, or for good.
fn given(args: &DeleteArgs) -> String {
    let grace = args.grace.map(|grace| format!(" --grace {grace}"));
    grace.unwrap_or_else(|| if args.forget { " --forget".to_owned() } else { String::new() })
}

/// The one step where only a record goes.
fn forgetting() -> PlannedStep {
    PlannedStep {
        name: "forget the tenant".to_owned(),
        summary: "what is recorded of it, and its secrets; its history stays".to_owned(),
        undo: UndoKind::Irreversible,
    }
}

/// What went with a tenant, and what is left of it.
struct Gone {
    belongings: Belongings,
    /// Files of profiles and sessions.
    left: Vec<String>,
    /// Copies of `tenants.json`.
    copies: Vec<String>,
    /// Whether its provider was not asked, although there is one.
    is_forgotten: bool,
    /// What that made.
    not_dropped: Vec<String>,
}

/// What a person is told of a deletion with a grace.
fn set_aside(tenant: &TenantView, until: Timestamp) -> Happened {
    let restore = format!("to bring it back, run `systemprompt cloud tenant restore {}`", tenant.id);
    Happened {
        schema: "systemprompt/cloud-tenant-delete/v1",
        data: json!({
            "deleted": tenant.id.as_str(), "name": tenant.name.as_str(), "database_dropped": false, "kept_in": [],
            "until": until.to_string(), "profiles": [], "session_ended": false, "left": [],
            "not_dropped": [],
        }),
        lines: vec![
            format!("deleted tenant `{}` ({})", tenant.name, tenant.id),
            format!("its database is kept until {until}, and nobody can log in; {restore}"),
        ],
    }
}

/// What a person is told of a deletion.
fn deleted(tenant: &TenantView, gone: &Gone) -> Happened {
    let (dropped, what) = if gone.is_forgotten {
        (false, "its record and its secrets are gone, its history stays; its provider was not asked")
    } else if tenant.provider == PluginId::external() {
        (false, "its database was not made here and is left alone; its secrets are gone, its history stays")
    } else if tenant.state == TenantState::Cancelled {
        (false, "its database was gone since it was cancelled; its secrets are gone, too, its history stays")
    } else {
        (true, "its database, role and secrets are gone; its history stays")
    };
    let mut lines = vec![format!("deleted tenant `{}` ({})", tenant.name, tenant.id), what.to_owned()];
    lines.extend(forgotten::in_words(&gone.not_dropped));
    lines.extend(gone.belongings.in_words().map(|belongings| format!("gone with it: {belongings}")));
    lines.extend(gone.left.iter().map(|path| format!("left where it is, and may hold secrets: {path}")));
    if !gone.copies.is_empty() {
        let copies = gone.copies.join("`, `");
        lines.push(format!(
            "copies of `tenants.json` still hold what they held of it: `{copies}`; remove them if you like"
        ));
    }
    let profiles: Vec<_> = gone.belongings.profiles.iter().map(ProfileName::as_str).collect();
    Happened {
        schema: "systemprompt/cloud-tenant-delete/v1",
        data: json!({
            "deleted": tenant.id.as_str(), "name": tenant.name.as_str(), "database_dropped": dropped,
            "kept_in": gone.copies, "until": null, "profiles": profiles, "session_ended": gone.belongings.has_session, "left": gone.left,
            "not_dropped": gone.not_dropped,
        }),
        lines,
    }
}

/// Deletes it by its provider's operation, of which this input is recorded. An unfinished one is ended before.
pub async fn remove(
    context: &Context,
    project: &mut Project,
    tenant: &TenantView,
    input: Json,
) -> Result<(), CliError> {
    let unfinished = tenant.operation.filter(|_| matches!(tenant.state, TenantState::Creating | TenantState::Deleting));
    let tenant = match unfinished {
        Some(operation) => unfinished::end(context, project, tenant, operation).await?,
        None => Some(tenant.clone()),
    };
    let Some(tenant) = tenant else { return Ok(()) };
    trust::check_tenant(&project.vault, &tenant).await?;
    change::check_key(project, &tenant).await?;
    let vault = project.vault.clone();
    let plugin = catalog::load(&tenant.provider, project.ledger(), &vault, &context.env.places).await?;
    trust::allow(&vault, trust::input(&plugin.id, effect::DELETE, &input).as_ref()).await?;
    let id = OperationId::new(env::fresh_uuid());
    let begin = Command::Tenant(tenant.id.clone(), TenantCommand::StartDeletion { operation: id });
    let start =
        Start { kind: effect::DELETE.to_owned(), tenant: Some(tenant.id.clone()), input, id, with: vec![begin] };
    match driver::start(project, &context.env.places, &context.reporter, &plugin, start).await {
        // Whoever asked for it does not know that it is set aside by now, or lives again.
        Err(error) if unfinished.is_some() => Err(unfinished::told(project, &tenant.id, error).await?),
        outcome => outcome.map(|_| ()),
    }
}

/// A tenant that nobody here made, that was cancelled, or whose provider is not to be asked: only what is recorded of it goes.
///
/// The log decides first, since it may refuse. A crash before the key is gone leaves it to the next command.
pub async fn forget(project: &mut Project, tenant: &TenantView) -> Result<(), CliError> {
    let deleted = TenantCommand::Deleted { operation: None };
    project.ledger().record(vec![Command::Tenant(tenant.id.clone(), deleted)]).await?;
    leftover_keys::destroy(project, &tenant.id).await
}
