//! Another configuration for a machine: under a lease, and whole, as Fly merges nothing. The server stays the one that it is,
//! unless the change is about that.

use std::time::Duration;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use systemprompt_sdk::Failure;
use systemprompt_sdk::http::{Request, Response};

use crate::api::{BASE, Fly, Once, patiently};
use crate::app::App;
use crate::database;
use crate::image;
use crate::lease::{self, NONCE};
use crate::machine::Machine;
use crate::problem::Problem;

/// How long an update may be tried.
const PATIENCE: Duration = Duration::from_mins(1);

/// What a configuration is to become.
pub(crate) struct Change<'a> {
    /// Whether it is so already.
    pub(crate) is_done: &'a dyn Fn(&Value) -> bool,
    /// Makes it so, and leaves the rest.
    pub(crate) apply: &'a dyn Fn(&mut Value),
    /// The version of the app's secrets that the machine is to see at least.
    pub(crate) secrets: Option<u64>,
}

/// A machine with what an update replaces whole.
#[derive(Deserialize)]
struct Whole {
    instance_id: String,
    name: String,
    region: String,
    /// None where the machine's host cannot be reached: what it last said is nothing to go by.
    #[serde(default)]
    config: Option<Value>,
}

/// Carries it out, under a lease. Answers the machine as it is then.
pub(crate) fn carry_out(fly: &Fly, app: &App, id: &str, change: &Change<'_>) -> Result<Machine, Failure> {
    let lease = lease::take(fly, app, id)?;
    let updated = patiently(PATIENCE, || once(fly, app, id, &lease.nonce, change));
    lease.release(fly);
    updated?
}

/// Looks before each try, as the one before may have been carried out.
fn once(fly: &Fly, app: &App, id: &str, nonce: &str, change: &Change<'_>) -> Result<Once<Machine>, Failure> {
    let shown = show(fly, app, id)?;
    let Whole { instance_id, name, region, config } = read(&shown)?;
    let mut config = known(config, id)?;
    if (change.is_done)(&config) {
        return Ok(Once::Answered(read(&shown)?));
    }
    let is_odd = |part: &&str| !config[part].is_object() && !config[part].is_null();
    if let Some(part) = ["guest", "metadata"].into_iter().find(is_odd) {
        let message = format!("Fly shows machine `{id}` with a `{part}` that cannot be understood");
        return Err(Failure::broken("http-answer", message));
    }
    if name == database::MACHINE {
        image::pin(&mut config, &shown);
    }
    (change.apply)(&mut config);
    let mut body = json!({ "name": name, "region": region, "config": config, "current_version": instance_id });
    if let Some(version) = change.secrets {
        body["min_secrets_version"] = version.into();
    }
    let request = Request::post(format!("{BASE}{}", path(app, id)), &body).header(NONCE, nonce);
    let what = format!("update machine `{id}`");
    fly.ask(&request, &what, Problem::is_passing, |problem| Err(problem.failure(&what)), Response::json)
}

/// The configuration as Fly shows it; refused where that is not known now.
pub(crate) fn configuration(fly: &Fly, app: &App, id: &str) -> Result<Value, Failure> {
    known(Some(show(fly, app, id)?["config"].take()), id)
}

/// A configuration, where there is one: nothing is to be recorded, or made, of one that Fly does not show.
fn known(config: Option<Value>, id: &str) -> Result<Value, Failure> {
    config.filter(Value::is_object).ok_or_else(|| {
        let message = format!("the host of machine `{id}` cannot be reached, so that its configuration is not known");
        Failure::retryable("fly-busy", message).help("type the same again later")
    })
}

fn path(app: &App, id: &str) -> String {
    app.path(&format!("/machines/{id}"))
}

fn show(fly: &Fly, app: &App, id: &str) -> Result<Value, Failure> {
    fly.look_up(&path(app, id), &format!("show machine `{id}`"))?.ok_or_else(|| lease::missing(id))
}

fn read<T: DeserializeOwned>(shown: &Value) -> Result<T, Failure> {
    serde_json::from_value(shown.clone()).map_err(|error| {
        Failure::broken("http-answer", format!("Fly shows a machine that cannot be understood: {error}"))
    })
}
