//! Commands that are run on a machine.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::postgres::Clusters;

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
    /// Clusters of Managed Postgres that answer in the network of the machine: by host, users with their passwords.
    pub managed: BTreeMap<String, BTreeMap<String, String>>,
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

impl Handler {
    /// What a machine with PostgreSQL does.
    pub(crate) fn with(clusters: &Arc<Clusters>) -> Self {
        let clusters = Arc::clone(clusters);
        Self(Arc::new(move |command| plausible(&clusters, &command)))
    }
}

/// `sh` that reads a password from the first line, and becomes `psql` with the rest.
fn with_password(command: &Command) -> Option<Command> {
    const SCRIPT: &str = r#"IFS= read -r PGPASSWORD && export PGPASSWORD && exec psql "$@""#;
    let [_, option, script, _, words @ ..] = &command.command[..] else { return None };
    let (password, rest) = command.stdin.as_deref()?.split_once('\n')?;
    if option != "-c" || script != SCRIPT {
        return None;
    }
    let mut env = command.env.clone();
    env.insert("PGPASSWORD".to_owned(), password.to_owned());
    let command_line = std::iter::once("psql".to_owned()).chain(words.iter().cloned()).collect();
    Some(Command { command: command_line, env, stdin: Some(rest.to_owned()), ..command.clone() })
}

/// What the programs of PostgreSQL's image would say.
fn plausible(clusters: &Clusters, command: &Command) -> Output {
    let program = command.command.first().map(String::as_str).unwrap_or_default();
    let ended = |exit_code, stdout: &str, stderr: String| Output { exit_code, stdout: stdout.to_owned(), stderr };
    match program.rsplit('/').next().unwrap_or_default() {
        "pg_isready" => ended(0, "127.0.0.1:5432 - accepting connections\n", String::new()),
        "psql" => clusters.run(command),
        "sh" => match with_password(command) {
            Some(command) => clusters.run(&command),
            None => ended(2, "", "sh: no script of these is known here\n".to_owned()),
        },
        other => ended(127, "", format!("{other}: command not found\n")),
    }
}
