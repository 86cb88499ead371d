//! A Fly that does not answer in time: each request of each operation once, and from each request on for good. Time is the
//! test's own, so that nobody waits. To a provider a body that comes too slowly is the same: no answer, and it may be done.

use std::cell::RefCell;
use std::rc::Rc;

use serde_json::{Value, json};
use systemprompt_provider_fly::FlyProvider;
use systemprompt_sdk::http::{Request, Response};
use systemprompt_sdk::rotation::ROTATE_CREDENTIALS;
use systemprompt_sdk::testing::{Harness, Service};
use systemprompt_sdk::{Failure, UndoKind};

use crate::ACCESS;
use crate::small_fly::SmallFly;

/// An operation may take as long as its longest step, which is waiting for a machine or for an app to go, several times.
const OPERATION_MAX_MS: u64 = 20 * 60_000;

/// Which requests are not answered.
#[derive(Clone, Copy, Debug, Default)]
struct Silence {
    /// The first of them, counted from one.
    from: usize,
    /// How many.
    count: usize,
    /// Whether what they ask for is done all the same.
    is_done: bool,
}

/// What the test knows of the Fly that it has lent out.
#[derive(Default)]
struct Told {
    requests: usize,
    silence: Silence,
}

/// The small one, which falls silent.
struct SilentFly {
    inner: SmallFly,
    told: Rc<RefCell<Told>>,
}

impl Service for SilentFly {
    fn answer(&mut self, request: &Request) -> Result<Response, Failure> {
        let mut told = self.told.borrow_mut();
        told.requests += 1;
        let Silence { from, count, is_done } = told.silence;
        if !(from..from.saturating_add(count)).contains(&told.requests) {
            return self.inner.answer(request);
        }
        if is_done {
            self.inner.answer(request)?;
        }
        Err(Failure::ambiguous("http-timeout", "Fly did not answer"))
    }

    fn kept(&self) -> Vec<String> {
        self.inner.kept()
    }
}

/// An operation on a tenant, or making one.
#[derive(Clone, Copy)]
struct Trial {
    operation: &'static str,
    input: fn() -> Value,
    /// Whether the database is open before.
    is_open: bool,
    /// Image of an application beside it.
    application: Option<&'static str>,
    /// Whether Fly manages the database.
    is_managed: bool,
}

const NONE: Trial = Trial { operation: "", input: || json!({}), is_open: false, application: None, is_managed: false };

const TRIALS: [Trial; 14] = [
    Trial { operation: "create", is_managed: true, ..NONE },
    Trial { operation: "create", is_managed: true, application: Some("shop:1"), ..NONE },
    Trial { operation: ROTATE_CREDENTIALS, is_managed: true, ..NONE },
    Trial { operation: ROTATE_CREDENTIALS, is_managed: true, application: Some("shop:1"), ..NONE },
    Trial { operation: "cancel", is_managed: true, ..NONE },
    Trial { operation: "create", ..NONE },
    Trial { operation: ROTATE_CREDENTIALS, ..NONE },
    Trial { operation: ACCESS, input: || json!({ "open": true }), ..NONE },
    Trial { operation: ACCESS, input: || json!({ "open": false }), is_open: true, ..NONE },
    Trial { operation: "cancel", ..NONE },
    Trial { operation: "delete", is_open: true, ..NONE },
    Trial { operation: "create", application: Some("shop:1"), ..NONE },
    Trial { operation: ROTATE_CREDENTIALS, application: Some("shop:1"), ..NONE },
    Trial {
        operation: "edit",
        input: || json!({ "config": { "app_image": "shop:2" } }),
        application: Some("shop:1"),
        ..NONE
    },
];

