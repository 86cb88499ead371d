//! The promises of every provider, tried on a component: which there are for each operation that it declares, and how each
//! came out. The promises themselves are the SDK's, which tries them on an author's code as well.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use serde_json::Value;
use systemprompt_sdk::testing::promise::{self, Kept};
use systemprompt_sdk::testing::{Component, Harness};

use super::scene::Scene;
use super::tape::NOT_RECORDED;
use crate::plugin::backtrace::Whereabouts;
use crate::report::Reporter;

/// What is tried with a plugin as a whole.
const CONTRACT: &str = "contract";

/// How a promise came out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It was kept wherever it was tried.
    Kept,
    /// It was broken, at this place.
    Broken(String),
    /// It was not tried, for this reason.
    NotTried(String),
}

/// A promise, and how it came out.
#[derive(Debug, Clone)]
pub struct Tried {
    /// An operation, or `contract`.
    pub about: String,
    /// The promise, in words.
    pub promise: &'static str,
    /// How it came out.
    pub outcome: Outcome,
    /// Where the plugin was when it was stopped, if that broke it.
    pub trace: Whereabouts,
    /// How long that took.
    pub elapsed: Duration,
}

/// Tries promises one by one, and says so while it does.
struct Trial<'a> {
    scene: &'a Scene,
    reporter: &'a Reporter,
    tried: Vec<Tried>,
}

impl Trial<'_> {
    fn hold(&mut self, about: &str, promise: &'static str, kept: impl FnOnce() -> Kept) {
        self.reporter.step_began(&format!("{about}: {promise}"));
        let began = Instant::now();
        let outcome = match kept() {
            Ok(()) => Outcome::Kept,
            Err(broken) => {
                Outcome::Broken(crate::text::one_line(&broken.to_string(), 4 * crate::text::MESSAGE_CHARS_MAX))
            }
        };
        let outcome = match (self.scene.missed(), outcome) {
            (Some(missed), _) => Outcome::NotTried(missed),
            (None, Outcome::Broken(place)) if place.contains(NOT_RECORDED) => Outcome::NotTried(place),
            (None, outcome) => outcome,
        };
        self.reporter.step_ended(outcome == Outcome::Kept);
        let trace = if outcome == Outcome::Kept { Whereabouts::default() } else { self.scene.backtrace() };
        self.tried.push(Tried { about: about.to_owned(), promise, outcome, trace, elapsed: began.elapsed() });
    }

    fn leave_out(&mut self, about: &str, promise: &'static str, reason: &str) {
        let outcome = Outcome::NotTried(reason.to_owned());
        let (trace, elapsed) = (Whereabouts::default(), Duration::ZERO);
        self.tried.push(Tried { about: about.to_owned(), promise, outcome, trace, elapsed });
    }
}

/// Tries all promises there are about these operations.
pub fn try_all(
    scene: &Scene,
    operations: &[String],
    inputs: &BTreeMap<String, Value>,
    reporter: &Reporter,
) -> Vec<Tried> {
    let mut trial = Trial { scene, reporter, tried: Vec::new() };
    contract(&mut trial, scene);
    creation(&mut trial, scene);
    if let Err(failure) = scene.fresh().create() {
        let reason = format!("it needs a tenant, and `create` fails: {failure}");
        for operation in operations.iter().filter(|operation| *operation != "create") {
            trial.leave_out(operation, ANY, &reason);
        }
        return trial.tried;
    }
    deletion(&mut trial, scene);
    for operation in operations.iter().filter(|operation| !["create", "delete"].contains(&operation.as_str())) {
        other(&mut trial, scene, operation, inputs);
    }
    trial.tried
}

const PSQL: &str = "psql";

/// Stands for all promises about an operation.
const ANY: &str = "keeps what every operation promises";
const PLAN: &str = "takes the steps of its plan, which changes nothing";
const FAILED: &str = "leaves nothing when any call of it fails";
const UNCHANGED: &str = "changes nothing when any call of it fails";
const CANCELLED: &str = "leaves nothing when it is cancelled before any step";
const TWICE: &str = "ends the same when every step runs twice";
const CRASH: &str = "ends the same after a crash at any edge of the journal";
const UNDOING: &str = "leaves nothing after a crash while it is undone";
const STOPPED: &str = "changes nothing when it is cancelled, unless it has to be finished";
const UNDONE: &str = "changes nothing after a crash while it is undone";
const SAME: &str = "changes nothing when it is asked for what is there already";
const FINISHED: &str = "can be finished after any call of it failed, and leaves nothing";

