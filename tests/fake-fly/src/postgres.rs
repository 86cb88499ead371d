//! The PostgreSQL of machines, as far as `psql` and logins go. A role's password lies on the volume: what the variables of
//! the machine say counts when the data are made, and never again.
//!
//! Source: <https://github.com/docker-library/docs/blob/master/postgres/README.md>, and `psql` itself.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use crate::exec::{Command, Output};
use crate::world::cluster::DOMAIN;

/// All of one fake, by the volume that each lies on.
#[derive(Debug, Default)]
pub(crate) struct Clusters(Mutex<BTreeMap<String, Cluster>>);

/// One role; without a password, as where none was ever set, whoever comes may log in.
#[derive(Debug, Clone)]
struct Cluster {
    role: String,
    password: Option<String>,
}

/// What `psql` ends with when it cannot connect, and when a script fails.
const NO_CONNECTION: i32 = 2;
const SCRIPT_FAILED: i32 = 3;

impl Clusters {
    /// Runs `psql`.
    pub(crate) fn run(&self, command: &Command) -> Output {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let cluster = all.entry(place(command)).or_insert_with(|| Cluster::made_with(&command.env));
        Session { command, cluster, output: Output::default() }.run()
    }

    /// Whether a login with this password works, over the network.
    pub(crate) fn takes(&self, volume: &str, password: &str) -> bool {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.get(volume).is_some_and(|cluster| cluster.password.as_deref() == Some(password))
    }
}

/// Where the data lie.
fn place(command: &Command) -> String {
    command.volumes.first().unwrap_or(&command.machine).clone()
}

impl Cluster {
    fn made_with(env: &BTreeMap<String, String>) -> Self {
        let role = env.get("POSTGRES_USER").map_or("postgres", String::as_str).to_owned();
        Self { role, password: env.get("POSTGRES_PASSWORD").cloned() }
    }

    /// Why a login is refused, if it is. From the machine itself nobody is asked for a password.
    fn refuses(&self, login: &Login) -> Option<String> {
        let host = login.host.as_deref().filter(|host| !["127.0.0.1", "::1", "localhost"].contains(host))?;
        let role = login.role.as_deref().unwrap_or("root");
        let right = role == self.role && (self.password.is_none() || login.password == self.password);
        let why = format!("FATAL:  password authentication failed for user \"{role}\"");
        (!right).then(|| format!("connection to server at \"{host}\", port 5432 failed: {why}"))
    }
}

/// As what somebody connects.
#[derive(Default)]
struct Login {
    host: Option<String>,
    role: Option<String>,
    password: Option<String>,
}

impl Login {
    /// By the arguments and variables of `psql`.
    fn of(command: &Command) -> Self {
        let after = |flag: &str| {
            let place = command.command.iter().position(|word| word == flag)?;
            command.command.get(place + 1).cloned()
        };
        Self { host: after("-h"), role: after("-U"), password: command.env.get("PGPASSWORD").cloned() }
    }

    /// By a connection string, as `\connect` takes it: it keeps nothing of the connection before.
    fn parse(text: &str) -> Self {
        let mut login = Self::default();
        for (key, value) in text.trim().trim_matches('"').split(' ').filter_map(|word| word.split_once('=')) {
            match key {
                "host" => login.host = Some(value.to_owned()),
                "user" => login.role = Some(value.to_owned()),
                "password" => login.password = Some(value.to_owned()),
                _ => {}
            }
        }
        login
    }
}

/// One run of `psql`.
struct Session<'a> {
    command: &'a Command,
    cluster: &'a mut Cluster,
    output: Output,
}

impl Session<'_> {
    /// Why a login is refused, if it is: by a managed cluster, or by that of the machine.
    fn refuses(&self, login: &Login) -> Option<String> {
        let Some(host) = login.host.as_deref().filter(|host| host.ends_with(DOMAIN)) else {
            return self.cluster.refuses(login);
        };
        let Some(users) = self.command.managed.get(host) else {
            return Some(format!("could not translate host name \"{host}\" to address: Name or service not known"));
        };
        let role = login.role.as_deref().unwrap_or("root");
        let right = login.password.is_some() && users.get(role) == login.password.as_ref();
        let why = format!("FATAL:  password authentication failed for user \"{role}\"");
        (!right).then(|| format!("connection to server at \"{host}\", port 5432 failed: {why}"))
    }

    fn run(mut self) -> Output {
        if let Some(why) = self.refuses(&Login::of(self.command)) {
            return Output { exit_code: NO_CONNECTION, stdout: String::new(), stderr: format!("psql: error: {why}\n") };
        }
        let words = &self.command.command;
        let given = words.iter().position(|word| word == "-c").and_then(|place| words.get(place + 1));
        let script = given.or(self.command.stdin.as_ref()).cloned().unwrap_or_default();
        for line in script.lines().map(str::trim) {
            let complaint = match line.strip_prefix("\\connect ") {
                Some(target) => self.refuses(&Login::parse(target)).map(|why| format!("\\connect: {why}")),
                None => line.split_terminator(';').find_map(|statement| self.carry_out(statement.trim())),
            };
            if let Some(complaint) = complaint {
                self.output.stderr = format!("{complaint}\n");
                self.output.exit_code = SCRIPT_FAILED;
                break;
            }
        }
        self.output
    }

    /// A complaint, if there is one. A statement that is not known has no rows.
    fn carry_out(&mut self, statement: &str) -> Option<String> {
        let lower = statement.to_ascii_lowercase();
        if lower == "select 1" {
            self.row("1");
        } else if lower.starts_with("select count(") {
            self.row("0");
        } else if lower.starts_with("alter role ") {
            let quoted: Vec<_> = statement.split(['"', '\'']).collect();
            let [_, role, _, password, ..] = quoted[..] else { return Some("ERROR:  syntax error".to_owned()) };
            if role != self.cluster.role {
                return Some(format!("ERROR:  role \"{role}\" does not exist"));
            }
            self.cluster.password = Some(password.to_owned());
        }
        None
    }

    fn row(&mut self, value: &str) {
        let mut flags = self.command.command.iter().filter(|word| word.starts_with('-') && !word.starts_with("--"));
        let row = if flags.any(|word| word.contains('t')) {
            format!("{value}\n")
        } else {
            format!(" ?column? \n----------\n        {value}\n(1 row)\n\n")
        };
        self.output.stdout.push_str(&row);
    }
}
