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

/// For how long another password is asked for.
const PATIENCE: Duration = Duration::from_mins(1);
/// Where the password stands in answers that hold it.
const AT: &str = "/data/password";

#[derive(Deserialize)]
struct Credentials {
    password: String,
}

/// The password's placeholder: the same as long as it is the same password.
pub(crate) fn password(fly: &Fly, cluster: &str) -> Result<Secret, Failure> {
    let url = format!("{BASE}/v1/postgres/{cluster}/users/{USER}/credentials");
    let request = Request::get(url).capture(AT, PASSWORD);
    let what = format!("say the password of cluster `{cluster}`");
    fly.repeat(&request, &what, placeholder)?.ok_or_else(|| missing(cluster))
}

/// Has Fly make another password, once, and end the sessions of the one before. It looks before it asks: where there was
/// no answer, the password is another by then, or it is not.
pub(crate) fn rotate(fly: &Fly, cluster: &str, before: &Secret) -> Result<Secret, Failure> {
    let url = format!("{BASE}/v1/postgres/{cluster}/users/{USER}/rotate_password");
    let request = Request::post(url, &json!({ "kill_sessions": true })).capture(AT, PASSWORD);
    let what = format!("make another password for cluster `{cluster}`");
    let rotated = patiently(PATIENCE, || {
        let now = password(fly, cluster)?;
        if now != *before {
            return Ok(Once::Answered(now));
        }
        fly.ask(&request, &what, Problem::is_passing, |_| Err(missing(cluster)), placeholder)
    })?;
    match rotated {
        Ok(rotated) => Ok(rotated),
        // The last request, too, may have been carried out.
        Err(failure) => Some(password(fly, cluster)?).filter(|now| now != before).ok_or(failure),
    }
}

fn placeholder(response: &Response) -> Result<Secret, Failure> {
    let answer: Data<Credentials> = response.json()?;
    Ok(Secret::recorded(&answer.data.password))
}
