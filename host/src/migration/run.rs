//! Applying what is pending, one after the other, alone; and what is to be said when one fails.

use std::time::Duration;

use sqlx::error::DatabaseError;
use sqlx::migrate::{Migrate, MigrateError, Migration};
use sqlx::postgres::{PgConnection, PgDatabaseError, PgErrorPosition};
use sqlx::{Connection, Error};
use systemprompt_events::TenantView;

use super::words::ends_its_transaction;
use super::{Folder, Standing, State, TABLE, standing};
use crate::database::{Database, LoginError};
use crate::error::{CliError, Exit};
use crate::operation::cancel::wait_for_signal;
use crate::report::Reporter;
use crate::text::{MESSAGE_CHARS_MAX, one_line};

/// Names the lock that is waited for by asking again: whoever waits inside the server would hold up an index that is
/// built concurrently. The letters `spmigrat`.
pub(super) const LOCK: i64 = 0x7370_6d69_6772_6174;
const LOCK_PAUSE: Duration = Duration::from_millis(200);
/// Another run may take long; after this, the user decides.
const LOCK_TRIES: u32 = 300;

/// Programs of others have no reason to hold theirs for longer than that.
const OTHERS_WAIT: &str = "set lock_timeout = '30s'";
/// SQLSTATE of a lock that was waited for in vain.
const LOCK_NOT_AVAILABLE: &str = "55P03";

/// What became of a run.
pub struct Outcome<'a> {
    /// What was applied, in order.
    pub applied: Vec<&'a Migration>,
    /// What was not, and why.
    pub failed: Option<Failed<'a>>,
    /// The user asked to stop after the last that was applied.
    pub is_stopped: bool,
}

/// A migration that failed.
pub struct Failed<'a> {
    /// Which one.
    pub migration: &'a Migration,
    /// What the server said, with the line of the file where it is known.
    pub reason: String,
    /// For the user.
    pub error: CliError,
}

/// Applies all that is pending. An error means that nothing was.
pub async fn run<'a>(database: &Database, folder: &'a Folder, reporter: &Reporter) -> Result<Outcome<'a>, CliError> {
    let mut connection = database.log_in().await?;
    let lost = |error| database.told(LoginError::Failed(error));
    lock(&mut connection, reporter, database).await?;
    connection.ensure_migrations_table(TABLE).await.map_err(|error| refused(&error))?;
    let all = Standing::of(folder, &mut connection).await.map_err(lost)?;
    standing::check(folder, &all, &database.tenant.id)?;
    let pid: i32 = sqlx::query_scalar("select pg_backend_pid()").fetch_one(&mut connection).await.map_err(lost)?;
    let is_pending = |migration: &&Migration| {
        all.iter().any(|each| each.version == migration.version && each.state == State::Pending)
    };
    let mut outcome = Outcome { applied: Vec::new(), failed: None, is_stopped: false };
    let pending: Vec<&Migration> = folder.migrations.iter().filter(is_pending).collect();
    for (position, migration) in pending.iter().enumerate() {
        reporter.step_began(&one_line(folder.file_of(migration.version), MESSAGE_CHARS_MAX));
        let applied = apply(database, &mut connection, migration, pid).await;
        reporter.step_ended(applied.is_ok());
        let rest = pending.len() - position - 1;
        match applied {
            Ok(Next::GoOn) => outcome.applied.push(migration),
            Ok(Next::Stop) => {
                outcome.applied.push(migration);
                outcome.is_stopped = rest > 0;
                break;
            }
            Err(trouble) => {
                let (reason, stopped) = trouble.told(migration);
                outcome.failed = Some(failed(folder, migration, reason, stopped, position, rest));
                break;
            }
        }
    }
    // With the connection both locks go.
    let _the_server_notices = connection.close().await;
    Ok(outcome)
}

/// What follows a migration that was applied.
enum Next {
    GoOn,
    Stop,
}

/// Why a migration was not applied.
enum Trouble {
    Server(MigrateError),
    Stopped(MigrateError),
}

impl Trouble {
    /// In the server's words, and whether the user wanted it.
    fn told(&self, migration: &Migration) -> (String, bool) {
        match self {
            Self::Server(error) => (reason(error, migration), false),
            Self::Stopped(error) => (reason(error, migration), true),
        }
    }
}

/// Ctrl-C asks the server to stop; what the server says then is the end of it.
async fn apply(
    database: &Database,
    connection: &mut PgConnection,
    migration: &Migration,
    pid: i32,
) -> Result<Next, Trouble> {
    let mut applying = connection.apply(TABLE, migration);
    tokio::select! {
        applied = &mut applying => return applied.map(|_| Next::GoOn).map_err(Trouble::Server),
        () = wait_for_signal() => {}
    }
    if let Ok(mut other) = database.log_in().await {
        let _it_may_have_ended: Result<_, Error> =
            sqlx::query("select pg_cancel_backend($1)").bind(pid).execute(&mut other).await;
    }
    tokio::select! {
        applied = applying => applied.map(|_| Next::Stop).map_err(Trouble::Stopped),
        // Not even the server's answer is waited for.
        () = wait_for_signal() => crate::env::exit(Exit::Interrupted),
    }
}

