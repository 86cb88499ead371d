//! What an operation's start and end mean for its tenant, by kind; kinds are an open set, and most mean nothing.

use systemprompt_events::{Command, Json, OperationId, TenantCommand, TenantId};

/// Kinds that the host itself knows.
pub const CREATE: &str = "create";
/// See [`CREATE`].
pub const DELETE: &str = "delete";

/// What is recorded of the tenant when the operation has succeeded.
pub fn when_succeeded(kind: &str, tenant: Option<&TenantId>, operation: OperationId, result: &Json) -> Vec<Command> {
    let Some(tenant) = tenant else { return Vec::new() };
    let commands = match kind {
        CREATE => vec![TenantCommand::Created { operation, resources: result.clone() }],
        DELETE => vec![TenantCommand::Deleted { operation: Some(operation) }, TenantCommand::DestroyKey],
        _ => Vec::new(),
    };
    of(tenant, commands)
}

/// What is recorded of the tenant when everything was undone.
pub fn when_undone(kind: &str, tenant: Option<&TenantId>, operation: OperationId) -> Vec<Command> {
    let Some(tenant) = tenant else { return Vec::new() };
    let commands = match kind {
        CREATE => vec![TenantCommand::CreationUndone { operation }, TenantCommand::DestroyKey],
        DELETE => vec![TenantCommand::DeletionUndone { operation }],
        _ => Vec::new(),
    };
    of(tenant, commands)
}

/// Whether the tenant's data key goes with these commands.
pub fn destroys_key(commands: &[Command]) -> bool {
    commands.iter().any(|command| matches!(command, Command::Tenant(_, TenantCommand::DestroyKey)))
}

fn of(tenant: &TenantId, commands: Vec<TenantCommand>) -> Vec<Command> {
    commands.into_iter().map(|command| Command::Tenant(tenant.clone(), command)).collect()
}
