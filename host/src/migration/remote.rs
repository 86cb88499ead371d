//! Applying what is pending where only the provider reaches the database: one script for each, alone, and looked for again
//! where nobody knows what came of it.

use std::future::Future;
use std::pin::pin;
use std::time::Duration;

use sqlx::migrate::Migration;
use systemprompt_events::{Failure, FailureKind};

use super::run::{Failed, Outcome, failed, interrupted, not_migrated, running};
use super::script::{self, Attempt, Looked, Past};
use super::words::{ends_its_transaction, reads_what_follows};
use super::{Folder, Standing, State, standing};
use crate::cli::Context;
use crate::database::Remote;
use crate::error::{CliError, Exit};
use crate::operation::cancel::wait_for_signal;
use crate::plugin::v1::PsqlEnded;
use crate::project::Project;
use crate::text::{MESSAGE_CHARS_MAX, one_line};

/// Between two looks at what another run, or the last request, is about.
const PAUSE: Duration = Duration::from_secs(2);
/// Another run may take long; after so many looks, the user decides.
const LOOKS: u32 = 60;
/// A look may be repeated, an attempt after it was seen that nothing came of it.
const TRIES: u32 = 3;
const NO_DATA: &str = "it waits for data, as `copy … from stdin` does, and there are none";

/// Where each migration stands. The database is only read.
pub async fn look(
    context: &Context,
    project: &mut Project,
    remote: &Remote,
    folder: &Folder,
) -> Result<Vec<Standing>, CliError> {
    let mut run = Run { context, project, remote, folder, is_stopped: false };
    let past = run.past().await?;
    Ok(standing::compared(folder, past.done()))
}

/// Applies all that is pending. An error means that nothing was.
pub async fn run<'a>(
    context: &Context,
    project: &mut Project,
    remote: &Remote,
    folder: &'a Folder,
) -> Result<Outcome<'a>, CliError> {
    let mut run = Run { context, project, remote, folder, is_stopped: false };
    let mut past = run.past().await?;
    let all = standing::compared(folder, past.done());
    standing::check(folder, &all, &remote.tenant.id)?;
    let is_pending = |migration: &&Migration| {
        all.iter().any(|each| each.version == migration.version && each.state == State::Pending)
    };
    let pending: Vec<&Migration> = folder.migrations.iter().filter(is_pending).collect();
    let mut outcome = Outcome { applied: Vec::new(), failed: None, is_stopped: false };
    for (position, migration) in pending.iter().enumerate() {
        if run.is_stopped {
            if outcome.applied.is_empty() {
                return Err(interrupted(0));
            }
            outcome.is_stopped = true;
            break;
        }
        let rest = pending.len() - position - 1;
        context.reporter.step_began(&one_line(folder.file_of(migration.version), MESSAGE_CHARS_MAX));
        let applied = run.apply(migration, &mut past).await;
        context.reporter.step_ended(applied.is_ok());
        match applied {
            Ok(By::Us) => outcome.applied.push(migration),
            Ok(By::Another) => {}
            Err(Trouble::Failed(reason)) => {
                outcome.failed = Some(failed(folder, migration, reason, false, position, rest));
            }
            // Nothing was recorded yet, so that there is nothing to add to.
            Err(Trouble::Other(error)) if outcome.applied.is_empty() => return Err(*error),
            Err(Trouble::Other(error)) => {
                let reason = one_line(&error.message, MESSAGE_CHARS_MAX);
                outcome.failed = Some(Failed { migration, reason, error: *error });
            }
        }
        if outcome.failed.is_some() {
            outcome.is_stopped = run.is_stopped && rest > 0;
            break;
        }
    }
    Ok(outcome)
}

/// Who applied a migration.
enum By {
    Us,
    Another,
}

/// Why one was not applied.
enum Trouble {
    /// In the server's words.
    Failed(String),
    Other(Box<CliError>),
}

impl From<CliError> for Trouble {
    fn from(error: CliError) -> Trouble {
        Trouble::Other(Box::new(error))
    }
}

struct Run<'r> {
    context: &'r Context,
    project: &'r mut Project,
    remote: &'r Remote,
    folder: &'r Folder,
    /// The user asked to stop.
    is_stopped: bool,
}

