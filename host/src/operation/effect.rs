//! What an operation's start and end mean for its tenant, by kind; kinds are an open set, and most mean nothing.

use systemprompt_events::{
    Command, CommandId, Json, Operation, OperationId, ProjectCommand, TenantCommand, TenantId, TenantState, TenantView,
    Timestamp,
};

/// Kinds that the host itself knows.
pub const CREATE: &str = "create";
/// See [`CREATE`].
pub const DELETE: &str = "delete";
/// See [`CREATE`].
pub const ROTATE_CREDENTIALS: &str = "rotate-credentials";
/// See [`CREATE`]. Its input has the wanted settings in the field `config`.
pub const EDIT: &str = "edit";

/// See [`CREATE`]. Its input says until when, in the field [`UNTIL`].
pub const SET_ASIDE: &str = "set-aside";
/// See [`CREATE`]. Its input says in the field `open` whether other machines may connect to the database.
pub const EXTERNAL_ACCESS: &str = "external-access";
/// See [`CREATE`]. What costs money is ended, and what is recorded stays.
pub const CANCEL: &str = "cancel";
/// See [`CREATE`].
pub const BRING_BACK: &str = "bring-back";

/// Field of an operation's recorded input: until when the tenant can be brought back. Not for the provider.
pub const UNTIL: &str = "until";
/// Field of an operation's recorded input: the request that it undoes. Not for the provider.
pub const UNDOES: &str = "undoes";
/// The same for one that does again what was undone.
pub const REDOES: &str = "redoes";

/// What is recorded of the tenant when the operation has succeeded.
pub fn when_succeeded(performed: &Operation, result: &Json) -> Vec<Command> {
    let Some(tenant) = &performed.tenant else { return Vec::new() };
    let operation = performed.id;
    let commands = match performed.kind.as_str() {
        CREATE => vec![TenantCommand::Created { operation, resources: result.clone() }],
        DELETE => vec![TenantCommand::Deleted { operation: Some(operation) }, TenantCommand::DestroyKey],
        ROTATE_CREDENTIALS | EXTERNAL_ACCESS => {
            vec![TenantCommand::Changed { operation, config: None, resources: result.clone() }]
        }
        EDIT => {
            let config = performed.input.value().get("config").and_then(|config| Json::from_value(config).ok());
            vec![TenantCommand::Changed { operation, config, resources: result.clone() }]
        }
        CANCEL => vec![TenantCommand::Cancelled { operation, resources: result.clone() }],
        SET_ASIDE => {
            // Where nobody said for how long, its time is over.
            let until = until(&performed.input).unwrap_or(Timestamp::from_millis(0));
            vec![TenantCommand::SetAside { operation, until, resources: result.clone() }]
        }
        BRING_BACK => vec![TenantCommand::BroughtBack { operation, resources: result.clone() }],
        _ => Vec::new(),
    };
    of(tenant, commands).into_iter().chain(undone(&performed.input)).collect()
}

/// What a command records as the tenant's own.
pub fn resources(command: &Command) -> Option<&Json> {
    if let Command::Tenant(
        _,
        TenantCommand::Created { resources, .. }
        | TenantCommand::Changed { resources, .. }
        | TenantCommand::Cancelled { resources, .. }
        | TenantCommand::SetAside { resources, .. }
        | TenantCommand::BroughtBack { resources, .. },
    ) = command
    {
        return Some(resources);
    }
    None
}

fn until(input: &Json) -> Option<Timestamp> {
    input.value().get(UNTIL)?.as_str()?.parse().ok()
}

/// What is recorded of the undo that the operation was for.
fn undone(input: &Json) -> Option<Command> {
    let input = input.value();
    let named = |field: &str| input.get(field)?.as_str()?.parse::<CommandId>().ok();
    let undone = named(UNDOES).map(|command| ProjectCommand::MarkUndone { command });
    let redone = || named(REDOES).map(|command| ProjectCommand::MarkRedone { command });
    undone.or_else(redone).map(Command::Project)
}

/// An operation's input as its provider is given it.
pub fn for_provider(input: &Json) -> String {
    let mut fields = input.value();
    if let Some(fields) = fields.as_object_mut() {
        fields.retain(|field, _| ![UNDOES, REDOES, UNTIL].contains(&field.as_str()));
    }
    fields.to_string()
}

/// What is recorded of the tenant when everything was undone.
pub fn when_undone(kind: &str, tenant: Option<&TenantId>, operation: OperationId) -> Vec<Command> {
    let Some(tenant) = tenant else { return Vec::new() };
    let commands = match kind {
        CREATE => vec![TenantCommand::CreationUndone { operation }, TenantCommand::DestroyKey],
        DELETE | SET_ASIDE => vec![TenantCommand::DeletionUndone { operation }],
        BRING_BACK => vec![TenantCommand::ReturnUndone { operation }],
        ROTATE_CREDENTIALS | EDIT | EXTERNAL_ACCESS | CANCEL => vec![TenantCommand::ChangeUndone { operation }],
        _ => Vec::new(),
    };
    of(tenant, commands)
}

/// What is recorded of the tenant when the operation that was making, deleting or changing it is given up.
pub fn when_abandoned(tenant: Option<&TenantView>, operation: OperationId) -> Vec<Command> {
    match tenant {
        Some(tenant) if tenant.operation == Some(operation) => {
            let mut commands = vec![TenantCommand::Abandon { operation }];
            match tenant.state {
                TenantState::Creating | TenantState::Deleting => commands.push(TenantCommand::DestroyKey),
                // It is still there, and so are its secrets.
                TenantState::Changing | TenantState::Ready | TenantState::Cancelled | TenantState::Vanished => {}
            }
            of(&tenant.id, commands)
        }
        Some(_) | None => Vec::new(),
    }
}

/// Whether the tenant's data key goes with these commands.
pub fn destroys_key(commands: &[Command]) -> bool {
    commands.iter().any(|command| matches!(command, Command::Tenant(_, TenantCommand::DestroyKey)))
}

fn of(tenant: &TenantId, commands: Vec<TenantCommand>) -> Vec<Command> {
    commands.into_iter().map(|command| Command::Tenant(tenant.clone(), command)).collect()
}
