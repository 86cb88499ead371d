//! Giving an operation up: the way out where its plugin can neither go on nor back.

use systemprompt_events::{Command, Operation, OperationCommand, OperationState};

use super::{driver, effect, lease};
use crate::error::CliError;
use crate::project::Project;

/// Gives an unfinished operation up without running its plugin. Answers with the steps whose effect may still be there.
///
/// What somebody else began can be given up as well: nothing of it is believed.
pub async fn give_up(project: &mut Project, operation: &Operation) -> Result<Vec<String>, CliError> {
    let _lease = lease::take(&project.dir, operation.id)?;
    let tenant = match &operation.tenant {
        Some(id) => project.ledger().log.tenant_of_operation(id).await?,
        None => None,
    };
    let mut commands = vec![Command::Operation(operation.id, OperationCommand::Abandon)];
    commands.extend(effect::when_abandoned(tenant.as_ref(), operation.id));
    if let (true, Some(tenant)) = (effect::destroys_key(&commands), &tenant) {
        project.vault.destroy_tenant_key(&tenant.id).await?;
    }
    project.ledger().record(commands).await?;
    // As after any other end.
    lease::forget(&project.dir, operation.id);
    match driver::read(project, operation.id).await?.state {
        OperationState::Abandoned { left } => Ok(left),
        OperationState::Running
        | OperationState::Unwinding(_)
        | OperationState::Succeeded(_)
        | OperationState::Failed(_)
        | OperationState::Cancelled(_)
        | OperationState::Stuck { .. } => unreachable!("BUG: an operation that was given up is in another state"),
    }
}