impl Run<'_> {
    /// What was applied.
    async fn past(&mut self) -> Result<Past, CliError> {
        self.settled(None).await?.ok_or_else(|| running(&self.remote.tenant))
    }

    /// The same; with `alone`, the name of the database, once no other run goes on any more. None where one still does.
    async fn settled(&mut self, alone: Option<&str>) -> Result<Option<Past>, CliError> {
        let (mut tries, script) = (1, script::look(alone));
        for _ in 0..LOOKS {
            let failure = match self.psql(&script).await? {
                Err(failure) if failure.kind != FailureKind::Ambiguous => return Err(self.remote.told(&failure)),
                Err(failure) => failure,
                Ok(ended) => match script::looked(&ended) {
                    Looked::Past(past) => return Ok(Some(past)),
                    Looked::Refused(why) => return Err(not_migrated().cause(why)),
                    Looked::Busy => {
                        self.pause().await?;
                        continue;
                    }
                    Looked::Silent(failure) => failure,
                },
            };
            if tries == TRIES {
                let later = Failure { kind: FailureKind::Retryable, help: None, ..failure };
                return Err(self.remote.told(&later).help("nothing was changed by looking; try again later"));
            }
            tries += 1;
            self.pause().await?;
        }
        Ok(None)
    }

    /// Applies one. `past` is what there was, and is what there is then.
    async fn apply(&mut self, migration: &Migration, past: &mut Past) -> Result<By, Trouble> {
        let waits_for_data = reads_what_follows(migration.sql.as_str());
        if may_stay_in_part(migration) && waits_for_data {
            return Err(Trouble::Failed(NO_DATA.into()));
        }
        let mut unknown: Option<Failure> = None;
        for _ in 0..TRIES {
            match self.attempt(migration, past).await? {
                Attempt::Done(Some(digest)) => {
                    past.digest = digest;
                    return Ok(By::Us);
                }
                Attempt::Done(None) => {
                    // It is applied, whatever a look says. Where there is no answer, the next one finds what is known old.
                    if let Ok(now) = self.past().await {
                        *past = now;
                    }
                    return Ok(By::Us);
                }
                Attempt::Failed(reason) => return Err(Trouble::Failed(reason)),
                Attempt::Refused(why) => return Err(not_migrated().cause(why).into()),
                Attempt::Busy | Attempt::Moved => {}
                // It took the rest of the script for data, and with it the end of its transaction.
                Attempt::Unknown(failure) if waits_for_data && failure.code == script::UNFINISHED => {
                    return Err(Trouble::Failed(NO_DATA.into()));
                }
                Attempt::Unknown(failure) => unknown = Some(failure),
            }
            // Somebody else went on, or nobody knows what the last request did: what there is says it, once it is quiet.
            let name = past.database.clone();
            let Some(settled) = self.settled(Some(&name)).await? else {
                return Err(self.given_up(migration, unknown, true));
            };
            *past = settled;
            let all = standing::compared(self.folder, past.done());
            standing::check(self.folder, &all, &self.remote.tenant.id)?;
            if all.iter().any(|each| each.version == migration.version && each.state == State::Applied) {
                return Ok(if unknown.is_some() { By::Us } else { By::Another });
            }
            if may_stay_in_part(migration) && unknown.is_some() {
                break;
            }
        }
        Err(self.given_up(migration, unknown, false))
    }

    /// Why it is not tried any more: an attempt of our own that nobody saw end comes before what others do.
    fn given_up(&self, migration: &Migration, unknown: Option<Failure>, goes_on: bool) -> Trouble {
        let file = one_line(self.folder.file_of(migration.version), MESSAGE_CHARS_MAX);
        let error = match unknown {
            Some(failure) => unanswered(&file, &failure, self.remote, migration, goes_on),
            None => running(&self.remote.tenant),
        };
        error.into()
    }

    async fn attempt(&mut self, migration: &Migration, past: &Past) -> Result<Attempt, CliError> {
        match self.psql(&script::apply(migration, past)).await? {
            Ok(ended) => Ok(script::attempted(&ended)),
            Err(failure) if failure.kind == FailureKind::Ambiguous => Ok(Attempt::Unknown(failure)),
            Err(failure) => Err(self.remote.told(&failure)),
        }
    }

    async fn psql(&mut self, script: &str) -> Result<Result<PsqlEnded, Failure>, CliError> {
        let options = script::OPTIONS.map(str::to_owned);
        let call = self.remote.run(self.context, self.project, &options, script);
        listening(call, &mut self.is_stopped, self.context).await
    }

    /// Before the next look.
    async fn pause(&mut self) -> Result<(), CliError> {
        tokio::select! {
            () = tokio::time::sleep(PAUSE) => Ok(()),
            () = wait_for_signal() => Err(CliError::new(Exit::Interrupted, "migration-interrupted", "stopped while waiting")
                .help("what the database has says what was applied")
                .try_command("systemprompt infra db migrate --status")),
        }
    }
}

/// Waits for an answer. Ctrl-C stops after it; once more, and nobody waits for it: the machine ends what it began.
async fn listening<T>(call: impl Future<Output = T>, is_stopped: &mut bool, context: &Context) -> T {
    let mut call = pin!(call);
    tokio::select! {
        answer = &mut call => return answer,
        () = wait_for_signal() => {}
    }
    *is_stopped = true;
    context.reporter.note("stopping after what is being asked; Ctrl-C again leaves at once");
    tokio::select! {
        answer = call => answer,
        () = wait_for_signal() => {
            context.reporter.note("left as it is; to see what came of it, run `systemprompt infra db migrate --status`");
            crate::env::exit(Exit::Interrupted)
        }
    }
}

fn unanswered(file: &str, failure: &Failure, remote: &Remote, migration: &Migration, goes_on: bool) -> CliError {
    let message = format!("migration `{file}` did not come to an end that anybody saw, and is not recorded");
    CliError::new(Exit::Failed, "migration-unknown", message)
        .cause(failure.message.clone())
        .help(left(migration, goes_on))
        .try_command("systemprompt infra db migrate --status")
        .try_command(remote.open_command())
}

/// Whether what it did can be there without all of it, so that it cannot be sent again.
fn may_stay_in_part(migration: &Migration) -> bool {
    migration.no_tx || ends_its_transaction(migration.sql.as_str())
}

/// What is there of one that nobody saw end.
fn left(migration: &Migration, goes_on: bool) -> &'static str {
    if goes_on {
        "it may still go on where the database is: look, before you run the same again; one that takes longer than its \
         provider waits needs a database that is opened to this machine"
    } else if migration.no_tx {
        "it runs without a transaction, so that a part of it may have stayed: look, before you run the same again"
    } else if may_stay_in_part(migration) {
        "it ends the transaction that it runs in, so that a part of it may have stayed: look, before you run the same again"
    } else {
        "what it did is rolled back; where it takes longer than its provider waits, open the database to this machine"
    }
}

#[cfg(test)]
mod tests;
