//! What an undo has to do outside: deleting a tenant that was created, forgetting one, changing settings back.

use serde_json::{Value, json};
use systemprompt_events::{
    Command, CommandId, Compensation, Json, OperationId, PluginId, TenantCommand, TenantId, TenantView,
};

use super::{Direction, Wish};
use crate::change::{self, Question};
use crate::cli::Context;
use crate::command::cloud::tenant::delete;
use crate::env;
use crate::error::{CliError, Exit};
use crate::grace;
use crate::operation::effect;
use crate::project::Project;
use crate::trust;

/// What has to be done outside, with the tenants that it is done to.
pub struct Outside {
    forgotten: Vec<TenantView>,
    operation: Option<Operation>,
}

/// An operation of a tenant's provider.
pub enum Operation {
    /// The tenant is deleted.
    Delete(TenantView),
    /// The tenant, which is set aside, is brought back.
    BringBack(TenantView),
    /// Its settings become these.
    Edit(TenantView, Json),
}

impl Outside {
    /// What these say.
    pub async fn of(project: &mut Project, all: Vec<Compensation>) -> Result<Outside, CliError> {
        let mut outside = Outside { forgotten: Vec::new(), operation: None };
        for compensation in all {
            let id = match &compensation {
                Compensation::DeleteTenant { tenant }
                | Compensation::ForgetTenant { tenant }
                | Compensation::BringBack { tenant }
                | Compensation::EditTenant { tenant, .. } => tenant.clone(),
            };
            let tenant = operated(project, &id).await?;
            let operation = match compensation {
                Compensation::ForgetTenant { .. } => {
                    outside.forgotten.push(tenant);
                    continue;
                }
                Compensation::DeleteTenant { .. } => Operation::Delete(tenant),
                Compensation::BringBack { .. } => Operation::BringBack(tenant),
                Compensation::EditTenant { config, .. } => Operation::Edit(tenant, config),
            };
            if outside.operation.replace(operation).is_some() {
                let message = "that command was several operations; undo each by naming one of its events";
                return Err(
                    CliError::new(Exit::Refused, "undo-blocked", message).try_command("systemprompt history log")
                );
            }
        }
        Ok(outside)
    }

    /// What is recorded where nothing has to be done but to forget.
    pub fn commands(&self) -> Vec<Command> {
        let forget = |tenant: &TenantView| {
            [TenantCommand::Deleted { operation: None }, TenantCommand::DestroyKey]
                .map(|command| Command::Tenant(tenant.id.clone(), command))
        };
        self.forgotten.iter().flat_map(forget).collect()
    }

    /// Whether the commands stand on what the operation brings back, so that its end records them.
    pub fn comes_first(&self) -> bool {
        matches!(self.operation, Some(Operation::BringBack(_)))
    }

    /// What an operation that brings a tenant back comes to in the log, to try out what comes back with it.
    pub fn return_in_the_log(&self) -> Option<[Command; 2]> {
        let Some(Operation::BringBack(tenant)) = &self.operation else { return None };
        let (operation, resources) = (OperationId::new(env::fresh_uuid()), tenant.resources.clone());
        let steps = [TenantCommand::StartReturn { operation }, TenantCommand::BroughtBack { operation, resources }];
        Some(steps.map(|command| Command::Tenant(tenant.id.clone(), command)))
    }

    /// The operation, if there is one.
    pub fn operation(&self) -> Option<&Operation> {
        self.operation.as_ref()
    }

    /// A sentence each.
    pub fn in_words(&self) -> Vec<String> {
        let forgotten = self.forgotten.iter().map(|tenant| {
            format!(
                "tenant `{}` ({}) is forgotten, and its secrets with it; its database is left alone",
                tenant.name, tenant.id
            )
        });
        let operation = self.operation.iter().map(|operation| match operation {
            Operation::Delete(tenant) => {
                format!("tenant `{}` ({}) is deleted with its database, role and secrets", tenant.name, tenant.id)
            }
            Operation::BringBack(tenant) => {
                format!("tenant `{}` ({}) is brought back with its database and password", tenant.name, tenant.id)
            }
            Operation::Edit(tenant, config) => {
                let config = crate::text::one_line(config.as_str(), crate::text::MESSAGE_CHARS_MAX);
                format!("provider `{}` changes the settings of tenant `{}` to {config}", tenant.provider, tenant.name)
            }
        });
        forgotten.chain(operation).collect()
    }

