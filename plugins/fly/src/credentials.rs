//! The password of a managed cluster, which Fly makes. It is in the program's hands alone: what comes here is a placeholder.

use std::time::Duration;

use serde::Deserialize;
use serde_json::json;
use systemprompt_sdk::http::{Request, Response};
use systemprompt_sdk::{Failure, Secret};

use crate::api::{BASE, Fly, Once, patiently};
use crate::cluster::{Data, USER, missing};
use crate::problem::Problem;
use crate::tenancy::PASSWORD;

/// For how long a password is asked for, or another one.
const PATIENCE: Duration = Duration::from_mins(1);
/// How many passwords Fly may make until there is one that the program can keep.
const PASSWORDS_MAX: u32 = 5;
/// Where the password stands in answers that hold it.
const AT: &str = "/data/password";
/// What the program says of a password with characters that it cannot keep.
const UNFIT: &str = "http-capture-unfit";

#[derive(Deserialize)]
struct Credentials {
    password: String,
}

/// A password as Fly has it.
enum Password {
    /// The program keeps it.
    Kept(Secret),
    /// It is another one than any that the program keeps, and cannot be kept.
    Unfit(Failure),
}

/// The password's placeholder: the same as long as it is the same password.
pub(crate) fn password(fly: &Fly, cluster: &str) -> Result<Secret, Failure> {
    match look(fly, cluster)? {
        Password::Kept(password) => Ok(password),
        Password::Unfit(failure) => Err(failure.help(format!(
            "type the same again; if cluster `{cluster}` is still there, have Fly make another password for its user \
             `{USER}` first, at https://fly.io/dashboard"
        ))),
    }
}

/// Has Fly make another password, and end the sessions of the one before. It looks before it asks: where there was no
/// answer, the password is another by then, or it is not. Once there is one that can be kept, no other is asked for.
pub(crate) fn rotate(fly: &Fly, cluster: &str, before: &Secret) -> Result<Secret, Failure> {
    let url = format!("{BASE}/v1/postgres/{cluster}/users/{USER}/rotate_password");
    let request = Request::post(url, &json!({ "kill_sessions": true })).capture(AT, PASSWORD);
    let what = format!("make another password for cluster `{cluster}`");
    let mut unfit = 0;
    let rotated = patiently(PATIENCE, || {
        if let Some(now) = other_than(before, look(fly, cluster)?) {
            return Ok(Once::Answered(now));
        }
        Ok(match ask(fly, &request, &what, cluster)? {
            Once::Answered(Password::Kept(after)) => Once::Answered(after),
            Once::Answered(Password::Unfit(failure)) => {
                unfit += 1;
                if unfit == PASSWORDS_MAX {
                    return Err(none_fits(failure, cluster));
                }
                Once::Later(failure, None)
            }
            Once::Later(failure, after) => Once::Later(failure, after),
        })
    })?;
    match rotated {
        Ok(rotated) => Ok(rotated),
        // The last request, too, may have been carried out.
        Err(failure) => other_than(before, look(fly, cluster)?).ok_or(failure),
    }
}

/// The password, if it can be kept and is another one.
fn other_than(before: &Secret, now: Password) -> Option<Secret> {
    match now {
        Password::Kept(now) => Some(now).filter(|now| now != before),
        Password::Unfit(_) => None,
    }
}

fn look(fly: &Fly, cluster: &str) -> Result<Password, Failure> {
    let url = format!("{BASE}/v1/postgres/{cluster}/users/{USER}/credentials");
    let request = Request::get(url).capture(AT, PASSWORD);
    let what = format!("say the password of cluster `{cluster}`");
    patiently(PATIENCE, || ask(fly, &request, &what, cluster))?
}

/// Sends one request whose answer holds the password. One that does not fit fits no better the next time.
fn ask(fly: &Fly, request: &Request, what: &str, cluster: &str) -> Result<Once<Password>, Failure> {
    let kept = |response: &Response| {
        let answer: Data<Credentials> = response.json()?;
        Ok(Password::Kept(Secret::recorded(&answer.data.password)))
    };
    let once = fly.ask(request, what, Problem::is_passing, |_| Err(missing(cluster)), kept)?;
    if let Once::Later(failure, _) = &once
        && failure.code() == UNFIT
    {
        return Ok(Once::Answered(Password::Unfit(failure.clone())));
    }
    Ok(once)
}

fn none_fits(failure: Failure, cluster: &str) -> Failure {
    failure.help(format!(
        "Fly made {PASSWORDS_MAX} passwords for cluster `{cluster}`, and none can be kept: the old one is refused by now. \
         Resume the operation to have it make others"
    ))
}
