//! The same promises for a tenant with an application beside its database.

use std::cell::RefCell;
use std::rc::Rc;

use serde_json::{Value, json};
use systemprompt_provider_fly::FlyProvider;
use systemprompt_sdk::Failure;
use systemprompt_sdk::http::{Request, Response};
use systemprompt_sdk::rotation::ROTATE_CREDENTIALS;
use systemprompt_sdk::testing::{Harness, Service, conformance};

use crate::at_fly;
use crate::small_fly::{ENDS, SmallFly, VANISHES};

const EDIT: &str = "edit";

fn settings(image: &str) -> Value {
    json!({ "app_image": image, "app_port": 3_000 })
}

fn at_fly_with_application() -> Harness<FlyProvider> {
    at_fly().with_config(&settings("shop:1"))
}

fn with_a_tenant() -> Harness<FlyProvider> {
    let mut harness = at_fly_with_application();
    harness.create().expect("an undisturbed `create`");
    harness.rotate_credentials(None).expect("an undisturbed rotation");
    harness
}

fn about_to(operation: &str) -> Harness<FlyProvider> {
    let mut harness = with_a_tenant();
    let input = if operation == EDIT { json!({ "config": settings("shop:2") }) } else { json!({}) };
    harness.set_input(&input);
    harness
}

#[test]
fn a_creation_is_as_it_was_planned_and_leaves_nothing_when_it_fails_or_is_cancelled() {
    conformance::a_plan_is_what_happens(at_fly_with_application);
    conformance::a_failed_create_leaves_nothing(at_fly_with_application);
    conformance::a_cancelled_create_leaves_nothing(at_fly_with_application);
}

#[test]
fn a_crash_or_a_step_that_runs_twice_changes_nothing() {
    conformance::every_step_may_run_twice(at_fly_with_application);
    conformance::a_crash_changes_nothing(at_fly_with_application);
    for operation in [ROTATE_CREDENTIALS, EDIT, "cancel"] {
        conformance::a_crash_of_an_operation_changes_nothing(|| about_to(operation), operation);
    }
}

#[test]
fn what_fails_leaves_the_application_with_the_password_and_the_image_that_it_had() {
    for operation in [ROTATE_CREDENTIALS, EDIT] {
        conformance::a_failed_operation_leaves_the_tenant_as_it_was(|| about_to(operation), operation);
    }
}

#[test]
fn plans_of_what_is_done_with_it_are_what_happens() {
    for operation in [ROTATE_CREDENTIALS, EDIT] {
        let mut harness = about_to(operation);
        let plan = harness.plan(operation).expect("a plan");
        harness.operation(operation).expect("an undisturbed run");
        let planned: Vec<_> = plan.into_iter().map(|step| (step.name, step.undo)).collect();
        assert_eq!(planned, harness.steps());
        assert!(!planned.is_empty());
    }
}

#[test]
fn the_application_is_told_of_the_database_by_a_secret_that_follows_the_password() {
    let mut harness = at_fly_with_application();
    let seen = |harness: &Harness<FlyProvider>| {
        harness.everything().into_iter().find(|line| line.starts_with("\"app\"")).expect("there is an application")
    };
    let resources = harness.create().expect("an undisturbed `create`");
    assert!(seen(&harness).contains(".vm.sp-ca19bff27604.internal:5432/"), "{}", seen(&harness));
    let before = seen(&harness);
    assert!(before.contains(resources["internal_database_url"].as_str().expect("a URL")), "{before}");
    let resources = harness.rotate_credentials(None).expect("an undisturbed rotation");
    assert_ne!(seen(&harness), before);
    assert!(seen(&harness).contains(resources["internal_database_url"].as_str().expect("a URL")));
}

#[test]
fn an_edit_of_what_says_how_the_database_is_made_is_refused_before_anything_is_asked() {
    for (now, wanted) in [
        (settings("shop:1"), json!({ "app_image": "shop:1", "app_port": 3_000, "memory_mb": 2_048 })),
        (settings("shop:1"), json!({})),
        (json!({}), settings("shop:1")),
        (json!({}), json!({ "app_port": 3_000 })),
        (json!({}), json!({ "volume_gb": 20 })),
    ] {
        let mut harness = at_fly().with_config(&now);
        harness.create().expect("an undisturbed `create`");
        let before = harness.everything();
        harness.set_input(&json!({ "config": wanted }));
        assert_eq!(harness.operation(EDIT).unwrap_err().code(), "config-fixed", "{wanted}");
        assert_eq!(harness.plan(EDIT).unwrap_err().code(), "config-fixed", "{wanted}");
        assert_eq!(harness.everything(), before);
    }
}

#[test]
fn an_application_that_ends_at_once_is_said_to_and_the_one_before_runs_again() {
    let mut harness = with_a_tenant();
    let before = harness.everything();
    harness.set_input(&json!({ "config": settings(ENDS) }));
    let failure = harness.operation(EDIT).unwrap_err();
    assert_eq!(failure.code(), "machine-failed", "{failure}");
    assert!(failure.detail().help.as_ref().is_some_and(|help| help.contains("fly logs --app sp-")), "{failure:?}");
    assert_eq!(harness.everything(), before);
}

