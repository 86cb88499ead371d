//! Setting a tenant aside, and bringing it back.

use serde_json::json;
use systemprompt_provider_docker::Docker;
use systemprompt_sdk::aside::{BRING_BACK, SET_ASIDE};
use systemprompt_sdk::testing::{Fault, Harness, When, conformance};

/// A tenant that is there.
fn created() -> Harness<Docker> {
    let mut harness = Harness::new();
    harness.create().expect("a tenant");
    harness
}

/// One whose first role's password expires, and whose second logs in.
fn overlapping() -> Harness<Docker> {
    let mut harness = created();
    harness.rotate_credentials(Some(60_000)).expect("a rotation with an overlap");
    harness.set_input(&json!({}));
    harness
}

fn set_aside() -> Harness<Docker> {
    let mut harness = created();
    harness.operation(SET_ASIDE).expect("it is set aside");
    harness
}

fn overlapping_aside() -> Harness<Docker> {
    let mut harness = overlapping();
    harness.operation(SET_ASIDE).expect("it is set aside");
    harness
}

#[test]
fn every_promise_holds_at_every_edge() {
    for make in [created, overlapping] {
        conformance::a_failed_operation_leaves_the_tenant_as_it_was(make, SET_ASIDE);
        conformance::a_crash_of_an_operation_changes_nothing(make, SET_ASIDE);
        conformance::a_stopped_operation_leaves_the_tenant_as_it_was(make, SET_ASIDE);
    }
    for make in [set_aside, overlapping_aside] {
        conformance::a_failed_operation_leaves_the_tenant_as_it_was(make, BRING_BACK);
        conformance::a_crash_of_an_operation_changes_nothing(make, BRING_BACK);
        conformance::a_stopped_operation_leaves_the_tenant_as_it_was(make, BRING_BACK);
    }
}

#[test]
fn the_plan_is_what_happens() {
    for (make, operation) in [(created as fn() -> Harness<Docker>, SET_ASIDE), (set_aside, BRING_BACK)] {
        let mut harness = make();
        let plan = harness.plan(operation).unwrap();
        let planned: Vec<_> = plan.into_iter().map(|step| (step.name, step.undo)).collect();
        harness.operation(operation).unwrap();
        assert_eq!(planned, harness.steps());
    }
}

#[test]
fn what_is_set_aside_and_brought_back_is_as_it_was() {
    let before = created().everything();
    let mut harness = set_aside();
    let aside = harness.everything();
    assert!(aside.iter().any(|line| line.starts_with("database `tenant_19bff27604c3f2a-aside`")), "{aside:?}");
    assert!(aside.iter().any(|line| line.contains("no password")), "{aside:?}");
    harness.operation(BRING_BACK).unwrap();
    assert_eq!(harness.everything(), before);
}

#[test]
fn two_passwords_come_back_as_one() {
    let mut harness = overlapping_aside();
    let resources = harness.operation(BRING_BACK).unwrap();
    assert_eq!(resources["role"], "tenant_19bff27604c3f2a-b");
    assert_eq!(resources["previous_login"], json!(null));
    assert_eq!(harness.status().unwrap().state, "ready");
}

#[test]
fn what_is_set_aside_is_deleted_whole() {
    let mut harness = set_aside();
    harness.delete().unwrap();
    assert_eq!(harness.left(), [""; 0]);
    let mut harness = set_aside();
    harness.fail(Fault::step("drop role", When::Before));
    harness.delete().unwrap_err();
    harness.resume().unwrap();
    assert_eq!(harness.left(), [""; 0]);
}
