//! A person's terminal of a certain size: a program is started on it, keys are typed, and what it shows is read.

use std::io::{Read, Write};
use std::num::NonZeroU16;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

use vt100::Parser;

use crate::sandbox::binary;
use crate::{Sandbox, until};

/// How many lines that have left the screen are kept.
const SCROLLBACK_LINES: usize = 1_000;
/// What a program asks a terminal to learn where its cursor is.
const WHERE: &[u8] = b"\x1b[6n";

/// A terminal on which one program runs; `script` of util-linux makes it.
pub struct Screen {
    script: Child,
    keyboard: Arc<Mutex<ChildStdin>>,
    seen: Arc<Mutex<Seen>>,
    reader: Option<JoinHandle<()>>,
}

struct Seen {
    emulator: Parser,
    bytes: Vec<u8>,
}

impl Screen {
    /// Runs the program with the arguments of this line, on a terminal with as many columns and 50 rows.
    pub fn run(sandbox: &Sandbox, line: &str, columns: u16) -> Screen {
        Screen::start(sandbox, &format!("systemprompt {line}"), &[], (columns, 50))
    }

    /// Runs a line of a shell, in which `systemprompt` is the program, on a terminal of so many columns and rows.
    ///
    /// # Panics
    /// If `script` is not there.
    pub fn start(sandbox: &Sandbox, line: &str, variables: &[(&str, &str)], (columns, rows): (u16, u16)) -> Screen {
        let program = binary();
        let program = program.display();
        let inner = format!("stty columns {columns} rows {rows}; systemprompt() {{ {program} \"$@\"; }}; {line}");
        let args = ["--quiet", "--flush", "--return", "--command", &inner, "/dev/null"];
        let mut command = sandbox.prepare(Command::new("script"), args);
        command.env("TERM", "xterm-256color").env("SHELL", "/bin/sh").envs(variables.iter().copied());
        let mut script = command.stdin(Stdio::piped()).spawn().expect("`script` can be started");
        let keyboard = script.stdin.take().map(|input| Arc::new(Mutex::new(input))).expect("BUG: it was piped");
        let output = script.stdout.take().expect("BUG: it was piped");
        let size = |length| NonZeroU16::new(length).expect("a terminal has lines and columns");
        let emulator = Parser::new(size(rows), size(columns), SCROLLBACK_LINES);
        let seen = Arc::new(Mutex::new(Seen { emulator, bytes: Vec::new() }));
        let reader = std::thread::spawn({
            let (keyboard, seen) = (Arc::clone(&keyboard), Arc::clone(&seen));
            move || follow(output, &keyboard, &seen)
        });
        Screen { script, keyboard, seen, reader: Some(reader) }
    }

    /// Types something; `\r` is the return key.
    ///
    /// # Panics
    /// If nobody is there any more.
    pub fn press(&self, keys: &str) {
        let mut keyboard = self.keyboard.lock().unwrap_or_else(PoisonError::into_inner);
        keyboard.write_all(keys.as_bytes()).and_then(|()| keyboard.flush()).expect("the program reads what is typed");
    }

    /// Waits until this can be read on the screen.
    ///
    /// # Panics
    /// If it does not come.
    #[track_caller]
    pub fn wait_for(&self, text: &str) {
        let shows = || self.text().contains(text).then_some(());
        until(&format!("`{text}` on the screen"), shows);
    }

    /// Everything that can be read: each line without the spaces at its end, and no empty lines below.
    pub fn text(&self) -> String {
        let seen = self.seen();
        let (_, columns) = seen.emulator.screen().size();
        let rows: Vec<_> = seen.emulator.screen().rows(0, columns.get()).map(|row| row.trim_end().to_owned()).collect();
        let text = rows.join("\n");
        format!("{}\n", text.trim_end())
    }

    /// Every byte that the terminal got.
    pub fn bytes(&self) -> String {
        String::from_utf8_lossy(&self.seen().bytes).into_owned()
    }

    /// Waits for the program's end; its exit code, and what can be read then.
    ///
    /// # Panics
    /// If it does not end.
    #[track_caller]
    pub fn end(&mut self) -> (i32, String) {
        let status = until(&format!("the end of the program, which shows\n{}", self.text()), || {
            self.script.try_wait().expect("a child can be waited for")
        });
        if let Some(reader) = self.reader.take() {
            until("the end of all that writes to the terminal", || reader.is_finished().then_some(()));
            reader.join().expect("the reader ends with the terminal");
        }
        (status.code().unwrap_or(-1), self.text())
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        let _ended_already = self.script.kill();
        let _whatever_it_was = self.script.wait();
    }
}

/// Reads until nobody writes any more, and answers what a terminal answers.
fn follow(mut output: ChildStdout, keyboard: &Mutex<ChildStdin>, seen: &Mutex<Seen>) {
    let mut buffer = [0; 4_096];
    while let Ok(count) = output.read(&mut buffer)
        && count > 0
    {
        let bytes = &buffer[..count];
        let mut seen = seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.emulator.process(bytes);
        seen.bytes.extend_from_slice(bytes);
        if bytes.windows(WHERE.len()).any(|window| window == WHERE) {
            let (row, column) = seen.emulator.screen().cursor_position();
            let mut keyboard = keyboard.lock().unwrap_or_else(PoisonError::into_inner);
            let _nobody_asks_any_more = write!(keyboard, "\x1b[{};{}R", row + 1, column + 1);
        }
    }
}
