//! `psql` on the tenant's machine, whose database is closed to others. What it is told comes by its standard input: no
//! secret stands in a command.

use std::time::Duration;

use serde::Deserialize;
use serde_json::{Value, json};
use systemprompt_sdk::http::Request;
use systemprompt_sdk::{Failure, Renewal, Secret, Tenant, progress};

use crate::api::{BASE, Fly, patiently};
use crate::app::App;
use crate::cluster::{self, Endpoint};
use crate::machine::Machine;
use crate::problem::{self, Problem};

/// How long PostgreSQL may take to make its data and to answer.
const ANSWER: Duration = Duration::from_mins(2);
/// Seconds that one run may take.
const RUN_SECONDS: u32 = 20;
/// What `psql` ends with when it cannot connect at all.
const NO_CONNECTION: i32 = 2;
/// What the server says of a password that it does not take.
const WRONG_PASSWORD: &str = "password authentication failed";

/// Takes a session out of the samples of the log and the statistics of statements, as far as the server knows of them:
/// older ones have no samples, and the statistics are those of a module that may be there.
const UNSAMPLED: &str = "select set_config(name, quiet, false) from (values ('log_transaction_sample_rate', '0'), \
    ('log_min_duration_sample', '-1'), ('pg_stat_statements.track_utility', 'off')) as wanted (name, quiet) \
    join pg_settings using (name);";

/// Takes the password from the first line of standard input and leaves the rest to `psql`: so it stands in no command and in
/// no configuration. A shell reads a line from a pipe byte by byte.
const WITH_PASSWORD: &str = r#"IFS= read -r PGPASSWORD && export PGPASSWORD && exec psql "$@""#;

/// The tenant's PostgreSQL as a machine of the tenant's reaches it.
pub(crate) struct Psql {
    pub(crate) machine: Machine,
    role: String,
    database: String,
    /// Where the server is; none: on the machine itself.
    elsewhere: Option<Elsewhere>,
}

/// A server that asks for the password.
struct Elsewhere {
    endpoint: Endpoint,
    password: Secret,
}

/// How a run ended.
#[derive(Deserialize)]
pub(crate) struct Ran {
    exit_code: Option<i32>,
    exit_signal: Option<i32>,
    #[serde(default)]
    pub(crate) stdout: String,
    #[serde(default)]
    pub(crate) stderr: String,
    /// Fly's name of the request by which it ran, to be put behind a sentence.
    #[serde(skip)]
    request: String,
}

impl Ran {
    /// What it ended with itself; none where a signal ended it, or nobody says.
    pub(crate) fn code(&self) -> Option<i32> {
        self.exit_code.filter(|_| self.exit_signal.unwrap_or_default() == 0)
    }

    /// The end in words.
    pub(crate) fn end(&self) -> String {
        match (self.code(), self.exit_signal) {
            (Some(code), _) => format!("exit code {code}"),
            (None, Some(signal)) if signal != 0 => format!("ended by signal {signal}"),
            (None, _) => "no exit code".to_owned(),
        }
    }
}

impl Psql {
    pub(crate) fn of<C>(machine: Machine, tenant: &Tenant<C>) -> Self {
        Self { machine, role: tenant.role_name(), database: tenant.database_name(), elsewhere: None }
    }

    /// The one in a cluster that Fly manages, from a machine that has `psql`.
    pub(crate) fn managed(machine: Machine, endpoint: Endpoint, password: Secret) -> Self {
        let (role, database) = (cluster::USER.to_owned(), cluster::DATABASE.to_owned());
        Self { machine, role, database, elsewhere: Some(Elsewhere { endpoint, password }) }
    }

