//! Which commands can look at the past: a complete list, so that a new command has to say.

use crate::cli::Command;
use crate::command::{admin, cloud, history, infra, plugin};

/// What a command is about.
pub enum Tense {
    /// What the log says: as it is, or as it was.
    Past,
    /// The world outside, or this program: only as it is.
    Present,
    /// It changes something.
    Change,
}

/// What this one is about.
pub fn of(command: &Command) -> Tense {
    match command {
        Command::Cloud(command) => of_cloud(command),
        Command::Admin(admin::Command::Session(command)) => of_session(command),
        Command::Infra(infra::Command::Db(command)) => of_database(command),
        Command::History(command) => of_history(command),
        Command::Plugin(
            plugin::Command::Install(_)
            | plugin::Command::Upgrade(_)
            | plugin::Command::Grant(_)
            | plugin::Command::Revoke(_)
            | plugin::Command::Remove(_),
        ) => Tense::Change,
        Command::Plugin(plugin::Command::List(_) | plugin::Command::Show(_)) | Command::Env(_) | Command::Which(_) => {
            Tense::Past
        }
        Command::Plugin(
            plugin::Command::New(_)
            | plugin::Command::Build(_)
            | plugin::Command::Test(_)
            | plugin::Command::Run(_)
            | plugin::Command::Keygen(_)
            | plugin::Command::Sign(_)
            | plugin::Command::Push(_)
            | plugin::Command::Verify(_),
        )
        | Command::Exec(_)
        | Command::Doctor(_)
        | Command::Completions(_)
        | Command::Man(_) => Tense::Present,
    }
}

fn of_cloud(command: &cloud::Command) -> Tense {
    use cloud::{auth, profile, secrets, tenant};
    match command {
        cloud::Command::Tenant(command) => match command {
            tenant::Command::List(_) | tenant::Command::Show(_) => Tense::Past,
            tenant::Command::Status(_) => Tense::Present,
            tenant::Command::Create(_)
            | tenant::Command::Select(_)
            | tenant::Command::Unselect(_)
            | tenant::Command::Edit(_)
            | tenant::Command::RotateCredentials(_)
            | tenant::Command::RotateSyncToken(_)
            | tenant::Command::Protect(_)
            | tenant::Command::Unprotect(_)
            | tenant::Command::Cancel(_)
            | tenant::Command::Delete(_)
            | tenant::Command::Restore(_)
            | tenant::Command::Purge(_)
            | tenant::Command::Resume(_)
            | tenant::Command::Allow(_) => Tense::Change,
        },
        cloud::Command::Profile(command) => match command {
            profile::Command::List(_) | profile::Command::Show(_) => Tense::Past,
            profile::Command::Create(_)
            | profile::Command::Edit(_)
            | profile::Command::Switch(_)
            | profile::Command::Delete(_) => Tense::Change,
        },
        cloud::Command::Secrets(command) => match command {
            secrets::Command::List(_) => Tense::Past,
            secrets::Command::Set(_) | secrets::Command::Unset(_) => Tense::Change,
        },
        cloud::Command::Sync(_) => Tense::Change,
        cloud::Command::Auth(command) => match command {
            auth::Command::Whoami(_) => Tense::Past,
            auth::Command::Login(_) | auth::Command::Logout(_) => Tense::Change,
        },
    }
}

fn of_session(command: &admin::session::Command) -> Tense {
    use admin::session::Command;
    match command {
        Command::Show(_) | Command::List(_) => Tense::Past,
        Command::Switch(_) | Command::Login(_) | Command::Logout(_) => Tense::Change,
    }
}

fn of_database(command: &infra::db::Command) -> Tense {
    use infra::db::Command;
    match command {
        Command::Status(_) | Command::Psql(_) => Tense::Present,
        Command::Up(_) | Command::Down(_) | Command::Migrate(_) => Tense::Change,
    }
}

fn of_history(command: &history::Command) -> Tense {
    use history::Command;
    match command {
        Command::Log(_) | Command::Show(_) | Command::Diff(_) | Command::Blame(_) => Tense::Past,
        Command::Tail(_)
        | Command::Bisect(_)
        | Command::Verify(_)
        | Command::Export(_)
        | Command::Key(_)
        | Command::Prove(_)
        | Command::Consistency(_)
        | Command::VerifyProof(_) => Tense::Present,
        Command::Undo(_)
        | Command::Redo(_)
        | Command::Restore(_)
        | Command::Rebuild(_)
        | Command::Claim(_)
        | Command::Checkpoint(_)
        | Command::Import(_)
        | Command::Repair(_) => Tense::Change,
    }
}
