//! The one module that prints: answers to standard output, all else to standard error.

use std::io::{BufWriter, IsTerminal, Write};

use serde_json::{Value, json};

use crate::error::{CliError, Exit};
use crate::moment::AsOf;
use crate::reader;
use crate::text::{MESSAGE_CHARS_MAX, escaped, one_line};
use crate::view::{Paint, Reader, View};

/// How answers are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// For a person.
    Text {
        /// A long text may be shown in the user's pager.
        pager: bool,
    },
    /// One JSON document.
    Json,
    /// The last of several JSON documents, a line each.
    Stream,
}

/// Prints an answer.
pub fn answer(view: &dyn View, as_of: Option<&AsOf>, format: Format) -> Exit {
    let written = match format {
        Format::Text { pager } => text(view, pager),
        Format::Json | Format::Stream => {
            let mut answer = json!({ "schema": view.schema(), "data": view.data() });
            if let Some(AsOf { position, time, kind }) = as_of {
                answer["at"] = json!({ "position": position.get(), "time": time.to_string(), "type": kind });
            }
            print(&document(&answer, format))
        }
    };
    match written {
        Err(_) => Exit::Failed,
        Ok(()) if view.is_failure() => Exit::Failed,
        Ok(()) => Exit::Done,
    }
}

/// Prints one of many answers as it comes, and says whether there is somebody who reads it.
pub fn follow(view: &dyn View, json: bool) -> bool {
    let text = if json {
        document(&json!({ "schema": view.schema(), "data": view.data() }), Format::Stream)
    } else {
        view.text(paint())
    };
    let mut stdout = anstream::stdout();
    stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()).is_ok()
}

fn paint() -> Paint {
    let terminal = std::io::stdout().is_terminal();
    Paint { terminal, columns: terminal_size().map(|(columns, _)| columns).filter(|_| terminal) }
}

fn text(view: &dyn View, pager: bool) -> std::io::Result<()> {
    let (size, Paint { terminal, columns }) = (terminal_size(), paint());
    let text = view.text(Paint { terminal, columns });
    let is_long = || size.is_none_or(|(_, rows)| text.lines().count() >= rows);
    let shown = terminal
        && pager
        && match view.reader() {
            Reader::None => false,
            Reader::Pager => is_long() && reader::page(&coloured(&text)),
            Reader::Man(source) => reader::man(&source),
        };
    if shown { Ok(()) } else { print(&text) }
}

/// What has no escapes need not be searched for them, character by character.
fn print(text: &str) -> std::io::Result<()> {
    let written = if text.contains('\u{1b}') {
        let mut stdout = anstream::stdout();
        stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush())
    } else {
        let mut stdout = std::io::stdout().lock();
        stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush())
    };
    match written {
        // Somebody who stops reading, as `head` does, has what they wanted.
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        other => other,
    }
}

/// With colours or without, as standard output wants them.
fn coloured(text: &str) -> String {
    match anstream::AutoStream::choice(&std::io::stdout()) {
        anstream::ColorChoice::Never => anstream::adapter::strip_str(text).to_string(),
        anstream::ColorChoice::Auto | anstream::ColorChoice::Always | anstream::ColorChoice::AlwaysAnsi => {
            text.to_owned()
        }
    }
}

/// Columns and rows of the terminal that standard output is, if it is one and says so.
fn terminal_size() -> Option<(usize, usize)> {
    let size = rustix::termios::tcgetwinsize(std::io::stdout()).ok()?;
    (size.ws_col > 0 && size.ws_row > 0).then(|| (size.ws_col.into(), size.ws_row.into()))
}

/// Prints an error: on standard error as text, on standard output as JSON where JSON was asked for.
pub fn error(error: &CliError, format: Format) -> Exit {
    match format {
        Format::Json | Format::Stream => {
            let _nowhere_left_to_say_it = print(&document(&error_json(error), format));
        }
        Format::Text { .. } => {
            let mut stderr = anstream::stderr();
            let _nowhere_left_to_say_it = stderr.write_all(error_text(error).as_bytes());
        }
    }
    error.exit
}

/// Prints one of several JSON documents, on a line of its own.
pub fn stream(schema: &str, data: &Value) {
    let _nobody_reads_it = print(&document(&json!({ "schema": schema, "data": data }), Format::Stream));
}

/// Where an answer goes that is too large to be held: it is written piece by piece, each of them whole characters.
pub fn pieces() -> Box<dyn Write + Send> {
    /// Bytes that are gathered where nobody looks on.
    const BUFFER_BYTES: usize = 1 << 17;
    let stdout = std::io::stdout();
    if stdout.is_terminal() { Box::new(Pieces) } else { Box::new(BufWriter::with_capacity(BUFFER_BYTES, stdout)) }
}

/// Pieces for a terminal.
struct Pieces;

impl Write for Pieces {
    fn write(&mut self, piece: &[u8]) -> std::io::Result<usize> {
        let text = String::from_utf8_lossy(piece);
        std::io::stdout().write_all(escaped(&text).as_bytes()).map(|()| piece.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        std::io::stdout().flush()
    }
}

/// Prints what a shell offers to whoever is typing.
pub fn candidates(bytes: &[u8]) -> Exit {
    match print(&String::from_utf8_lossy(bytes)) {
        Ok(()) => Exit::Done,
        Err(_) => Exit::Failed,
    }
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
    lines.extend(error.trace.iter().map(clean).map(|place| format!("  at {place}")));
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
    let mut document = json!({
        "schema": "systemprompt/error/v1",
        "error": { "code": error.code, "message": message, "help": error.help, "next_steps": error.next_steps },
    });
    if !error.trace.is_empty() {
        document["error"]["trace"] = json!(error.trace);
    }
    document
}

/// Somebody may look at it in a terminal.
fn document(value: &Value, format: Format) -> String {
    escaped(&if format == Format::Stream { format!("{value}\n") } else { format!("{value:#}\n") })
}
