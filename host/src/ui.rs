//! The one module that prints: answers to standard output, all else to standard error.

use std::io::{IsTerminal, Write};

use serde_json::{Value, json};

use crate::error::{CliError, Exit};
use crate::text::{MESSAGE_CHARS_MAX, one_line};
use crate::view::{Paint, View};

/// How answers are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// For a person.
    Text,
    /// One JSON document.
    Json,
}

/// Prints an answer.
pub fn answer(view: &dyn View, format: Format) -> Exit {
    let mut stdout = anstream::stdout();
    let text = match format {
        Format::Text => view.text(Paint { terminal: std::io::stdout().is_terminal() }),
        Format::Json => document(&json!({ "schema": view.schema(), "data": view.data() })),
    };
    let written = stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush());
    match written {
        // Somebody who stops reading, as `head` does, has what they wanted.
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Exit::Failed,
        _ if view.is_failure() => Exit::Failed,
        _ => Exit::Done,
    }
}

/// Prints an error: on standard error as text, on standard output as JSON where JSON was asked for.
pub fn error(error: &CliError, format: Format) -> Exit {
    match format {
        Format::Json => {
            let mut stdout = anstream::stdout();
            let _nowhere_left_to_say_it = stdout.write_all(document(&error_json(error)).as_bytes());
        }
        Format::Text => {
            let mut stderr = anstream::stderr();
            let _nowhere_left_to_say_it = stderr.write_all(error_text(error).as_bytes());
        }
    }
    error.exit
}

/// Prints a line that is not the answer.
pub fn note(line: &str) {
    let _nowhere_left_to_say_it = writeln!(anstream::stderr(), "note: {}", one_line(line, MESSAGE_CHARS_MAX));
}

/// Prints text of the command line parser.
pub fn help(text: &clap::builder::StyledStr) {
    let _nowhere_left_to_say_it = write!(anstream::stdout(), "{}", text.ansi());
}

/// Prints what the command line parser says of a wrong command line.
pub fn usage(text: &str) {
    let _nowhere_left_to_say_it = anstream::stderr().write_all(text.as_bytes());
}

fn error_text(error: &CliError) -> String {
    let bold = anstyle::Style::new().bold();
    let red = bold.fg_color(Some(anstyle::AnsiColor::Red.into()));
    let clean = |text: &String| one_line(text, MESSAGE_CHARS_MAX);
    let mut lines = vec![format!("{red}error{red:#}: {}", clean(&error.message))];
    lines.extend(error.causes.iter().map(clean).map(|cause| format!("  caused by: {cause}")));
    lines.extend(error.help.iter().map(clean).map(|help| format!("{bold}help{bold:#}: {help}")));
    lines.extend(error.next_steps.iter().map(clean).map(|step| format!("{bold}hint{bold:#}: run `{step}`")));
    lines.join("\n") + "\n"
}

fn error_json(error: &CliError) -> Value {
    let mut message = error.message.clone();
    for cause in &error.causes {
        message.push_str(": ");
        message.push_str(cause);
    }
    json!({
        "schema": "systemprompt/error/v1",
        "error": { "code": error.code, "message": message, "help": error.help, "next_steps": error.next_steps },
    })
}

fn document(value: &Value) -> String {
    format!("{value:#}\n")
}