#[test]
fn an_application_that_fly_destroys_as_it_cannot_launch_it_is_made_again_as_it_was() {
    let mut harness = with_a_tenant();
    let before = applications(&harness);
    harness.set_input(&json!({ "config": settings(VANISHES) }));
    let failure = harness.operation(EDIT).unwrap_err();
    assert_eq!(failure.code(), "machine-failed", "{failure}");
    assert_eq!((harness.stuck(), applications(&harness)), (None, before));
}

#[test]
fn an_application_that_somebody_destroyed_is_made_again_by_an_edit_and_never_twice() {
    for image in ["shop:1", "shop:2"] {
        let mut harness = destroyed(image);
        let plan = harness.plan(EDIT).expect("a plan");
        let resources = harness.operation(EDIT).expect("an undisturbed run");
        let planned: Vec<_> = plan.into_iter().map(|step| (step.name, step.undo)).collect();
        assert_eq!(planned, harness.steps());
        let [line] = &applications(&harness)[..] else { panic!("{:?}", harness.everything()) };
        assert!(line.starts_with(&format!("\"app\" with \"{image}\"")), "{line}");
        assert_eq!(resources["app_machine"], "m3");
        let before = harness.everything();
        harness.set_resources(&resources);
        harness.set_input(&json!({ "config": settings("shop:1") }));
        if image == "shop:1" {
            harness.operation(EDIT).expect("there is nothing to do");
            assert_eq!((harness.steps().len(), harness.everything()), (1, before));
        }
    }
}

#[test]
fn what_fails_or_crashes_while_an_application_is_made_again_leaves_none_or_one() {
    for image in ["shop:1", "shop:2"] {
        conformance::a_crash_of_an_operation_changes_nothing(|| destroyed(image), EDIT);
        conformance::a_failed_operation_leaves_the_tenant_as_it_was(|| destroyed(image), EDIT);
    }
    let mut harness = destroyed(ENDS);
    assert_eq!(harness.operation(EDIT).unwrap_err().code(), "machine-failed");
    assert_eq!(applications(&harness), [""; 0], "what does not start is taken back");
}

/// The machines of applications.
fn applications(harness: &Harness<FlyProvider>) -> Vec<String> {
    harness.everything().into_iter().filter(|line| line.starts_with("\"app\"")).collect()
}

/// With a tenant whose application's machine somebody destroyed, about to be edited to this image.
fn destroyed(image: &str) -> Harness<FlyProvider> {
    let fly = Rc::new(RefCell::new(SmallFly::default()));
    let mut harness: Harness<FlyProvider> = Harness::new().with_config(&settings("shop:1"));
    harness.world().log_in("api-token");
    harness.world().serve("https://api.machines.dev", Lent(Rc::clone(&fly)));
    let resources = harness.create().expect("an undisturbed `create`");
    let machine = resources["app_machine"].as_str().expect("it is recorded");
    let app = resources["app_id"].as_str().expect("it is recorded");
    let request = Request::delete(format!("https://api.machines.dev/v1/apps/{app}/machines/{machine}"));
    assert_eq!(fly.borrow_mut().answer(&request).expect("it answers").status, 200);
    assert_eq!(applications(&harness), [""; 0]);
    harness.set_input(&json!({ "config": settings(image) }));
    harness
}

/// The small one, to which somebody else talks, too.
struct Lent(Rc<RefCell<SmallFly>>);

impl Service for Lent {
    fn answer(&mut self, request: &Request) -> Result<Response, Failure> {
        self.0.borrow_mut().answer(request)
    }

    fn kept(&self) -> Vec<String> {
        self.0.borrow().kept()
    }
}

#[test]
fn a_configuration_that_cannot_be_written_into_is_a_failure_and_no_panic() {
    for (part, odd) in [("guest", json!("performance-1x")), ("metadata", json!([1]))] {
        let edit = (EDIT, json!({ "config": settings("shop:2") }));
        let (change, input) = if part == "guest" { edit } else { (ROTATE_CREDENTIALS, json!({})) };
        let mut harness: Harness<FlyProvider> = Harness::new().with_config(&settings("shop:1"));
        harness.world().log_in("api-token");
        harness.world().serve("https://api.machines.dev", OddFly { inner: SmallFly::default(), part, odd });
        harness.create().expect("an undisturbed `create`");
        harness.set_input(&input);
        let failure = harness.operation(change).unwrap_err();
        assert_eq!(failure.code(), "http-answer", "{change}: {failure}");
    }
}

/// The small one, which shows each machine with something odd in its configuration.
struct OddFly {
    inner: SmallFly,
    part: &'static str,
    odd: Value,
}

impl Service for OddFly {
    fn answer(&mut self, request: &Request) -> Result<Response, Failure> {
        let mut response = self.inner.answer(request)?;
        let is_one = request.method == "GET" && request.url.contains("/machines/") && !request.url.contains("/wait");
        if is_one && let Ok(mut shown) = serde_json::from_str::<Value>(&response.body) {
            shown["config"][self.part] = self.odd.clone();
            response.body = shown.to_string();
        }
        Ok(response)
    }

    fn kept(&self) -> Vec<String> {
        self.inner.kept()
    }
}
