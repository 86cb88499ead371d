//! What every provider promises.

use serde_json::json;
use systemprompt_provider_postgres::AnyPostgres;
use systemprompt_sdk::testing::{Harness, conformance};

fn logged_in() -> Harness<AnyPostgres> {
    let mut harness = Harness::new();
    harness.world().log_in_to_server("admin-url", "db.example.com", Some("7"));
    harness
}

/// A server on which another tenant was made before.
fn with_a_neighbour() -> Harness<AnyPostgres> {
    let mut harness = logged_in();
    harness.create().expect("a tenant made before");
    harness.switch_tenant("local_2");
    harness
}

fn created() -> Harness<AnyPostgres> {
    let mut harness = logged_in();
    harness.create().expect("a tenant");
    harness
}

/// A tenant that is there, and what it is to ask of the server from now on.
fn to_be_edited() -> Harness<AnyPostgres> {
    let mut harness = created();
    harness.set_input(&json!({ "config": { "sslmode": "require" } }));
    harness
}

fn set_aside() -> Harness<AnyPostgres> {
    let mut harness = created();
    harness.operation("set-aside").expect("a tenant can be set aside");
    harness
}

#[test]
fn a_plan_is_what_happens() {
    conformance::a_plan_is_what_happens(logged_in);
}

#[test]
fn a_failed_create_leaves_nothing() {
    conformance::a_failed_create_leaves_nothing(logged_in);
}

#[test]
fn every_step_may_run_twice() {
    conformance::every_step_may_run_twice(logged_in);
    conformance::every_step_may_run_twice(with_a_neighbour);
}

#[test]
fn a_crash_changes_nothing() {
    conformance::a_crash_changes_nothing(logged_in);
    conformance::a_crash_changes_nothing(with_a_neighbour);
}

#[test]
fn a_crash_while_undoing_leaves_nothing() {
    conformance::a_crash_while_undoing_leaves_nothing(logged_in);
}

#[test]
fn a_cancelled_create_leaves_nothing() {
    conformance::a_cancelled_create_leaves_nothing(logged_in);
}

#[test]
fn a_failed_delete_can_be_resumed() {
    conformance::a_failed_delete_can_be_resumed(logged_in);
}

#[test]
fn every_other_operation_keeps_its_promises_at_every_edge() {
    for operation in ["rotate-credentials", "set-aside"] {
        conformance::a_failed_operation_leaves_the_tenant_as_it_was(created, operation);
        conformance::a_crash_of_an_operation_changes_nothing(created, operation);
        conformance::a_stopped_operation_leaves_the_tenant_as_it_was(created, operation);
    }
    conformance::a_failed_operation_leaves_the_tenant_as_it_was(to_be_edited, "edit");
    conformance::a_crash_of_an_operation_changes_nothing(to_be_edited, "edit");
    conformance::a_stopped_operation_leaves_the_tenant_as_it_was(to_be_edited, "edit");
    conformance::a_failed_operation_leaves_the_tenant_as_it_was(set_aside, "bring-back");
    conformance::a_crash_of_an_operation_changes_nothing(set_aside, "bring-back");
}
