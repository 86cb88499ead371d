//! Every library error turned into one for the user, in one place, by complete matches.

use systemprompt_events::{ExecuteError, FindEventError, LogError, Refusal};

use super::{CliError, Exit};
use crate::plugin::PluginError;
use crate::vault::VaultError;

impl From<PluginError> for CliError {
    fn from(error: PluginError) -> CliError {
        if let PluginError::Host(error) = error {
            return *error;
        }
        let new = |exit, code: &str| CliError::new(exit, code, error.to_string());
        match &error {
            PluginError::Unknown { known, .. } => {
                let known = known.iter().map(|id| format!("`{id}`")).collect::<Vec<_>>().join(", ");
                let error = new(Exit::NotFound, "plugin-not-found").try_command("systemprompt plugin list");
                if known.is_empty() { error } else { error.help(format!("there are {known}")) }
            }
            PluginError::NotGranted { .. } => new(Exit::Refused, "plugin-not-granted")
                .help("the history names it, but a grant counts only where it was made; to allow it here, install it")
                .try_command("systemprompt plugin install <file>"),
            PluginError::CapabilityMissing { .. } => {
                new(Exit::Refused, "capability-not-granted").try_command("systemprompt plugin install <file>")
            }
            PluginError::WrongHash { .. } => new(Exit::Refused, "plugin-hash")
                .help("the file was changed after it was allowed; install the one that you trust")
                .try_command("systemprompt plugin install <file>"),
            PluginError::NotAProvider { .. } => new(Exit::Refused, "not-a-provider"),
            PluginError::File { source, .. } => new(Exit::Failed, "plugin-file").because(source),
            PluginError::Stopped { code, .. } => new(Exit::Failed, code),
            PluginError::Nondeterministic { .. } => new(Exit::Failed, "nondeterministic-plugin")
                .help("use the plugin that began the operation, or undo it with `resume --undo`"),
            PluginError::Host(error) => unreachable!("BUG: `{error}` was returned above"),
        }
    }
}

impl From<VaultError> for CliError {
    fn from(error: VaultError) -> CliError {
        let new = |code: &str| CliError::new(Exit::Failed, code, error.to_string());
        match &error {
            VaultError::File { source, .. } => new("vault-file").because(source),
            VaultError::Damaged { .. } => new("vault-damaged"),
            VaultError::Database { source, .. } => new("vault-database").because(source),
            VaultError::Seal(_) => new("seal"),
            VaultError::Random(_) => new("no-random-bytes"),
        }
    }
}

impl From<LogError> for CliError {
    fn from(error: LogError) -> CliError {
        let new = |code: &str| CliError::new(Exit::Failed, code, error.to_string());
        match &error {
            LogError::Missing { .. } => CliError::new(Exit::NotFound, "log-missing", error.to_string()),
            LogError::NotALog { .. } => new("log-not-ours").help("something else is in its place; nothing was written"),
            LogError::Newer { .. } | LogError::UnknownEvent { .. } => {
                CliError::new(Exit::Refused, "log-newer", error.to_string())
                    .help("use the newer version of systemprompt; nothing was written")
            }
            LogError::Damaged { .. } => new("log-damaged")
                .help("nothing was written; verify names each fault with its position")
                .try_command("systemprompt history verify"),
            LogError::ReadOnly { .. } => CliError::new(Exit::Refused, "log-read-only", error.to_string())
                .help("nothing was written; make the project directory writable for yourself"),
            LogError::Busy => new("log-busy").help("nothing was written; try again"),
            LogError::Full => new("disk-full").help("nothing was written; make room, then type the same again"),
            LogError::Io { source, .. } => new("log-file").because(source),
            LogError::Database { source } => new("log-database").because(source),
        }
    }
}

impl From<ExecuteError> for CliError {
    fn from(error: ExecuteError) -> CliError {
        match error {
            ExecuteError::Refused(refusal) => refusal.into(),
            ExecuteError::Log(error) => error.into(),
            ExecuteError::Conflict { .. } => CliError::new(Exit::Refused, "conflict", error.to_string())
                .help("another process was faster; look, then type the same again if it is still needed"),
            ExecuteError::CommandReused { .. } => CliError::new(Exit::Refused, "command-reused", error.to_string()),
            ExecuteError::CannotFollow { ref source, .. } => {
                CliError::new(Exit::Failed, "cannot-follow", error.to_string()).because(source)
            }
            ExecuteError::Encode(ref source) => {
                CliError::new(Exit::Failed, "not-recordable", "this cannot be recorded").because(source)
            }
        }
    }
}

impl From<FindEventError> for CliError {
    fn from(error: FindEventError) -> CliError {
        match error {
            FindEventError::Log(error) => error.into(),
            FindEventError::Ambiguous { .. } => CliError::usage("event-ambiguous", error.to_string()),
        }
    }
}

impl From<Refusal> for CliError {
    fn from(refusal: Refusal) -> CliError {
        let refused = |code: &str| CliError::new(Exit::Refused, code, refusal.to_string());
        match &refusal {
            Refusal::NameTaken { name, by } => crate::creation::name_taken(name, by),
            Refusal::IdTaken { .. } => refused("id-taken").help("an id belongs to one tenant for ever; choose another"),
            Refusal::NoSuchTenant { .. } | Refusal::TenantGone { .. } => {
                CliError::new(Exit::NotFound, "tenant-not-found", refusal.to_string())
                    .try_command("systemprompt cloud tenant list")
            }
            Refusal::TenantBusy { id, .. } => CliError::new(Exit::Unfinished, "tenant-busy", refusal.to_string())
                .try_command(format!("systemprompt cloud tenant resume {id}")),
            Refusal::LeaseLost { .. } => {
                refused("lease-lost").help("another process goes on with it; nothing more was done here")
            }
            Refusal::NoSuchOperation { .. } => {
                CliError::new(Exit::NotFound, "operation-not-found", refusal.to_string())
            }
            Refusal::Irreversible { .. } => refused("irreversible").help("it can only be finished, by `resume`"),
            Refusal::NotInitialised
            | Refusal::AlreadyInitialised { .. }
            | Refusal::TenantLiving { .. }
            | Refusal::NotThisOperation { .. }
            | Refusal::SecretVersion { .. }
            | Refusal::OperationExists { .. }
            | Refusal::OperationState { .. }
            | Refusal::StepTaken { .. }
            | Refusal::StepChanged { .. }
            | Refusal::StepOpen { .. }
            | Refusal::NoSuchStep { .. }
            | Refusal::StepState { .. }
            | Refusal::NotUndoable { .. }
            | Refusal::NotUndone { .. }
            | Refusal::NoSuchPlugin { .. }
            | Refusal::HashChanged { .. }
            | Refusal::NotAsked { .. } => refused("refused"),
        }
    }
}
