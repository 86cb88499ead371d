//! Another password for a tenant, at once or with an overlap.

use serde_json::json;
use systemprompt_provider_native::Native;
use systemprompt_sdk::testing::{Fault, Harness, When, conformance};

const ROLE: &str = "tenant_19bff27604c3f2a";
const SECOND: &str = "tenant_19bff27604c3f2a-b";
/// A minute.
const OVERLAP_MS: u64 = 60_000;

/// A tenant that is there.
fn created() -> Harness<Native> {
    let mut harness = Harness::new();
    harness.create().expect("a tenant");
    harness
}

/// The same, to be rotated with an overlap.
fn created_to_overlap() -> Harness<Native> {
    let mut harness = created();
    harness.set_input(&json!({ "overlap_ms": OVERLAP_MS }));
    harness
}

/// A tenant whose first role's password expires, and whose second logs in.
fn overlapping() -> Harness<Native> {
    let mut harness = created();
    harness.rotate_credentials(Some(OVERLAP_MS)).expect("a rotation with an overlap");
    harness.set_input(&json!({}));
    harness
}

fn roles(harness: &Harness<Native>) -> Vec<String> {
    harness.everything().into_iter().filter(|line| line.starts_with("role ")).collect()
}

#[test]
fn every_promise_holds_at_every_edge() {
    for make in [created, created_to_overlap, overlapping] {
        conformance::a_failed_operation_leaves_the_tenant_as_it_was(make, "rotate-credentials");
        conformance::a_crash_of_an_operation_changes_nothing(make, "rotate-credentials");
        conformance::a_stopped_operation_leaves_the_tenant_as_it_was(make, "rotate-credentials");
    }
}

#[test]
fn the_plan_is_what_happens() {
    for make in [created, created_to_overlap, overlapping] {
        let mut harness = make();
        let plan = harness.plan("rotate-credentials").unwrap();
        let planned: Vec<_> = plan.into_iter().map(|step| (step.name, step.undo)).collect();
        harness.operation("rotate-credentials").unwrap();
        assert_eq!(planned, harness.steps());
    }
}

#[test]
fn the_role_gets_the_next_version_and_the_url_names_it() {
    let mut harness = created();
    let resources = harness.rotate_credentials(None).unwrap();
    let url = format!("postgres://{ROLE}:{{{{secret:db-password@2}}}}@127.0.0.1:5432/{ROLE}");
    assert_eq!(resources["database_url"], url);
    assert_eq!(roles(&harness), [format!("role `{ROLE}` in `cluster:shared`, password {{{{secret:db-password@2}}}}")]);
    assert!(harness.calls().contains(&"postgres.end-sessions".to_owned()));
    assert_eq!(harness.status().unwrap().state, "ready");
    let resources = harness.rotate_credentials(None).unwrap();
    assert!(resources["database_url"].as_str().unwrap().contains("db-password@3"));
}

#[test]
fn what_was_undone_is_not_used_and_its_number_not_given_again() {
    let mut harness = created();
    harness.fail(Fault::step("log in with the new password", When::Before));
    harness.rotate_credentials(None).unwrap_err();
    assert_eq!(harness.status().unwrap().state, "ready");
    let resources = harness.rotate_credentials(None).unwrap();
    assert!(resources["database_url"].as_str().unwrap().contains("db-password@3"));
    assert_eq!(harness.status().unwrap().state, "ready");
}

#[test]
fn with_an_overlap_a_second_role_logs_in_and_the_first_expires() {
    let mut harness = created();
    let until = harness.world().now_ms + OVERLAP_MS;
    let resources = harness.rotate_credentials(Some(OVERLAP_MS)).unwrap();
    let url = format!("postgres://{SECOND}:{{{{secret:db-password@2}}}}@127.0.0.1:5432/{ROLE}");
    assert_eq!((&resources["database_url"], &resources["role"]), (&json!(url), &json!(SECOND)));
    let first = format!("role `{ROLE}` in `cluster:shared`, password {{{{secret:db-password@1}}}} until {until}");
    let second =
        format!("role `{SECOND}` in `cluster:shared`, password {{{{secret:db-password@2}}}}, acting as `{ROLE}`");
    assert_eq!(roles(&harness), [first, second]);
    assert_eq!(harness.status().unwrap().state, "ready");
}

#[test]
fn a_third_password_waits_until_the_first_is_gone() {
    let mut harness = overlapping();
    let failure = harness.rotate_credentials(Some(OVERLAP_MS)).unwrap_err();
    assert_eq!(failure.code(), "overlap-open");
    assert!(failure.to_string().contains("for 60 s"), "{failure}");
    harness.world().now_ms += OVERLAP_MS;
    let resources = harness.rotate_credentials(Some(OVERLAP_MS)).unwrap();
    assert_eq!(resources["role"], ROLE);
    let last = format!("role `{ROLE}` in `cluster:shared`, password {{{{secret:db-password@4}}}}");
    let overlaps = roles(&harness);
    assert!(overlaps.contains(&last) && overlaps.len() == 2, "{overlaps:?}");
}

#[test]
fn without_an_overlap_every_other_login_is_closed() {
    let mut harness = overlapping();
    let resources = harness.rotate_credentials(None).unwrap();
    assert_eq!((&resources["role"], resources.get("previous_login")), (&json!(SECOND), None));
    let first = format!("role `{ROLE}` in `cluster:shared`, no password until {}", 1_769_940_000_000 + OVERLAP_MS);
    assert_eq!(roles(&harness)[0], first);
    assert_eq!(harness.status().unwrap().state, "ready");
}

#[test]
fn deleting_takes_both_roles_along() {
    let mut harness = overlapping();
    harness.delete().unwrap();
    assert_eq!(harness.left(), [""; 0]);
}

#[test]
fn a_server_that_sleeps_is_woken() {
    let mut harness = created();
    harness.world().stop_cluster("shared");
    harness.rotate_credentials(None).unwrap();
    assert_eq!(harness.status().unwrap().state, "ready");
}

#[test]
fn a_tenant_whose_cluster_is_gone_is_not_rotated_and_nothing_is_stuck() {
    let mut harness = created();
    harness.world().lose_cluster("shared");
    harness.rotate_credentials(None).unwrap_err();
    assert!(harness.stuck().is_none());
}
