//! Runs other programs, and says what went wrong when one fails.

use std::fmt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

pub(crate) type Outcome<T = ()> = Result<T, Failure>;

/// Why a chore stopped, for the person who started it.
#[derive(Debug)]
pub(crate) struct Failure(String);

impl Failure {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self(message.into())
    }

    /// For file operations: what was tried, on which path, and what the system said.
    pub(crate) fn file(deed: &str, path: &Path, error: &std::io::Error) -> Self {
        Self(format!("cannot {deed} {}: {error}", path.display()))
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Runs a program that talks to the terminal itself.
pub(crate) fn run(command: &mut Command) -> Outcome {
    let status = command.status().map_err(|e| cannot_start(command, &e))?;
    if status.success() { Ok(()) } else { Err(Failure::new(format!("`{}` failed ({status})", line_of(command)))) }
}

/// Runs a program quietly and returns what it printed; its complaints are shown only if it fails.
pub(crate) fn capture(command: &mut Command) -> Outcome<String> {
    let Output { status, stdout, stderr } =
        command.stdin(Stdio::null()).output().map_err(|e| cannot_start(command, &e))?;
    if status.success() {
        return Ok(String::from_utf8_lossy(&stdout).into_owned());
    }
    let said = String::from_utf8_lossy(&stderr);
    Err(Failure::new(format!("`{}` failed ({status}): {}", line_of(command), said.trim())))
}

/// Where a program is, if it can be run at all. The system's own directories count even when a user's PATH leaves them out.
pub(crate) fn find(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let system = ["/usr/local/sbin", "/usr/sbin", "/sbin"].map(PathBuf::from);
    std::env::split_paths(&path).chain(system).map(|dir| dir.join(program)).find(|file| file.is_file())
}

/// The cargo that started us, so that a toolchain chosen by `cargo +…` stays chosen.
pub(crate) fn cargo() -> Command {
    Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}

fn cannot_start(command: &Command, error: &std::io::Error) -> Failure {
    Failure::new(format!("cannot start `{}`: {error}", command.get_program().display()))
}

fn line_of(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words.map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failing_program_is_named_with_its_arguments_and_its_complaint() {
        let failure =
            capture(Command::new("sh").args(["-c", "echo no such luck >&2; exit 3"])).unwrap_err().to_string();
        assert!(failure.starts_with("`sh -c echo no such luck >&2; exit 3` failed"), "{failure}");
        assert!(failure.ends_with("no such luck"), "{failure}");
    }

    #[test]
    fn a_program_that_is_not_there_is_named() {
        let failure = run(&mut Command::new("no-such-program")).unwrap_err().to_string();
        assert!(failure.starts_with("cannot start `no-such-program`"), "{failure}");
    }
}
