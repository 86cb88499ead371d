//! `psql` for whoever works with the tenant's database: what they want is asked for once, and not again where nobody knows
//! what came of it.

use std::time::Duration;

use systemprompt_sdk::http::Request;
use systemprompt_sdk::{Failure, PsqlEnded, PsqlRun, Tenant};

use crate::Config;
use crate::api::{Fly, Once, Outcome, patiently};
use crate::app::App;
use crate::managed;
use crate::problem;
use crate::psql::{Psql, Ran};
use crate::rotation::running;

/// The operation's name in the description.
pub(crate) const PSQL: &str = "psql";

/// For how long Fly is asked to begin.
const PATIENCE: Duration = Duration::from_secs(30);
/// Seconds that one run may take: Fly answers when it has ended, and the host waits for an answer little longer.
const RUN_SECONDS: u32 = 60;
const EXCHANGE: Duration = Duration::from_secs(70);
/// What to do where nobody knows.
const LOOK: &str =
    "it may have been carried out, or may still go on: look in the database before you type the same again";

/// Runs it on the tenant's machine: over the machine's own socket, where the role is asked for no password, or where Fly
/// manages the database with the password that the program puts into what is read.
pub(crate) fn run(tenant: &Tenant<Config>, run: &PsqlRun) -> Result<PsqlEnded, Failure> {
    let (fly, app) = (Fly::connect()?, App::of(tenant)?);
    let psql = if managed::is_of(tenant) {
        managed::psql(&fly, &app, tenant)?
    } else {
        Psql::of(running(&fly, &app)?, tenant)
    };
    let options: Vec<&str> = run.options.iter().map(String::as_str).collect();
    let mut body = psql.reading(&options, &run.script);
    body["timeout"] = RUN_SECONDS.into();
    let request = Request::post(psql.exec_url(&app), &body).timeout(EXCHANGE);
    let what = format!("run `psql` on machine `{}`", psql.machine.id);
    let ran = patiently(PATIENCE, || once(&fly, &request, &what))??;
    let Some(exit_code) = ran.code() else {
        let message = format!("`psql` on machine `{}` did not come to its own end: {}", psql.machine.id, ran.end());
        return Err(unknown(Failure::ambiguous("psql-ended", message)));
    };
    Ok(PsqlEnded { exit_code, stdout: ran.stdout, stderr: ran.stderr, ext: None })
}

/// Asks for it; only what did not begin is asked for again.
fn once(fly: &Fly, request: &Request, what: &str) -> Result<Once<Ran>, Failure> {
    match fly.send(request)? {
        Outcome::Done(response) => {
            let read = response.json().map(Once::Answered);
            read.map_err(|failure| unknown(problem::unreadable(failure, what, request, &response)))
        }
        Outcome::Refused(problem) => match problem.failure(what) {
            failure @ Failure::Ambiguous(_) => Err(unknown(failure)),
            failure @ Failure::Retryable(_) => Ok(Once::Later(failure, problem.retry_after())),
            failure @ (Failure::Refused(_) | Failure::Broken(_) | Failure::Cancelled(_)) => Err(failure),
        },
        Outcome::Silent(failure @ Failure::Retryable(_)) => Ok(Once::Later(failure, None)),
        Outcome::Silent(failure) => Err(unknown(failure)),
    }
}

fn unknown(failure: Failure) -> Failure {
    failure.help(LOOK)
}