async fn lock(connection: &mut PgConnection, reporter: &Reporter, database: &Database) -> Result<(), CliError> {
    for round in 0..LOCK_TRIES {
        let got = sqlx::query_scalar("select pg_try_advisory_lock($1)").bind(LOCK).fetch_one(&mut *connection).await;
        if got.map_err(|error| database.told(LoginError::Failed(error)))? {
            return lock_as_others_do(connection, database).await;
        }
        if round == 0 {
            reporter.step_began("waiting for another migration of this database");
        }
        tokio::time::sleep(LOCK_PAUSE).await;
    }
    reporter.step_ended(false);
    Err(running(&database.tenant))
}

/// Takes the lock of other programs with sqlx's migrator. That one is waited for in the server, and not for ever.
async fn lock_as_others_do(connection: &mut PgConnection, database: &Database) -> Result<(), CliError> {
    let lost = |error| database.told(LoginError::Failed(error));
    sqlx::query(OTHERS_WAIT).execute(&mut *connection).await.map_err(lost)?;
    match connection.lock().await {
        Ok(()) => sqlx::query("reset lock_timeout").execute(connection).await.map(|_| ()).map_err(lost),
        Err(error) if is_lock_timeout(&error) => Err(running(&database.tenant)),
        Err(error) => Err(refused(&error)),
    }
}

fn is_lock_timeout(error: &MigrateError) -> bool {
    let MigrateError::Execute(error) = error else { return false };
    error.as_database_error().and_then(DatabaseError::code).is_some_and(|code| code == LOCK_NOT_AVAILABLE)
}

/// Another one goes on.
pub(super) fn running(tenant: &TenantView) -> CliError {
    let message = format!("another migration of tenant `{}` is still running", tenant.name);
    CliError::new(Exit::Unfinished, "migration-running", message).help("nothing was applied; try again later")
}

fn refused(error: &MigrateError) -> CliError {
    not_migrated().because(error)
}

/// The user asked to stop, and this many were applied until then.
pub fn interrupted(applied: usize) -> CliError {
    CliError::new(Exit::Interrupted, "migration-interrupted", "stopped between two migrations")
        .help(format!("{applied} of them are applied, the rest is as it was"))
        .try_command("systemprompt infra db migrate --status")
}

/// There is no way to begin; why comes with it.
pub(super) fn not_migrated() -> CliError {
    CliError::new(Exit::Failed, "migration-refused", "the database cannot be migrated")
        .help(format!("nothing was applied; the tenant's role has to be able to make the table `{TABLE}`"))
}

/// One that was not applied, for a reason, with `before` applied before it and `after` left.
pub(super) fn failed<'a>(
    folder: &Folder,
    migration: &'a Migration,
    reason: String,
    stopped: bool,
    before: usize,
    after: usize,
) -> Failed<'a> {
    let file = folder.file_of(migration.version);
    let (exit, code, message) = if stopped {
        (Exit::Interrupted, "migration-interrupted", format!("stopped in migration `{file}`"))
    } else {
        (Exit::Failed, "migration-failed", format!("migration `{file}` failed"))
    };
    let others = match (before, after) {
        (0, 0) => String::new(),
        (before, after) => format!("; {before} before it stay applied, {after} after it were not tried"),
    };
    let told = CliError::new(exit, code, message)
        .cause(reason.clone())
        .help(format!("{}{others}; mend the file, then run the same again", left(migration)))
        .try_command("systemprompt infra db migrate --status");
    Failed { migration, reason, error: told }
}

/// What is in the database of a migration that failed.
fn left(migration: &Migration) -> &'static str {
    if migration.no_tx {
        "it runs without a transaction, so what it did before may have stayed (such as an index that is not valid): \
         look, and take it back by hand"
    } else if ends_its_transaction(migration.sql.as_str()) {
        "it ends the transaction that it runs in, so what it did before that has stayed: look, and take it back by hand"
    } else {
        "all that it did is rolled back"
    }
}

/// The server's words and, where it says so, the line that it means.
fn reason(error: &MigrateError, migration: &Migration) -> String {
    let (MigrateError::Execute(inner) | MigrateError::ExecuteMigration(inner, _)) = error else {
        return one_line(&error.to_string(), MESSAGE_CHARS_MAX);
    };
    let said = inner.as_database_error().and_then(|error| error.try_downcast_ref::<PgDatabaseError>());
    let Some(said) = said else { return one_line(&inner.to_string(), MESSAGE_CHARS_MAX) };
    let mut reason = said.message().to_owned();
    if let Some(PgErrorPosition::Original(position)) = said.position()
        && let Some((line, text)) = line_at(migration.sql.as_str(), position)
    {
        reason = format!("line {line}: {reason}, in `{}`", one_line(text, 120));
    }
    for more in [said.detail(), said.hint()].into_iter().flatten() {
        reason = format!("{reason} ({more})");
    }
    one_line(&reason, MESSAGE_CHARS_MAX)
}

/// The line in which the character at this place stands; both are counted from 1.
fn line_at(sql: &str, position: usize) -> Option<(usize, &str)> {
    let (byte, _) = sql.char_indices().nth(position.checked_sub(1)?)?;
    let number = sql[..byte].matches('\n').count();
    Some((number + 1, sql.lines().nth(number)?.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_of_a_place_is_counted_in_characters() {
        let sql = "select 'ä';\n  selekt 1;\n";
        assert_eq!(line_at(sql, 15), Some((2, "selekt 1;")));
        assert_eq!(line_at(sql, 1), Some((1, "select 'ä';")));
        assert_eq!((line_at(sql, 0), line_at(sql, 100)), (None, None));
    }
}
