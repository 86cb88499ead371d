//! Other settings for a tenant that is there.

use serde_json::{Value, json};
use systemprompt_provider_native::Native;
use systemprompt_sdk::testing::{Harness, conformance};

const INSTALLED: &str = "/usr/lib/postgresql/18/bin";

fn created() -> Harness<Native> {
    let mut harness = Harness::new();
    harness.create().expect("a tenant");
    harness
}

fn edited(config: &Value) -> Harness<Native> {
    let mut harness = created();
    harness.set_input(&json!({ "config": config }));
    harness
}

#[test]
fn where_the_programs_are_can_change_and_nothing_else_does() {
    let mut harness = edited(&json!({ "bin_dir": INSTALLED }));
    let (before, plan) = (harness.everything(), harness.plan("edit").unwrap());
    let planned: Vec<_> = plan.into_iter().map(|step| (step.name, step.undo)).collect();
    harness.operation("edit").unwrap();
    assert_eq!((harness.everything(), planned), (before, harness.steps()));
}

#[test]
fn programs_that_are_not_there_are_refused() {
    let failure = edited(&json!({ "bin_dir": "/nowhere" })).operation("edit").unwrap_err();
    assert_eq!(failure.code(), "postgres-missing");
}

#[test]
fn the_port_is_the_clusters_and_stays() {
    let failure = edited(&json!({ "port": 5433 })).operation("edit").unwrap_err();
    assert_eq!(failure.code(), "config-fixed");
    assert!(failure.to_string().contains("`port` cannot change"), "{failure}");
}

#[test]
fn every_promise_holds_at_every_edge() {
    let make = || edited(&json!({ "bin_dir": INSTALLED }));
    conformance::a_failed_operation_leaves_the_tenant_as_it_was(make, "edit");
    conformance::a_crash_of_an_operation_changes_nothing(make, "edit");
    conformance::a_stopped_operation_leaves_the_tenant_as_it_was(make, "edit");
}