impl Trial {
    /// The world before.
    fn world(self) -> (Harness<FlyProvider>, Rc<RefCell<Told>>) {
        let told = Rc::new(RefCell::new(Told::default()));
        let mut config = self.application.map_or_else(|| json!({}), |image| json!({ "app_image": image }));
        if self.is_managed {
            config["database"] = "managed".into();
        }
        let mut harness = Harness::new().with_config(&config);
        harness.world().log_in("api-token");
        let fly = SilentFly { inner: SmallFly::default(), told: Rc::clone(&told) };
        harness.world().serve("https://api.machines.dev", fly);
        if self.operation != "create" {
            harness.create().expect("an undisturbed `create`");
            harness.rotate_credentials(None).expect("an undisturbed rotation");
        }
        if self.is_open {
            harness.set_input(&json!({ "open": true }));
            let resources = harness.operation(ACCESS).expect("an undisturbed opening");
            harness.set_resources(&resources);
        }
        harness.set_input(&(self.input)());
        told.borrow_mut().requests = 0;
        (harness, told)
    }

    fn run(self, harness: &mut Harness<FlyProvider>) -> Result<Value, Failure> {
        match self.operation {
            "create" => harness.create(),
            "delete" => harness.delete(),
            other => harness.operation(other),
        }
    }

    /// The world before and after an undisturbed run, and the requests of that.
    fn undisturbed(self) -> (Vec<String>, Vec<String>, usize) {
        let (mut harness, told) = self.world();
        let before = harness.everything();
        self.run(&mut harness).unwrap_or_else(|failure| panic!("an undisturbed `{}`: {failure}", self.operation));
        let requests = told.borrow().requests;
        (before, harness.everything(), requests)
    }
}

/// How it ended.
#[derive(Debug, PartialEq)]
enum End {
    Done,
    Undone,
    /// Something could not be undone, or not then: as the user is told, it was gone on with.
    Resumed,
}

/// One run with this silence; once Fly answers again, what is unfinished is gone on with.
fn end(trial: Trial, silence: Silence, before: &[String], after: &[String]) -> End {
    let (mut harness, told) = trial.world();
    told.borrow_mut().silence = silence;
    let begun = harness.world().now_ms;
    let outcome = trial.run(&mut harness);
    let about = format!("`{}`, {silence:?}: {outcome:?}", trial.operation);
    let took = harness.world().now_ms - begun;
    assert!(took < OPERATION_MAX_MS, "it took {took} ms: {about}");
    told.borrow_mut().silence = Silence::default();
    let has_begun_for_good = harness.steps().iter().any(|(_, undo)| *undo == UndoKind::Irreversible);
    let (end, expected) = match &outcome {
        Ok(_) => (End::Done, after),
        Err(_) if harness.stuck().is_some() || has_begun_for_good => {
            let is_undoing = !has_begun_for_good;
            let resumed = harness.resume();
            assert!(harness.stuck().is_none() && (resumed.is_ok() || is_undoing), "{resumed:?} after {about}");
            (End::Resumed, if is_undoing { before } else { after })
        }
        Err(_) => (End::Undone, before),
    };
    assert_eq!(harness.everything(), expected, "{about} ({end:?})");
    end
}

#[test]
fn whichever_request_is_not_answered_in_time_it_is_done_or_undone_or_gone_on_with() {
    for trial in TRIALS {
        let (before, after, requests) = trial.undisturbed();
        let mut ends = Vec::new();
        for from in 1..=requests {
            for (count, is_done) in [(1, false), (1, true), (usize::MAX, false), (usize::MAX, true)] {
                ends.push(end(trial, Silence { from, count, is_done }, &before, &after));
            }
        }
        let count = |wanted: &End| ends.iter().filter(|end| *end == wanted).count();
        let [done, undone, resumed] = [End::Done, End::Undone, End::Resumed].map(|end| count(&end));
        println!(
            "`{}` without an answer, {} times: {done} done, {undone} undone, {resumed} resumed",
            trial.operation,
            ends.len()
        );
        assert!(done >= requests, "one answer that does not come is asked for again");
    }
}
