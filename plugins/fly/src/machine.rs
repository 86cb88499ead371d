//! Machines of an app: found by their names, of which an app has no two, made, and waited for.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use systemprompt_sdk::http::Request;
use systemprompt_sdk::{Failure, progress};

use crate::api::{BASE, Fly, MAKING, Once, Outcome, patiently};
use crate::app::App;
use crate::image::ImageRef;
use crate::lease;
use crate::problem::{self, Problem};
use crate::retry::Retry;

/// Seconds of one poll: the most that Fly waits on a client's behalf.
const POLL_SECONDS: u32 = 50;
/// How long a machine may take: pulling the image, and Fly placing it.
const START: Duration = Duration::from_mins(5);
/// How long a machine may be on its way from one state to another, in which it cannot be started.
const CHANGE: Duration = Duration::from_mins(1);
/// How long a machine that was made may not be seen yet.
const UNSEEN: Duration = Duration::from_secs(30);

/// States of one that goes, or has gone: also where it could not be launched.
pub(crate) const GOING: [&str; 3] = ["launch_failed", "destroying", "destroyed"];

/// A machine of the app.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Machine {
    pub(crate) id: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    pub(crate) state: String,
    #[serde(default)]
    instance_id: String,
    #[serde(default)]
    pub(crate) private_ip: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) image_ref: Option<ImageRef>,
}

/// All machines of the app.
pub(crate) fn all(fly: &Fly, app: &App) -> Result<Vec<Machine>, Failure> {
    let what = format!("list the machines of app `{}`", app.name);
    Ok(fly.look_up(&app.path("/machines"), &what)?.unwrap_or_default())
}

/// The one of this name, if there is one.
pub(crate) fn find(fly: &Fly, app: &App, name: &str) -> Result<Option<Machine>, Failure> {
    let wanted = |machine: &Machine| machine.name == name && !GOING.contains(&&*machine.state);
    Ok(all(fly, app)?.into_iter().find(wanted))
}

/// The one of this name, made as `body` has it if there is none.
pub(crate) fn ensure(fly: &Fly, app: &App, name: &str, body: &Value) -> Result<Machine, Failure> {
    let path = app.path("/machines");
    let what = format!("create machine `{name}` of app `{}`", app.name);
    let request = Request::post(format!("{BASE}{path}"), body).timeout(MAKING);
    fly.ensure(&request, &what, || find(fly, app, name))
}

/// Destroys the machine, if it is there, whether it runs or not.
pub(crate) fn destroy(fly: &Fly, app: &App, id: &str) -> Result<(), Failure> {
    let request = Request::delete(format!("{BASE}{}?force=true", app.path(&format!("/machines/{id}"))));
    fly.repeat(&request, &format!("destroy machine `{id}`"), |_| Ok(())).map(drop)
}

/// Starts the machine unless it runs, and waits until it does.
pub(crate) fn start(fly: &Fly, app: &App, machine: &Machine) -> Result<(), Failure> {
    let id = &machine.id;
    let what = format!("start machine `{id}`");
    let request = Request::post(format!("{BASE}{}", app.path(&format!("/machines/{id}/start"))), &json!({}));
    let passes = |problem: &Problem| problem.is_passing() || problem.is_precondition();
    patiently(CHANGE, || {
        let found = show(fly, app, id)?.ok_or_else(|| lease::missing(id))?;
        if ["starting", "started"].contains(&&*found.state) {
            return Ok(Once::Answered(()));
        }
        fly.ask(&request, &what, passes, |_| Err(lease::missing(id)), |_| Ok(()))
    })??;
    wait_started(fly, app, machine)
}

/// Waits until the machine runs.
pub(crate) fn wait_started(fly: &Fly, app: &App, machine: &Machine) -> Result<(), Failure> {
    let (id, mut version) = (&machine.id, machine.instance_id.clone());
    let what = format!("start machine `{id}`");
    let (mut retry, mut unseen) = (Retry::within(START), Retry::within(UNSEEN));
    loop {
        progress::waiting("Fly starts the machine");
        let (failure, after) = match fly.send(&poll(app, id, &version))? {
            Outcome::Done(response) => match response.json::<Waited>() {
                Ok(waited) if ["failed", "destroyed"].contains(&&*waited.state) => {
                    return Err(did_not_start(id, &problem::request_of(&response)));
                }
                Ok(_) => return Ok(()),
                Err(failure) => (problem::unreadable(failure, &what, &poll(app, id, &version), &response), None),
            },
            // Just made and not seen everywhere yet, or gone as it could not be started.
            Outcome::Refused(problem) if problem.is_missing() => {
                if has_ended(fly, app, id)? || !unseen.pause(None) {
                    return Err(did_not_start(id, &problem.request()));
                }
                continue;
            }
            Outcome::Refused(problem) if problem.is_timeout() => {
                match show(fly, app, id)? {
                    // Its process ended, after which nothing begins it again.
                    Some(found) if found.state == "stopped" => return Err(stopped(app, id, &problem.request())),
                    // Somebody gave it another version, and the one before never comes to any state.
                    Some(found) if !found.instance_id.is_empty() => version = found.instance_id,
                    Some(_) | None => {}
                }
                (problem.failure(&what), problem.retry_after())
            }
            Outcome::Refused(problem) if problem.is_passing() => (problem.failure(&what), problem.retry_after()),
            Outcome::Refused(problem) => return Err(problem.failure(&what)),
            Outcome::Silent(failure) => (failure, None),
        };
        if !retry.pause(after) {
            return Err(failure);
        }
    }
}

/// A look that Fly answers when this version of the machine runs, or never will.
fn poll(app: &App, id: &str, version: &str) -> Request {
    // One that cannot be launched goes by itself.
    let states = "state=started&state=failed&state=destroyed";
    let path = app.path(&format!("/machines/{id}/wait?{states}&instance_id={version}&timeout={POLL_SECONDS}"));
    Request::get(format!("{BASE}{path}")).timeout(Duration::from_secs(u64::from(POLL_SECONDS) + 10))
}

/// Whether a machine was there, and is not any more.
fn has_ended(fly: &Fly, app: &App, machine: &str) -> Result<bool, Failure> {
    let found = show(fly, app, machine)?;
    Ok(found.is_some_and(|machine| GOING.contains(&&*machine.state)))
}

fn show(fly: &Fly, app: &App, machine: &str) -> Result<Option<Machine>, Failure> {
    fly.look_up(&app.path(&format!("/machines/{machine}")), &format!("show machine `{machine}`"))
}

#[derive(Deserialize)]
struct Waited {
    #[serde(default)]
    state: String,
}

fn stopped(app: &App, machine: &str, request: &str) -> Failure {
    Failure::refused("machine-failed", format!("machine `{machine}` stopped again, as its process ended{request}"))
        .help(format!("`fly logs --app {}` says why", app.name))
}

fn did_not_start(machine: &str, request: &str) -> Failure {
    Failure::refused("machine-failed", format!("machine `{machine}` did not start{request}"))
        .help("is the image right? Its logs are at https://fly.io/dashboard")
}
