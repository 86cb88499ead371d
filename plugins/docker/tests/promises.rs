//! What every provider promises, for the shared server and for a tenant's own.

use serde_json::json;
use systemprompt_provider_docker::Docker;
use systemprompt_sdk::testing::{Harness, conformance};

fn shared() -> Harness<Docker> {
    Harness::new()
}

fn dedicated() -> Harness<Docker> {
    Harness::new().with_config(&json!({ "dedicated": true }))
}

/// A machine on which another tenant was made before.
fn with_a_neighbour() -> Harness<Docker> {
    let mut harness = Harness::new();
    harness.create().expect("a tenant made before");
    harness.world().stop_container("systemprompt-shared-db");
    harness.switch_tenant("local_2");
    harness
}

#[test]
fn a_plan_is_what_happens() {
    conformance::a_plan_is_what_happens(shared);
    conformance::a_plan_is_what_happens(dedicated);
}

#[test]
fn a_failed_create_leaves_nothing() {
    conformance::a_failed_create_leaves_nothing(shared);
    conformance::a_failed_create_leaves_nothing(dedicated);
}

#[test]
fn every_step_may_run_twice() {
    conformance::every_step_may_run_twice(shared);
    conformance::every_step_may_run_twice(dedicated);
    conformance::every_step_may_run_twice(with_a_neighbour);
}

#[test]
fn a_crash_changes_nothing() {
    conformance::a_crash_changes_nothing(shared);
    conformance::a_crash_changes_nothing(dedicated);
    conformance::a_crash_changes_nothing(with_a_neighbour);
}

#[test]
fn a_crash_while_undoing_leaves_nothing() {
    conformance::a_crash_while_undoing_leaves_nothing(shared);
    conformance::a_crash_while_undoing_leaves_nothing(dedicated);
}

#[test]
fn a_cancelled_create_leaves_nothing() {
    conformance::a_cancelled_create_leaves_nothing(shared);
    conformance::a_cancelled_create_leaves_nothing(dedicated);
}

#[test]
fn a_failed_delete_can_be_resumed() {
    conformance::a_failed_delete_can_be_resumed(shared);
    conformance::a_failed_delete_can_be_resumed(dedicated);
}

#[test]
fn a_rotation_of_credentials_holds_them_too() {
    let created = |mut harness: Harness<Docker>| {
        harness.create().expect("a tenant");
        harness
    };
    for make in [shared, dedicated] {
        conformance::a_failed_operation_leaves_the_tenant_as_it_was(|| created(make()), "rotate-credentials");
        conformance::a_crash_of_an_operation_changes_nothing(|| created(make()), "rotate-credentials");
        conformance::a_stopped_operation_leaves_the_tenant_as_it_was(|| created(make()), "rotate-credentials");
        let mut harness = created(make());
        harness.rotate_credentials(Some(60_000)).expect("a rotation with an overlap");
        assert_eq!(harness.status().expect("a status").state, "ready");
        harness.world().stop_container("systemprompt-shared-db");
        harness.rotate_credentials(None).expect("a rotation that wakes the server and closes the other login");
        harness.delete().expect("a deletion");
        assert_eq!(harness.left(), [""; 0]);
    }
}
