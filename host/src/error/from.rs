//! Every library error turned into one for the user, in one place, by complete matches.

use sqlx::error::DatabaseError;
use systemprompt_events::{ExecuteError, FindEventError, LogError, Refusal};

use super::{CliError, Exit};
use crate::backend::{DISK_FULL, MAKE_ROOM, is_full};
use crate::plugin::PluginError;
use crate::vault::VaultError;
use crate::vault::keyring::KeyringError;

/// The keyring that has the master key does not answer.
pub const KEYRING: &str = "keyring-unavailable";
/// The master key is not where it was put.
pub const KEY_LOST: &str = "master-key-lost";

/// The log is there and cannot be written.
pub const READ_ONLY: &str = "log-read-only";

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
            PluginError::NotGranted { id, is_here: true } => new(Exit::Refused, "plugin-not-granted")
                .help(
                    "its file is on this machine, and a grant counts in the project in which it was given alone; one that \
                     an older version recorded is asked for again: read what it may do, and allow it that",
                )
                .try_command(format!("systemprompt plugin grant {id}")),
            PluginError::NotGranted { .. } => new(Exit::Refused, "plugin-not-granted")
                .help("the history names it, but a grant counts only where it was made; to allow it here, install it")
                .try_command("systemprompt plugin install <file>"),
            PluginError::CapabilityMissing { id, capability } => new(Exit::Refused, "capability-not-granted")
                .help("it cannot be run with less than it imports")
                .try_command(format!("systemprompt plugin grant {id} {capability}")),
            PluginError::WrongHash { .. } => new(Exit::Refused, "plugin-hash")
                .help("the file was changed after it was allowed; install the one that you trust")
                .try_command("systemprompt plugin install <file>"),
            PluginError::NotAProvider { .. } => new(Exit::Refused, "not-a-provider"),
            PluginError::TooCostly { .. } => new(Exit::Refused, "plugin-compile-limit")
                .help("nothing of it was run; ask its author for one that compiles in less"),
            PluginError::Compiler { source } => new(Exit::Failed, "plugin-compiler").because(source),
            PluginError::File { source, .. } => new(Exit::Failed, "plugin-file").because(source),
            PluginError::Stopped { code, trace, .. } => new(Exit::Failed, code).traced(trace),
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
            VaultError::File { source, .. } if is_full(source) => new(DISK_FULL).because(source).help(MAKE_ROOM),
            VaultError::File { source, .. } => new("vault-file").because(source),
            VaultError::Damaged { .. } => new("vault-damaged"),
            VaultError::Database { source, .. } if is_full_database(source) => {
                new(DISK_FULL).cause("the disk that holds it is full").help(MAKE_ROOM)
            }
            VaultError::Database { source, .. } => new("vault-database").because(source),
            VaultError::Busy { .. } => CliError::new(Exit::Unavailable, "vault-busy", error.to_string())
                .help("it may wait for a keyring to be unlocked; do that, or end it, then run the command again"),
            VaultError::KeyLost { dir } => new(KEY_LOST).help(format!(
                "put it back from a backup; without it nothing that was sealed here can be read, and to begin anew, move \
                 `{}` aside",
                crate::text::shown(dir)
            )),
            VaultError::Keyring(KeyringError::Silent | KeyringError::Refused { .. }) => {
                CliError::new(Exit::Unavailable, KEYRING, error.to_string())
                    .help(
                        "nothing was done; unlock your keyring, in the session of the user whose it is, and try again",
                    )
                    .try_command("systemprompt doctor")
            }
            VaultError::Keyring(KeyringError::Empty { .. } | KeyringError::Damaged { .. }) => CliError::new(
                Exit::Failed,
                "keyring-entry",
                error.to_string(),
            )
            .help(
                "without that entry nothing that was sealed here can be read; restore it from a backup of the keyring",
            )
            .try_command("systemprompt doctor"),
            VaultError::Seal(_) => new("seal"),
            VaultError::Random(_) => new("no-random-bytes"),
        }
    }
}

