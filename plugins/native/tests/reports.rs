//! What the provider says about itself, a configuration and a tenant.

use serde_json::{Value, json};
use systemprompt_provider_native::{Config, Native};
use systemprompt_sdk::Provider;
use systemprompt_sdk::testing::Harness;

fn harness() -> Harness<Native> {
    Harness::new()
}

#[test]
fn the_schema_knows_the_same_fields_and_defaults_as_the_code() {
    let schema: Value = serde_json::from_str(&Native::describe().config_schema).unwrap();
    let properties = schema["properties"].as_object().unwrap();
    let defaults = properties.iter().map(|(name, property)| (name.clone(), property["default"].clone()));
    assert_eq!(Value::Object(defaults.collect()), serde_json::to_value(Config::default()).unwrap());
}

#[test]
fn it_says_what_it_is() {
    let description = Native::describe();
    assert_eq!((description.id.as_str(), description.tenant_type.as_str()), ("native", "local"));
    assert_eq!(
        description.operations,
        ["create", "delete", "edit", "rotate-credentials", "set-aside", "bring-back", "server-up", "server-down"]
    );
}

#[test]
fn every_wrong_field_is_named() {
    let errors = harness().check(&json!({ "bin_dir": "bin", "port": 0 }));
    let errors: Vec<_> = errors.iter().map(|error| format!("{}: {}", error.path, error.message)).collect();
    assert_eq!(
        errors,
        ["/bin_dir: a directory starts with `/`, and this is: bin", "/port: a port is a number from 1 to 65535",]
    );
    assert_eq!(harness().check(&json!({ "image": "postgres" }))[0].path, "/image");
    assert!(harness().check(&json!({})).is_empty());
}

#[test]
fn it_is_usable_where_postgres_is_installed() {
    let report = harness().probe().unwrap();
    assert_eq!((report.usable, report.summary.as_str()), (true, "PostgreSQL 18.1 in `/usr/lib/postgresql/18/bin`"));
    let mut harness = harness();
    harness.world().uninstall_postgres();
    let report = harness.probe().unwrap();
    assert!(!report.usable);
    assert!(report.help.unwrap().contains("dnf install postgresql-server"));
}

#[test]
fn the_servers_operations_are_planned_too() {
    let mut harness = harness();
    for operation in ["server-up", "server-down"] {
        let planned: Vec<_> = harness.plan(operation).unwrap().into_iter().map(|step| (step.name, step.undo)).collect();
        harness.shared_operation(operation).unwrap();
        assert_eq!(planned, harness.steps());
    }
    assert_eq!(harness.plan("fly").unwrap_err().code(), "unknown-operation");
    assert_eq!(harness.operation("fly").unwrap_err().code(), "unknown-operation");
}

#[test]
fn the_state_of_a_tenant_follows_its_cluster() {
    let mut harness = harness();
    assert_eq!(harness.status().unwrap().state, "missing");
    harness.create().unwrap();
    let status = harness.status().unwrap();
    assert!(status.reachable);
    let labels: Vec<_> = status.details.iter().map(|(label, _)| label.as_str()).collect();
    assert_eq!(labels, ["version", "address", "socket", "data", "log", "database", "role"]);
    harness.world().stop_cluster("shared");
    assert_eq!(harness.status().unwrap().state, "stopped");
}

#[test]
fn a_tenant_that_cannot_log_in_is_unreachable() {
    let mut harness = harness();
    harness.create().unwrap();
    harness.switch_tenant("local_2");
    let status = harness.status().unwrap();
    assert_eq!((status.reachable, status.state.as_str()), (false, "unreachable"));
}
