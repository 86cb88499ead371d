//! What a person at a terminal sees: the program under a pseudo-terminal, by `script` of util-linux.

use std::fs;
use std::process::Command;

use crate::sandbox::binary;
use crate::{Output, Sandbox};

/// Exit code of what was waiting for something that does not come.
pub const WAITED: i32 = 124;
/// Longer than anything takes that does not wait, on the worst of days.
const SECONDS_MAX: u32 = 120;

/// Runs the program with a terminal as all three streams; returns what the terminal got, with plain line ends.
///
/// # Panics
/// If `script` is not there, or the program does not end with `code`.
#[track_caller]
pub fn see(sandbox: &Sandbox, line: &str, code: i32) -> String {
    let output = script(sandbox, &format!("{} {line}", binary().display()));
    assert_eq!(output.code, code, "\n{}", output.whole());
    output.stdout.replace("\r\n", "\n")
}

/// Runs a line of a shell, in which `systemprompt` is the program, with a terminal that controls it but is none of its
/// streams: whoever asks a question anyway waits, which ends with [`WAITED`].
///
/// # Panics
/// If `script` is not there.
pub fn unseen(sandbox: &Sandbox, line: &str) -> Output {
    let (stdout, stderr, file) =
        (sandbox.root().join("stdout"), sandbox.root().join("stderr"), sandbox.root().join("line"));
    let program = binary();
    let program = program.parent().expect("BUG: a program lies in a directory").display();
    fs::write(&file, format!("PATH={program}:$PATH\n{line}\n")).expect("a file can be written");
    let inner = format!(
        "timeout --foreground {SECONDS_MAX} sh {} </dev/null >{} 2>{}",
        file.display(),
        stdout.display(),
        stderr.display()
    );
    let mut output = script(sandbox, &inner);
    let read = |path| fs::read_to_string(path).expect("the program prints UTF-8");
    (output.stdout, output.stderr) = (read(stdout), read(stderr));
    line.trim_start_matches("systemprompt ").clone_into(&mut output.command);
    output
}

fn script(sandbox: &Sandbox, inner: &str) -> Output {
    let mut command = sandbox.prepare(Command::new("script"), ["--quiet", "--return", "--command", inner, "/dev/null"]);
    // Nobody is here to leave a pager, which the machine may have or not.
    command.env("TERM", "xterm").env("SHELL", "/bin/sh").env("SYSTEMPROMPT_PAGER", "");
    sandbox.start(command).end()
}