fn contract(trial: &mut Trial<'_>, scene: &Scene) {
    let fresh = || scene.fresh();
    let config = scene.config();
    trial.hold(CONTRACT, "says who it is, the same each time", || promise::it_describes_itself(fresh));
    trial.hold(CONTRACT, "judges configurations", || {
        promise::a_configuration_is_judged_and_not_stumbled_over(fresh, config)
    });
    trial.hold(CONTRACT, "ignores what a later version adds", || promise::what_is_new_is_ignored(fresh));
    trial.hold(CONTRACT, "changes nothing by looking", || promise::what_looks_changes_nothing(fresh, config));
    trial.hold(CONTRACT, "says in readable words what is wrong", || promise::messages_can_be_read(fresh));
    trial.hold(CONTRACT, "has passwords made, and shows none", || promise::passwords_are_secrets_of_the_program(fresh));
    trial.hold(CONTRACT, "asks for nothing beyond its description", || {
        promise::it_asks_for_nothing_beyond_its_description(fresh)
    });
}

fn creation(trial: &mut Trial<'_>, scene: &Scene) {
    const CREATE: &str = "create";
    let fresh = || scene.fresh();
    trial.hold(CREATE, PLAN, || promise::a_plan_is_what_happens(fresh, CREATE));
    trial.hold(CREATE, FAILED, || promise::a_failed_create_leaves_nothing(fresh));
    trial.hold(CREATE, CANCELLED, || promise::a_cancelled_create_leaves_nothing(fresh));
    trial.hold(CREATE, TWICE, || promise::every_step_may_run_twice(fresh, CREATE));
    trial.hold(CREATE, CRASH, || promise::a_crash_changes_nothing(fresh, CREATE));
    trial.hold(CREATE, UNDOING, || promise::a_crash_while_undoing_leaves_nothing(fresh));
}

fn deletion(trial: &mut Trial<'_>, scene: &Scene) {
    const DELETE: &str = "delete";
    let with_tenant = || scene.with_tenant();
    trial.hold(DELETE, PLAN, || promise::a_plan_is_what_happens(with_tenant, DELETE));
    trial.hold(DELETE, FINISHED, || promise::a_failed_delete_can_be_finished(with_tenant));
    trial.hold(DELETE, STOPPED, || promise::a_cancelled_operation_changes_nothing(with_tenant, DELETE));
    trial.hold(DELETE, TWICE, || promise::every_step_may_run_twice(with_tenant, DELETE));
    trial.hold(DELETE, CRASH, || promise::a_crash_changes_nothing(with_tenant, DELETE));
}

/// `psql` is none that takes steps: what it runs is the user's.
fn statements(trial: &mut Trial<'_>, scene: &Scene) {
    trial.hold(PSQL, "takes no step, and changes nothing but what it is to run", || {
        promise::statements_change_nothing_else(|| scene.with_tenant())
    });
}

fn other(trial: &mut Trial<'_>, scene: &Scene, operation: &str, inputs: &BTreeMap<String, Value>) {
    if operation == PSQL {
        statements(trial, scene);
        return;
    }
    if scene.ready_for(operation, inputs).is_none() {
        let reason = format!("its input is not known here; say it: `--input '{operation}={{…}}'`");
        trial.leave_out(operation, ANY, &reason);
        return;
    }
    let ready = || -> Harness<Component> {
        scene.ready_for(operation, inputs).expect("BUG: an operation that was ready a moment ago is not")
    };
    trial.hold(operation, PLAN, || promise::a_plan_is_what_happens(ready, operation));
    // What tenants share has no undo: it is there for the next one.
    if !["server-up", "server-down"].contains(&operation) {
        trial.hold(operation, UNCHANGED, || promise::a_failed_operation_changes_nothing(ready, operation));
        trial.hold(operation, STOPPED, || promise::a_cancelled_operation_changes_nothing(ready, operation));
        trial.hold(operation, UNDONE, || promise::a_crash_while_undoing_an_operation_changes_nothing(ready, operation));
    }
    if operation == "edit" {
        trial.hold(operation, SAME, || promise::an_edit_to_what_is_there_changes_nothing(|| scene.edited_to_itself()));
    }
    trial.hold(operation, TWICE, || promise::every_step_may_run_twice(ready, operation));
    trial.hold(operation, CRASH, || promise::a_crash_changes_nothing(ready, operation));
}