    /// Logs in over the network, with the password that the machine's processes see.
    pub(crate) fn check_login(&self, fly: &Fly, app: &App) -> Result<(), Failure> {
        let body = match self.elsewhere {
            None => self.body(&["-h", self.host()?, "-w", "-tA", "-c", "select 1"]),
            Some(_) => self.reading(&["-w", "-tA"], "select 1;\n"),
        };
        self.run(fly, app, &body, |ran| match (ran.code(), ran.stdout.trim()) {
            (Some(0), "1") => Ok(()),
            _ if self.elsewhere.is_some() && ran.stderr.contains(WRONG_PASSWORD) => {
                Err(Ended::Never(failed("password-refused", "log in with the recorded password", ran)))
            }
            _ => Err(Ended::Later(no_login(ran))),
        })
    }

    /// Logs in over the network with this password, whatever the machine's processes see.
    pub(crate) fn check_password(&self, fly: &Fly, app: &App, password: &Secret) -> Result<(), Failure> {
        let mut body = self.body(&["-w", "-qtA"]);
        body["stdin"] = self.log_in(password)?.into();
        self.run(fly, app, &body, |ran| match (ran.code(), ran.stdout.trim()) {
            (Some(0), "1") => Ok(()),
            _ if ran.stderr.contains(WRONG_PASSWORD) => {
                Err(Ended::Never(failed("password-refused", "log in with the recorded password", ran)))
            }
            _ => Err(Ended::Later(no_login(ran))),
        })
    }

    /// Gives the role this password. On the machine itself nobody is asked for one.
    pub(crate) fn set_password(&self, fly: &Fly, app: &App, password: &Secret) -> Result<(), Failure> {
        // The server would otherwise log the statement, where somebody told it to log all of them, or keep its text.
        let statements = format!(
            "set log_statement = 'none';\nset log_min_error_statement = 'panic';\nset log_min_duration_statement = -1;\n\
             {UNSAMPLED}\nalter role \"{}\" password '{password}';\n",
            self.role
        );
        self.tell(fly, app, &statements)
    }

    /// Ends the connections of whoever logged in as the role.
    pub(crate) fn end_sessions(&self, fly: &Fly, app: &App) -> Result<(), Failure> {
        let statement = format!(
            "select count(pg_terminate_backend(pid)) from pg_stat_activity where usename = '{}' and pid <> \
             pg_backend_pid();\n",
            self.role
        );
        self.tell(fly, app, &statement)
    }

    /// Logs in over the network with the new password, and sees the old one refused.
    pub(crate) fn check_renewal(&self, fly: &Fly, app: &App, renewal: &Renewal) -> Result<(), Failure> {
        let mut body = self.body(&["-w", "-qtA"]);
        body["stdin"] = Value::from(self.log_in(&renewal.after)? + &self.log_in(&renewal.before)?);
        self.run(fly, app, &body, |ran| {
            let is_refused = ran.code() != Some(0) && ran.stderr.contains(WRONG_PASSWORD);
            match (ran.stdout.trim(), is_refused) {
                ("1", true) => Ok(()),
                ("", true) => Err(Ended::Never(failed("new-password-refused", "log in with the new password", ran))),
                ("1\n1", false) if ran.code() == Some(0) => {
                    let why = "the database takes the old password, too: it asks for none that is right";
                    let message = format!("{why}{}", ran.request);
                    Err(Ended::Never(Failure::refused("old-password-taken", message)))
                }
                _ => Err(Ended::Later(no_login(ran))),
            }
        })
    }

    /// Statements over the machine's own socket.
    fn tell(&self, fly: &Fly, app: &App, statements: &str) -> Result<(), Failure> {
        let mut body = self.body(&["-w", "-qtA", "-v", "ON_ERROR_STOP=1"]);
        body["stdin"] = statements.into();
        self.run(fly, app, &body, |ran| match ran.code() {
            Some(0) => Ok(()),
            // All that is told this way can be told again.
            Some(NO_CONNECTION) | None => Err(Ended::Later(no_login(ran))),
            _ => Err(Ended::Never(failed("statement-failed", "carry out what it was told", ran))),
        })
    }

    /// A login over the network, and a sign that it worked.
    fn log_in(&self, password: &Secret) -> Result<String, Failure> {
        let (host, role, database) = (self.host()?, &self.role, &self.database);
        Ok(format!("\\connect \"host={host} user={role} dbname={database} password={password}\"\nselect 1;\n"))
    }

