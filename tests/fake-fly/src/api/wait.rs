//! The long poll: answers when a machine is in a state, or has not come there in time.

use std::time::Duration;

use serde_json::{Value, json};

use crate::call::{Answer, Call, Outcome};
use crate::clock::Moment;
use crate::problem::Problem;
use crate::route::{Route, Work};
use crate::state::State as Fake;
use crate::world::machine::{Machine, State};

pub(super) const ROUTES: &[Route] =
    &[Route { method: hyper::Method::GET, path: "/v1/apps/{app}/machines/{machine}/wait", work: Work::Wait }];

/// States that can be waited for.
const STATES: [&str; 6] = ["started", "stopped", "suspended", "destroyed", "failed", "settled"];

/// Seconds.
const TIMEOUT_MAX: u64 = 60;

/// What the caller waits for.
struct Wish<'a> {
    states: Vec<&'a str>,
    version: Option<&'a str>,
    deadline: Moment,
}

/// How far it is.
enum Progress {
    Met(Value),
    /// Look again then, at the latest.
    Later(Moment),
}

pub(crate) async fn wait(fake: &Fake, call: &Call) -> Outcome {
    let wish = Wish::of(call)?;
    let mut listener = fake.clock.listen();
    let mut call = call.clone();
    if fake.world().machine(&call)?.state == State::Destroyed {
        return Err(Problem::not_found("machine"));
    }
    let _until_the_answer = fake.wait();
    loop {
        call.now = fake.clock.now();
        let progress = wish.progress(fake.world().machine(&call)?, call.now)?;
        match progress {
            Progress::Met(answer) => return Answer::ok(answer),
            Progress::Later(moment) => listener.until(moment).await,
        }
    }
}

impl<'a> Wish<'a> {
    fn of(call: &'a Call) -> Result<Self, Problem> {
        let mut states = call.list("state");
        if let Some(unknown) = states.iter().find(|state| !STATES.contains(state)) {
            return Err(Problem::invalid(format!("state: `{unknown}` cannot be waited for")));
        }
        if states.is_empty() {
            states.push("started");
        }
        let version = call.query("version").or_else(|| call.query("instance_id"));
        if states.contains(&"stopped") && version.is_none() {
            return Err(Problem::invalid("version is required to wait for stopped"));
        }
        let timeout = call.number("timeout")?.unwrap_or(TIMEOUT_MAX);
        if !(1..=TIMEOUT_MAX).contains(&timeout) {
            return Err(Problem::invalid("timeout: value must be inside range [1s, 1m0s]"));
        }
        Ok(Self { states, version, deadline: call.now + Duration::from_secs(timeout) })
    }

    fn progress(&self, machine: &Machine, now: Moment) -> Result<Progress, Problem> {
        if self.version.is_some_and(|version| version != machine.version) {
            return Err(self.unmet("replaced"));
        }
        let state = machine.state.name();
        let met = self.states.contains(&state) || self.states.contains(&"settled") && machine.state.is_settled();
        if met {
            let (version, event) = (&machine.version, machine.last_event());
            return Ok(Progress::Met(json!({ "ok": true, "state": state, "version": version, "event_id": event })));
        }
        if now >= self.deadline {
            return Err(self.unmet(state));
        }
        Ok(Progress::Later(machine.due().map_or(self.deadline, |due| due.min(self.deadline))))
    }

    fn unmet(&self, state: &str) -> Problem {
        let wanted = self.states.join(", ");
        let why = format!("machine failed to reach desired state, {wanted}, currently {state}");
        Problem::new(408, format!("deadline_exceeded: {why}"))
    }
}