/// Whether `SQLite` says that no space is left: `SQLITE_FULL`.
fn is_full_database(error: &sqlx::Error) -> bool {
    error.as_database_error().and_then(DatabaseError::code).is_some_and(|code| code == "13")
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
            LogError::Outdated { .. } => CliError::new(Exit::Refused, "log-outdated", error.to_string())
                .help("they are built anew as soon as somebody who may write the project looks at it"),
            LogError::Damaged { .. } => new("log-damaged")
                .help("nothing was written; verify names each fault with its position")
                .try_command("systemprompt history verify"),
            LogError::ReadOnly { .. } => CliError::new(Exit::Refused, READ_ONLY, error.to_string())
                .help("nothing was written; make the project directory writable for yourself"),
            LogError::Busy => new("log-busy").help("nothing was written; try again"),
            LogError::Full => new(DISK_FULL).help(format!("nothing was written; {MAKE_ROOM}")),
            LogError::Io { path, source } => new("log-file")
                .because(source)
                .help(format!("nothing was written; look at it with `ls -l {}`", crate::text::shown(path))),
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
            ExecuteError::Moved => CliError::new(Exit::Refused, "conflict", error.to_string())
                .help("nothing was done; look, then type the same again if it is still needed"),
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
            Refusal::NoSuchTenant { id } | Refusal::TenantGone { id } => {
                CliError::new(Exit::NotFound, "tenant-not-found", format!("Tenant not found: {id}"))
                    .because(&refusal)
                    .try_command("systemprompt cloud tenant list")
            }
            Refusal::TenantAside { id, .. } => CliError::new(Exit::NotFound, "tenant-not-found", refusal.to_string())
                .try_command(format!("systemprompt cloud tenant restore {id}")),
            Refusal::TenantBusy { id, .. } => CliError::new(Exit::Unfinished, "tenant-busy", refusal.to_string())
                .try_command(format!("systemprompt cloud tenant resume {id}")),
            Refusal::TenantCancelled { id } => {
                refused("tenant-cancelled").try_command(format!("systemprompt cloud tenant delete {id}"))
            }
            Refusal::TenantProtected { id } => refused("tenant-protected")
                .help("nothing was done; if it is the one you mean, take the protection away first")
                .try_command(format!("systemprompt cloud tenant unprotect {id}")),
            Refusal::ProfileNameTaken { name, .. } => refused("profile-name-taken")
                .help("a profile's name is unique in the project; choose another, or look at the one that has it")
                .try_command(format!("systemprompt cloud profile show {name}")),
            Refusal::NoSuchProfile { .. } | Refusal::ProfileGone { .. } => {
                CliError::new(Exit::NotFound, "profile-not-found", refusal.to_string())
                    .try_command("systemprompt cloud profile list")
            }
            Refusal::ProfileChanged { .. } => refused("profile-changed")
                .help("nothing was taken in; look at the edit again, and take it in if it is still what you want"),
            Refusal::ProfileOfAnother { name, .. } => refused("profile-of-another")
                .help("a profile belongs to one tenant for ever")
                .try_command(format!("systemprompt cloud profile show {name}")),
            Refusal::LeaseLost { .. } => {
                refused("lease-lost").help("another process goes on with it; nothing more was done here")
            }
            Refusal::NoSuchOperation { .. } => {
                CliError::new(Exit::NotFound, "operation-not-found", refusal.to_string())
            }
            Refusal::Irreversible { .. } => refused("irreversible").help("it can only be finished, by `resume`"),
            Refusal::PluginInUse { .. } => refused("plugin-in-use")
                .help(
                    "only the plugin can end what is left of them; delete them first, or give them up with `--forget`",
                )
                .try_command("systemprompt cloud tenant list"),
            Refusal::LoggedIn { id } => {
                refused("logged-in").try_command(format!("systemprompt cloud auth logout --provider {id}"))
            }
            Refusal::NoSuchPlugin { .. } => CliError::new(Exit::NotFound, "plugin-not-found", refusal.to_string())
                .try_command("systemprompt plugin list"),
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
            | Refusal::HashChanged { .. }
            | Refusal::NotAsked { .. }
            | Refusal::ProfileIdTaken { .. } => refused("refused"),
        }
    }
}
