//! What every provider promises.

use systemprompt_provider_native::Native;
use systemprompt_sdk::testing::{Harness, conformance};

fn alone() -> Harness<Native> {
    Harness::new()
}

/// A machine on which another tenant was made before.
fn with_a_neighbour() -> Harness<Native> {
    let mut harness = Harness::new();
    harness.create().expect("a tenant made before");
    harness.world().stop_cluster("shared");
    harness.switch_tenant("local_2");
    harness
}

#[test]
fn a_plan_is_what_happens() {
    conformance::a_plan_is_what_happens(alone);
}

#[test]
fn a_failed_create_leaves_nothing() {
    conformance::a_failed_create_leaves_nothing(alone);
}

#[test]
fn every_step_may_run_twice() {
    conformance::every_step_may_run_twice(alone);
    conformance::every_step_may_run_twice(with_a_neighbour);
}

#[test]
fn a_crash_changes_nothing() {
    conformance::a_crash_changes_nothing(alone);
    conformance::a_crash_changes_nothing(with_a_neighbour);
}

#[test]
fn a_crash_while_undoing_leaves_nothing() {
    conformance::a_crash_while_undoing_leaves_nothing(alone);
}

#[test]
fn a_cancelled_create_leaves_nothing() {
    conformance::a_cancelled_create_leaves_nothing(alone);
}

#[test]
fn a_failed_delete_can_be_resumed() {
    conformance::a_failed_delete_can_be_resumed(alone);
}
