//! Changing a tenant that is there: what is checked and asked before, and the operation of its provider that does it.

use systemprompt_events::{Command, Json, OperationId, PluginId, Refusal, TenantCommand, TenantView};

use crate::cli::Context;
use crate::env;
use crate::error::{CliError, Exit};
use crate::operation::driver::{self, Start};
use crate::plugin::catalog;
use crate::project::Project;
use crate::prompt;
use crate::trust;
use crate::vault::VaultError;
use crate::vault::seal::SealError;

/// What a severe change is confirmed by.
pub struct Question<'a> {
    /// What is done to the tenant: `deleting`.
    pub doing: &'static str,
    /// What comes of it, as a sentence.
    pub consequence: &'a str,
    /// The same command, with the flag that agrees.
    pub command: String,
}

/// Ends in an error unless the user agreed by the flag, or types the tenant's name.
pub fn confirm(context: &Context, tenant: &TenantView, yes: bool, question: &Question<'_>) -> Result<(), CliError> {
    if yes {
        return Ok(());
    }
    if !context.env.interactive || context.global.json {
        let message = format!("{} tenant `{}` needs a confirmation", question.doing, tenant.name);
        return Err(CliError::new(Exit::Refused, "confirmation-needed", message).try_command(question.command.clone()));
    }
    let asked = format!("{} Type `{}` to go on:", question.consequence, tenant.name);
    if prompt::typed_name(&asked, tenant.name.as_str())? {
        Ok(())
    } else {
        Err(CliError::new(Exit::Refused, "not-confirmed", "that is not its name; nothing was done"))
    }
}

/// Says so before anything is asked; the rule itself is the log's.
pub fn check_unprotected(tenant: &TenantView) -> Result<(), CliError> {
    if !tenant.protected {
        return Ok(());
    }
    let error = CliError::from(Refusal::TenantProtected { id: tenant.id.clone() });
    Err(CliError { message: format!("tenant `{}` ({}) is protected", tenant.name, tenant.id), ..error })
}

/// What another user made is on another user's server: here it would only look changed.
pub async fn check_key(project: &Project, tenant: &TenantView) -> Result<(), CliError> {
    match project.vault.tenant_key(&tenant.id, false).await {
        Err(VaultError::Seal(SealError::DoesNotOpen)) => {
            let message = format!("tenant `{}` was made by another user, or with another data directory", tenant.name);
            Err(CliError::new(Exit::Refused, "made-elsewhere", message).help(
                "do it as the user who made it, or set `SYSTEMPROMPT_DATA_DIR` to the directory it was made with",
            ))
        }
        other => Ok(other.map(|_| ())?),
    }
}

/// Performs an operation that changes the tenant: its provider's, or our own where nobody here made its database.
pub async fn perform(
    context: &Context,
    project: &mut Project,
    tenant: &TenantView,
    kind: &str,
    input: Json,
) -> Result<(), CliError> {
    trust::check_tenant(&project.vault, tenant).await?;
    check_key(project, tenant).await?;
    let id = OperationId::new(env::fresh_uuid());
    let begin = TenantCommand::StartChange { operation: id, kind: kind.to_owned() };
    let begin = Command::Tenant(tenant.id.clone(), begin);
    let places = &context.env.places;
    if tenant.provider == PluginId::external() {
        let start = Start { kind: kind.to_owned(), tenant: Some(tenant.id.clone()), input, id, with: vec![begin] };
        return driver::start_ours(project, places, &context.reporter, start).await.map(|_| ());
    }
    let vault = project.vault.clone();
    let plugin = catalog::load(&tenant.provider, project.ledger(), &vault, places).await?;
    if !supports(project, &plugin.id, kind).await? {
        return Err(unsupported(tenant, kind));
    }
    trust::allow(&vault, trust::input(&plugin.id, kind, &input).as_ref()).await?;
    let start = Start { kind: kind.to_owned(), tenant: Some(tenant.id.clone()), input, id, with: vec![begin] };
    driver::start(project, places, &context.reporter, &plugin, start).await.map(|_| ())
}

/// Whether a provider says that it has this operation.
pub async fn supports(project: &mut Project, provider: &PluginId, kind: &str) -> Result<bool, CliError> {
    let Some(plugin) = project.ledger().log.plugin(provider).await? else { return Ok(false) };
    let description = plugin.description.value();
    let operations = description.get("operations").and_then(|operations| operations.as_array());
    Ok(operations.is_some_and(|operations| operations.iter().any(|operation| operation == kind)))
}

/// Its provider cannot do that.
pub fn unsupported(tenant: &TenantView, kind: &str) -> CliError {
    let message = format!("provider `{}` of tenant `{}` has no operation `{kind}`", tenant.provider, tenant.name);
    CliError::new(Exit::Refused, "operation-unsupported", message)
        .try_command(format!("systemprompt plugin show {}", tenant.provider))
}
