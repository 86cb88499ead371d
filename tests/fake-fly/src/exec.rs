//! Commands that are run on a machine.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// A command, and the machine that it is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Command {
    /// The app's name.
    pub app: String,
    /// The machine's id.
    pub machine: String,
    /// As the configuration names it.
    pub image: String,
    /// What the machine's processes see: the configuration's variables, and the app's secrets as they were when this
    /// version of the machine was made.
    pub env: BTreeMap<String, String>,
    /// The volumes that are mounted, by their ids.
    pub volumes: Vec<String>,
    /// The program and its arguments.
    pub command: Vec<String>,
    /// What the program reads.
    pub stdin: Option<String>,
    /// How long it may take.
    pub timeout: Duration,
}

/// How a command ended.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Output {
    /// 0 for success.
    pub exit_code: i32,
    /// What it printed.
    pub stdout: String,
    /// What it complained.
    pub stderr: String,
}

/// What runs commands in place of a machine.
#[derive(Clone)]
pub(crate) struct Handler(pub(crate) Arc<dyn Fn(Command) -> Output + Send + Sync>);

impl fmt::Debug for Handler {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Handler")
    }
}

impl Default for Handler {
    fn default() -> Self {
        Self(Arc::new(|command| plausible(&command)))
    }
}

/// What the programs of PostgreSQL's image would say when all is well.
fn plausible(command: &Command) -> Output {
    let program = command.command.first().map(String::as_str).unwrap_or_default();
    let (exit_code, stdout, stderr) = match program.rsplit('/').next().unwrap_or_default() {
        "pg_isready" => (0, "127.0.0.1:5432 - accepting connections\n".to_owned(), String::new()),
        "psql" => (0, rows(command), String::new()),
        other => (127, String::new(), format!("{other}: command not found\n")),
    };
    Output { exit_code, stdout, stderr }
}

/// `SELECT 1` has a row, however it is asked for; no other statement has any.
fn rows(command: &Command) -> String {
    let mut texts = command.command.iter().chain(&command.stdin);
    let asks = texts.any(|text| text.trim().trim_end_matches(';').eq_ignore_ascii_case("select 1"));
    let bare =
        command.command.iter().any(|word| word.starts_with('-') && !word.starts_with("--") && word.contains('t'));
    match (asks, bare) {
        (true, true) => "1\n".to_owned(),
        (true, false) => " ?column? \n----------\n        1\n(1 row)\n\n".to_owned(),
        (false, _) => String::new(),
    }
}
