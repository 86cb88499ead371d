//! What a person at a terminal sees: the program under a pseudo-terminal, by `script` of util-linux.

use std::process::Command;

use crate::Sandbox;
use crate::sandbox::binary;

/// Runs the program with a terminal as all three streams; returns what the terminal got, with plain line ends.
///
/// # Panics
/// If `script` is not there, or the program does not end with `code`.
#[track_caller]
pub fn see(sandbox: &Sandbox, line: &str, code: i32) -> String {
    let inner = format!("{} {line}", binary().display());
    let mut command =
        sandbox.prepare(Command::new("script"), ["--quiet", "--return", "--command", &inner, "/dev/null"]);
    command.env("TERM", "xterm").env("SHELL", "/bin/sh");
    let output = sandbox.start(command).end();
    assert_eq!(output.code, code, "\n{}", output.whole());
    output.stdout.replace("\r\n", "\n")
}
