//! The first event after which a command fails: halving, and the project's files as they were at a moment.

use std::fs;
use std::io::{self, IsTerminal};
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process, kill_process_group};
use systemprompt_events::Position;
use tokio::process::{Child, Command};

use crate::error::{CliError, Exit};
use crate::operation::cancel;
use crate::project::{Project, profile_files, registry_file};

/// Runs a line as the user wrote it.
const SHELL: &str = "sh";
/// Exit codes from here on do not say that what was tested is bad: the command could not tell, or could not run. As git
/// has it (git-bisect(1), "Bisect run").
const NO_VERDICT: i32 = 125;
/// What a command is given to end by itself.
const POLITE: Duration = Duration::from_secs(5);

/// What a command says of a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It succeeds.
    Good,
    /// It fails.
    Bad,
}

/// Where the first bad event can still be: after `good`, and at `bad` at the latest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Search {
    good: u64,
    bad: Position,
}

impl Search {
    /// Between a good moment and a later bad one.
    pub fn between(good: Position, bad: Position) -> Search {
        Search { good: good.get(), bad }
    }

    /// What to test next; none when the first bad event is known.
    pub fn next(self) -> Option<Position> {
        let middle = self.good + (self.bad.get() - self.good) / 2;
        Position::new(middle).filter(|middle| middle.get() > self.good)
    }

    /// What is left when this was said of a moment.
    pub fn after(self, tested: Position, verdict: Verdict) -> Search {
        match verdict {
            Verdict::Good => Search { good: tested.get(), ..self },
            Verdict::Bad => Search { bad: tested, ..self },
        }
    }

    /// The first bad event, once there is nothing left to test.
    pub fn first_bad(self) -> Position {
        self.bad
    }
}

/// Runs a line where the project's files are as they were after an event.
pub async fn judge(project: &mut Project, line: &str, position: Position) -> Result<Verdict, CliError> {
    let mut stop = std::pin::pin!(cancel::wait_for_any_signal());
    // Listens from here on: what is written next holds passwords, and has to be taken away again.
    tokio::select! {
        biased;
        () = &mut stop => return Err(stopped()),
        () = std::future::ready(()) => {}
    }
    let failed = |error: io::Error| {
        CliError::new(Exit::Failed, "bisect-directory", "could not write the project's files as they were")
            .because(&error)
    };
    // Its mode lets nobody else in.
    let directory = tempfile::Builder::new().prefix("systemprompt-").tempdir().map_err(failed)?;
    let files = files_at(project, position).await?;
    for (name, content) in files {
        write(&directory.path().join(name), &content).map_err(failed)?;
    }
    let mut command = Command::new(SHELL);
    command.args(["-c", line]).current_dir(directory.path()).stdin(Stdio::null());
    // Standard output is for the answer.
    command.stdout(Stdio::from(io::stderr()));
    command.env("SYSTEMPROMPT_AT", position.to_string());
    if let Some(dir) = project.dir.parent() {
        command.env("SYSTEMPROMPT_PROJECT", dir);
    }
    // Without a terminal it is a group of its own, so that what it started ends with it. At a terminal it may want to ask
    // there, and the terminal's signals reach all.
    let is_group = !io::stdin().is_terminal();
    if is_group {
        command.process_group(0);
    }
    let mut child = command.spawn().map_err(failed)?;
    let status = tokio::select! {
        biased;
        () = &mut stop => {
            end(&mut child, is_group).await;
            directory.close().map_err(failed)?;
            return Err(stopped());
        }
        status = child.wait() => status.map_err(failed)?,
    };
    match status.code() {
        Some(0) => Ok(Verdict::Good),
        Some(code) if code < NO_VERDICT => Ok(Verdict::Bad),
        Some(_) | None => {
            let message = format!("after event {position} the command could not tell: {status}");
            Err(CliError::new(Exit::Failed, "bisect-no-verdict", message)
                .help("a command that fails ends with 1 to 124; 125 and above, or a signal, say nothing of the moment"))
        }
    }
}

/// Ends a command, and all of its group: by a polite signal, and then by one that cannot be refused.
async fn end(child: &mut Child, is_group: bool) {
    let process = child.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw);
    let send = |signal| {
        // Whoever is gone already needs no signal.
        let _is_gone =
            process.map(|id| if is_group { kill_process_group(id, signal) } else { kill_process(id, signal) });
    };
    send(Signal::TERM);
    let ended = tokio::time::timeout(POLITE, child.wait()).await.is_ok();
    if is_group || !ended {
        send(Signal::KILL);
    }
    if !ended {
        let _as_good_as_gone = tokio::time::timeout(POLITE, child.wait()).await;
    }
}

fn stopped() -> CliError {
    CliError::new(Exit::Interrupted, "cancelled", "stopped before the first bad event was found")
}

/// `tenants.json` and the files of profiles and sessions, as they were.
async fn files_at(project: &mut Project, position: Position) -> Result<Vec<(String, Vec<u8>)>, CliError> {
    project.look_back(position).await?;
    let tenants = project.ledger().log.tenants().await?;
    let registry = registry_file::render(project, &tenants).await?;
    let mut files = profile_files::render(project).await?;
    files.push((registry_file::NAME.to_owned(), registry.text.into_bytes()));
    Ok(files)
}

fn write(path: &Path, content: &[u8]) -> io::Result<()> {
    if let Some(parent) = path.parent() {
        fs::DirBuilder::new().recursive(true).mode(0o700).create(parent)?;
    }
    crate::files::replace(path, content)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(number: u64) -> Position {
        Position::new(number).unwrap()
    }

    /// The first bad event as the search finds it, and how many moments it tests.
    fn found(good: u64, bad: u64, first_bad: u64) -> (u64, u32) {
        let mut search = Search::between(at(good), at(bad));
        let mut tested = 0;
        while let Some(middle) = search.next() {
            let verdict = if middle.get() < first_bad { Verdict::Good } else { Verdict::Bad };
            search = search.after(middle, verdict);
            tested += 1;
        }
        (search.first_bad().get(), tested)
    }

    #[test]
    fn the_first_bad_event_is_found_wherever_it_is() {
        for first_bad in 2..=100 {
            let (position, tested) = found(1, 100, first_bad);
            assert_eq!(position, first_bad);
            assert!(tested <= 7, "{tested} tests for {first_bad}");
        }
    }

    #[test]
    fn of_two_neighbours_the_second_is_the_one() {
        assert_eq!(found(4, 5, 5), (5, 0));
    }
}
