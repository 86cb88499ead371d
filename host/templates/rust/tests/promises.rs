//! What every provider promises, and what this one does. `Harness` is a host in memory: no server is started.

use my_provider::MyProvider;
use serde_json::json;
use systemprompt_sdk::testing::{Fault, Harness, When, conformance};

fn here() -> Harness<MyProvider> {
    Harness::new()
}

#[test]
fn a_plan_is_what_happens() {
    conformance::a_plan_is_what_happens(here);
}

#[test]
fn a_create_that_fails_anywhere_leaves_nothing() {
    conformance::a_failed_create_leaves_nothing(here);
    conformance::a_cancelled_create_leaves_nothing(here);
}

#[test]
fn a_delete_that_failed_anywhere_can_be_finished() {
    conformance::a_failed_delete_can_be_resumed(here);
}

#[test]
fn every_step_may_run_twice() {
    conformance::every_step_may_run_twice(here);
}

#[test]
fn a_crash_anywhere_changes_nothing() {
    conformance::a_crash_changes_nothing(here);
    conformance::a_crash_while_undoing_leaves_nothing(here);
}

#[test]
fn a_tenant_that_was_created_is_ready() {
    let mut harness = here();
    let resources = harness.create().expect("a tenant");
    let url = resources["database_url"].as_str().expect("a URL");
    assert!(url.starts_with("postgres://tenant_") && url.contains("{{secret:db-password@1}}"), "{url}");
    assert!(harness.status().expect("a status").reachable);
}

#[test]
fn a_server_that_stopped_is_said_to_be_stopped() {
    let mut harness = here();
    harness.create().expect("a tenant");
    harness.world().stop_cluster("my-provider");
    assert_eq!(harness.status().expect("a status").state, "stopped");
}

#[test]
fn the_server_is_stopped_and_started_for_all_tenants() {
    let mut harness = here();
    harness.create().expect("a tenant");
    harness.shared_operation("server-down").expect("the server stops");
    assert_eq!(harness.status().expect("a status").state, "stopped");
    harness.shared_operation("server-up").expect("the server starts");
    assert!(harness.status().expect("a status").reachable);
}

#[test]
fn without_postgresql_it_says_what_to_install() {
    let mut harness = here();
    harness.world().uninstall_postgres();
    let report = harness.probe().expect("a report");
    assert_eq!((report.usable, report.help.as_deref()), (false, Some("install PostgreSQL")));
}

#[test]
fn a_bad_setting_is_named() {
    let mut harness = here();
    assert_eq!(harness.check(&json!({ "port": 80 }))[0].path, "/port");
    assert_eq!(harness.check(&json!({ "prt": 5433 }))[0].path, "/prt");
}

#[test]
fn a_role_that_cannot_be_made_is_reported_and_nothing_is_left() {
    let mut harness = here();
    harness.fail(Fault::function("postgres.ensure-role", When::Before));
    assert_eq!(harness.create().expect_err("a failure").code(), "injected");
    assert!(harness.left().is_empty());
}