    /// Nothing is done to a protected tenant.
    pub fn check_unprotected(&self) -> Result<(), CliError> {
        let operated = self.operation.iter().map(|operation| match operation {
            Operation::Delete(tenant) | Operation::BringBack(tenant) | Operation::Edit(tenant, _) => tenant,
        });
        self.forgotten.iter().chain(operated).try_for_each(change::check_unprotected)
    }

    /// Settings that come from the history alone, as in a project from elsewhere, are nobody's wish here.
    pub async fn check_allowed(&self, project: &Project) -> Result<(), CliError> {
        let Some(Operation::Edit(tenant, config)) = &self.operation else { return Ok(()) };
        trust::check_settings(&project.vault, tenant, config).await
    }

    /// The same rules as for the commands that do it by themselves.
    ///
    /// `command` is what agrees to exactly this: the newest command may be another by the time that it is typed.
    pub fn check_and_ask(&self, context: &Context, wish: Wish, command: &str) -> Result<(), CliError> {
        self.check_unprotected()?;
        for tenant in &self.forgotten {
            let (doing, consequence) = ("forgetting", "This forgets the tenant and its secrets, and not its database.");
            let question = Question { doing, consequence, command: command.to_owned() };
            change::confirm(context, tenant, wish.is_agreed, &question)?;
        }
        match &self.operation {
            Some(Operation::Delete(tenant)) => {
                let (doing, consequence) = ("deleting", "This deletes the tenant and all its data.");
                change::confirm(
                    context,
                    tenant,
                    wish.is_agreed,
                    &Question { doing, consequence, command: command.to_owned() },
                )
            }
            Some(Operation::BringBack(_) | Operation::Edit(..)) | None => Ok(()),
        }
    }

    /// Destroys the keys of what is forgotten, once that is recorded: the log may refuse, and then they are needed. Keys that
    /// a crash leaves here are destroyed by the next command.
    pub async fn destroy_keys(&self, project: &Project) -> Result<(), CliError> {
        for tenant in &self.forgotten {
            project.vault.destroy_tenant_key(&tenant.id).await?;
        }
        Ok(())
    }
}

/// Performs the operation; its end says which command it undid or did again, if any.
pub async fn perform(
    context: &Context,
    project: &mut Project,
    operation: &Operation,
    of: Option<(Direction, CommandId)>,
) -> Result<(), CliError> {
    let marked = |mut input: Value| {
        match of {
            Some((Direction::Undo, command)) => input[effect::UNDOES] = json!(command.to_string()),
            Some((Direction::Redo, command)) => input[effect::REDOES] = json!(command.to_string()),
            None => {}
        }
        input
    };
    let recordable = |input: Value| {
        Json::from_value(&input)
            .map_err(|error| CliError::new(Exit::Failed, "not-recordable", "this cannot be recorded").because(&error))
    };
    match operation {
        Operation::Delete(tenant) => delete::remove(context, project, tenant, recordable(marked(json!({})))?).await,
        Operation::BringBack(tenant) => grace::bring_back(context, project, tenant, &marked(json!({}))).await,
        Operation::Edit(tenant, config) => {
            if tenant.provider == PluginId::external() {
                return Err(change::unsupported(tenant, effect::EDIT));
            }
            let input = recordable(marked(json!({ "config": config.value() })))?;
            change::perform(context, project, tenant, effect::EDIT, input).await
        }
    }
}

async fn operated(project: &mut Project, id: &TenantId) -> Result<TenantView, CliError> {
    let found = project.ledger().log.tenant_of_operation(id).await?;
    found.ok_or_else(|| CliError::new(Exit::NotFound, "tenant-not-found", format!("Tenant not found: {id}")))
}
