//! Running PostgreSQL's programs: with an environment of our own, as the right user, and not for ever.

use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use tokio::process::Command;

use super::account::Account;
use crate::backend::{BackendError, last_lines};

/// Lines of a program's output that an error quotes: an `initdb` that fails says why in its last few.
const QUOTED_LINES: usize = 6;

/// How a program ended, and what it said last.
#[derive(Debug)]
pub(super) struct Ended {
    pub(super) status: ExitStatus,
    pub(super) output: String,
}

impl Ended {
    /// The end of its output, for an error.
    pub(super) fn said(&self) -> String {
        last_lines(&self.output, QUOTED_LINES)
    }
}

/// A command with nothing of this process's environment: no `PGDATA`, no `PGPORT`, no secrets.
///
/// Messages come in English, because some are looked at. A child that steps down gives up root's groups too.
pub(super) fn command(program: &Path, account: Account, directory: &Path) -> Command {
    let mut command = Command::new(program);
    command.env_clear().env("PATH", "/usr/bin:/bin").env("LC_ALL", "C").current_dir(directory).stdin(Stdio::null());
    if let Account::Other { uid, gid } = account {
        command.uid(uid).gid(gid);
    }
    command
}

/// Runs a command to its end; it dies with this process, or when the time is over.
pub(super) async fn run(mut command: Command, timeout: Duration) -> Result<Ended, BackendError> {
    let program = Path::new(command.as_std().get_program()).to_owned();
    command.stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    match tokio::time::timeout(timeout, command.output()).await {
        Ok(Ok(ended)) => {
            let mut output = String::from_utf8_lossy(&ended.stdout).into_owned();
            output.push_str(&String::from_utf8_lossy(&ended.stderr));
            Ok(Ended { status: ended.status, output })
        }
        Ok(Err(error)) => Err(cannot_run(&program, &error)),
        Err(_) => {
            let message = format!("`{}` did not end within {} s", program.display(), timeout.as_secs());
            Err(BackendError::retryable("program-timeout", message))
        }
    }
}

/// What to tell when a program cannot even be started.
pub(super) fn cannot_run(program: &Path, error: &std::io::Error) -> BackendError {
    BackendError::refused("program-unusable", format!("could not run `{}`: {error}", program.display()))
        .help(format!("look at it with `ls -l {}`", program.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str) -> Command {
        let mut command = command(Path::new("/bin/sh"), Account::Own, Path::new("/"));
        command.args(["-c", script]);
        command
    }

    #[tokio::test]
    async fn nothing_of_our_environment_is_passed_on() {
        let ended = run(shell("env; exit 3"), Duration::from_secs(10)).await.unwrap();
        assert_eq!(ended.status.code(), Some(3));
        assert!(!ended.output.contains("CARGO") && ended.output.contains("LC_ALL=C"));
    }

    #[tokio::test]
    async fn a_program_that_hangs_is_ended() {
        let error = run(shell("exec sleep 60"), Duration::from_millis(50)).await.unwrap_err();
        assert_eq!(error.code, "program-timeout");
    }
}