    /// Where commands on its machine are asked for.
    pub(crate) fn exec_url(&self, app: &App) -> String {
        format!("{BASE}{}", app.path(&format!("/machines/{}/exec", self.machine.id)))
    }

    /// `psql` with these options, which reads this.
    pub(crate) fn reading(&self, words: &[&str], script: &str) -> Value {
        let Some(Elsewhere { endpoint, password }) = &self.elsewhere else {
            let mut body = self.body(words);
            body["stdin"] = script.into();
            return body;
        };
        let port = endpoint.port.to_string();
        let first = ["sh", "-c", WITH_PASSWORD, "psql", "-X", "-h", &endpoint.host, "-p", &port];
        let role = ["-U", &self.role, "-d", &self.database];
        let command: Vec<&str> = first.iter().chain(&role).chain(words).copied().collect();
        json!({ "command": command, "stdin": format!("{password}\n{script}"), "timeout": RUN_SECONDS })
    }

    /// `psql` with these options, as the tenant's role in its database on the machine.
    fn body(&self, words: &[&str]) -> Value {
        let mut command = vec!["psql", "-X", "-U", &self.role, "-d", &self.database];
        command.extend(words);
        json!({ "command": command, "timeout": RUN_SECONDS })
    }

    fn host(&self) -> Result<&str, Failure> {
        self.machine.private_ip.as_deref().ok_or_else(|| {
            let message = format!("machine `{}` has no address in its network", self.machine.id);
            Failure::broken("machine-addressless", message)
        })
    }

    /// Runs it until it has ended in a way that `judge` takes for an end. It may run twice.
    fn run(
        &self,
        fly: &Fly,
        app: &App,
        body: &Value,
        judge: impl Fn(&Ran) -> Result<(), Ended>,
    ) -> Result<(), Failure> {
        let id = &self.machine.id;
        let request = Request::post(self.exec_url(app), body);
        let what = format!("run `psql` on machine `{id}`");
        // Not started, or just started again: PostgreSQL's first start is two.
        let passes = |problem: &Problem| problem.is_passing() || problem.status == 412;
        let missing = |problem: &Problem| Err(problem.failure(&what));
        patiently(ANSWER, || {
            progress::waiting("PostgreSQL answers");
            fly.ask(&request, &what, passes, missing, |response| {
                let ran = Ran { request: problem::request_of(response), ..response.json()? };
                match judge(&ran) {
                    Ok(()) => Ok(Ok(())),
                    Err(Ended::Never(failure)) => Ok(Err(failure)),
                    Err(Ended::Later(failure)) => Err(failure),
                }
            })
        })??
    }
}

/// How a run ended that was no success.
enum Ended {
    /// Another may be one.
    Later(Failure),
    /// No other would be.
    Never(Failure),
}

fn no_login(ran: &Ran) -> Failure {
    let message = format!("the tenant cannot log in ({}): {}{}", ran.end(), complaint(ran), ran.request);
    Failure::retryable("server-not-ready", message)
}

fn failed(code: &str, what: &str, ran: &Ran) -> Failure {
    Failure::refused(code, format!("`psql` on the machine did not {what}: {}{}", complaint(ran), ran.request))
}

fn complaint(ran: &Ran) -> String {
    ran.stderr.trim().chars().take(300).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_end_by_a_signal_or_without_a_code_is_no_exit_code() {
        for (said, code, end) in [
            (json!({ "exit_code": 3, "exit_signal": 0 }), Some(3), "exit code 3"),
            (json!({ "exit_code": 0 }), Some(0), "exit code 0"),
            (json!({ "exit_code": 0, "exit_signal": 9 }), None, "ended by signal 9"),
            (json!({ "exit_signal": 0 }), None, "no exit code"),
            (json!({}), None, "no exit code"),
        ] {
            let ran: Ran = serde_json::from_value(said).expect("it is an answer");
            assert_eq!((ran.code(), ran.end().as_str()), (code, end));
        }
    }
}
