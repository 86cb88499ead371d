//! `systemprompt cloud tenant delete`.

use serde_json::json;
use systemprompt_events::{Command, Json, OperationId, PluginId, TenantCommand, TenantState, TenantView};

use crate::choice;
use crate::cli::Context;
use crate::env;
use crate::error::{CliError, Exit};
use crate::operation::driver::{self, Start};
use crate::operation::effect;
use crate::plugin::catalog;
use crate::project::{Project, registry_file};
use crate::prompt;
use crate::trust;
use crate::vault::VaultError;
use crate::vault::seal::SealError;
use crate::view::AnyView;
use crate::view::tenant::Happened;

/// Delete a tenant with its database, role and secrets
///
/// The history stays; the data and the key that its secrets are sealed with do not. A database that was only taken in
/// with `--database-url` is left alone.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  systemprompt cloud tenant delete my-project
  systemprompt cloud tenant delete local_19bff27604c -y")]
pub struct DeleteArgs {
    /// Id, unique prefix of an id, or name
    #[arg(value_name = "ID")]
    id: Option<String>,
    /// Do not ask for the name
    #[arg(long, short)]
    yes: bool,
}

/// Carries it out.
pub async fn run(context: &Context, args: DeleteArgs) -> Result<AnyView, CliError> {
    let mut project = context.existing_project().await?;
    let chosen = choice::tenant(context, &mut project, args.id).await?;
    let tenant = chosen.tenant;
    context.note(&format!("tenant `{}` ({}), {}", tenant.name, tenant.id, chosen.source));
    confirm(context, &tenant, args.yes)?;
    let external = tenant.provider == PluginId::external();
    if external {
        forget(&mut project, &tenant).await?;
    } else {
        remove(context, &mut project, &tenant).await?;
    }
    registry_file::sync(&mut project).await?;
    Ok(Box::new(deleted(&tenant, external)))
}

/// What a person is told of a deletion.
pub fn deleted(tenant: &TenantView, external: bool) -> Happened {
    let what = if external {
        "its database was not made here and is left alone; its secrets are gone, its history stays"
    } else {
        "its database, role and secrets are gone; its history stays"
    };
    Happened {
        schema: "systemprompt/cloud-tenant-delete/v1",
        data: json!({ "deleted": tenant.id.as_str(), "name": tenant.name.as_str(), "database_dropped": !external }),
        lines: vec![format!("deleted tenant `{}` ({})", tenant.name, tenant.id), what.to_owned()],
    }
}

fn confirm(context: &Context, tenant: &TenantView, yes: bool) -> Result<(), CliError> {
    if yes {
        return Ok(());
    }
    if !context.env.interactive || context.global.json {
        let message = format!("deleting tenant `{}` needs a confirmation", tenant.name);
        return Err(CliError::new(Exit::Refused, "confirmation-needed", message)
            .try_command(format!("systemprompt cloud tenant delete {} -y", tenant.id)));
    }
    let question = format!("This deletes the tenant and all its data. Type `{}` to go on:", tenant.name);
    if prompt::typed_name(&question, tenant.name.as_str())? {
        Ok(())
    } else {
        Err(CliError::new(Exit::Refused, "not-confirmed", "that is not its name; nothing was done"))
    }
}

async fn remove(context: &Context, project: &mut Project, tenant: &TenantView) -> Result<(), CliError> {
    if let (TenantState::Creating | TenantState::Deleting, Some(operation)) = (tenant.state, tenant.operation) {
        return unfinished(context, project, tenant, operation).await;
    }
    trust::check_tenant(&project.vault, tenant).await?;
    check_key(project, tenant).await?;
    let vault = project.vault.clone();
    let plugin = catalog::load(&tenant.provider, project.ledger(), &vault, &context.env.places).await?;
    let id = OperationId::new(env::fresh_uuid());
    let begin = Command::Tenant(tenant.id.clone(), TenantCommand::StartDeletion { operation: id });
    let start = Start {
        kind: effect::DELETE.to_owned(),
        tenant: Some(tenant.id.clone()),
        input: Json::object(),
        id,
        with: vec![begin],
    };
    driver::start(project, &context.env.places, &context.reporter, &plugin, start).await?;
    Ok(())
}

/// What another user made is on another user's server: here it would only look deleted.
async fn check_key(project: &Project, tenant: &TenantView) -> Result<(), CliError> {
    match project.vault.tenant_key(&tenant.id, false).await {
        Err(VaultError::Seal(SealError::DoesNotOpen)) => {
            let message = format!("tenant `{}` was made by another user, or with another data directory", tenant.name);
            Err(CliError::new(Exit::Refused, "made-elsewhere", message).help(
                "delete it as the user who made it, or set `SYSTEMPROMPT_DATA_DIR` to the directory it was made with",
            ))
        }
        other => Ok(other.map(|_| ())?),
    }
}

/// Deleting a tenant whose creation was interrupted undoes it; one whose deletion was is finished.
async fn unfinished(
    context: &Context,
    project: &mut Project,
    tenant: &TenantView,
    operation: OperationId,
) -> Result<(), CliError> {
    let undo = tenant.state == TenantState::Creating;
    match driver::resume(project, &context.env.places, &context.reporter, operation, undo).await {
        // However it was told to stop, what counts is that it is gone.
        Err(_) if undo && project.ledger().log.tenant(&tenant.id).await?.is_none() => Ok(()),
        other => other.map(|_| ()),
    }
}

/// A tenant that nobody here made: only what is recorded of it goes.
async fn forget(project: &mut Project, tenant: &TenantView) -> Result<(), CliError> {
    project.vault.destroy_tenant_key(&tenant.id).await?;
    let commands = [TenantCommand::Deleted { operation: None }, TenantCommand::DestroyKey];
    let commands = commands.map(|command| Command::Tenant(tenant.id.clone(), command));
    project.ledger().record(commands.into()).await?;
    Ok(())
}
