//! What the provider says about itself, a configuration and a tenant.

use serde_json::{Value, json};
use systemprompt_provider_docker::{Config, Docker};
use systemprompt_sdk::testing::Harness;
use systemprompt_sdk::{Provider, UndoKind};

fn harness() -> Harness<Docker> {
    Harness::new()
}

#[test]
fn the_schema_knows_the_same_fields_and_defaults_as_the_code() {
    let schema: Value = serde_json::from_str(&Docker::describe().config_schema).unwrap();
    let properties = schema["properties"].as_object().unwrap();
    let defaults = properties.iter().map(|(name, property)| (name.clone(), property["default"].clone()));
    assert_eq!(Value::Object(defaults.collect()), serde_json::to_value(Config::default()).unwrap());
}

#[test]
fn it_says_what_it_is() {
    let description = Docker::describe();
    assert_eq!((description.id.as_str(), description.tenant_type.as_str()), ("docker", "local"));
    assert_eq!(
        description.operations,
        ["create", "delete", "edit", "rotate-credentials", "set-aside", "bring-back", "server-up", "server-down"]
    );
}

#[test]
fn every_wrong_field_is_named() {
    let errors = harness().check(&json!({ "image": "", "port": 0 }));
    let paths: Vec<_> = errors.iter().map(|error| error.path.as_str()).collect();
    assert_eq!(paths, ["/image", "/port"]);
    let errors = harness().check(&json!({ "port": "a", "imgae": 1 }));
    let messages: Vec<_> = errors.iter().map(|error| error.message.as_str()).collect();
    assert_eq!(
        messages,
        [
            "unknown field `imgae`, expected one of `image`, `dedicated`, `port`",
            "invalid type: string \"a\", expected u16",
        ]
    );
    assert!(harness().check(&json!({})).is_empty());
}

#[test]
fn it_is_usable_where_the_engine_answers() {
    let report = harness().probe().unwrap();
    assert_eq!((report.usable, report.summary.as_str()), (true, "Docker 28.0.1 at `unix:///var/run/docker.sock`"));
    let mut harness = harness();
    harness.world().stop_docker();
    let report = harness.probe().unwrap();
    assert_eq!((report.usable, report.summary.as_str()), (false, "the Docker engine does not answer"));
    assert_eq!(report.help.as_deref(), Some("start Docker, or install it: https://docs.docker.com/get-docker/"));
}

#[test]
fn a_plan_says_what_can_be_taken_back() {
    let undo: Vec<_> = harness().plan("create").unwrap().into_iter().map(|step| step.undo).collect();
    let (none, undoable) = (UndoKind::None, UndoKind::Undoable);
    assert_eq!(undo, [none, none, none, undoable, undoable, none]);
    assert_eq!(harness().plan("fly").unwrap_err().to_string(), "this provider has no operation `fly`");
}

#[test]
fn the_servers_operations_are_planned_too() {
    let mut harness = harness();
    for operation in ["server-up", "server-down"] {
        let planned: Vec<_> = harness.plan(operation).unwrap().into_iter().map(|step| (step.name, step.undo)).collect();
        harness.shared_operation(operation).unwrap();
        assert_eq!(planned, harness.steps());
    }
}

#[test]
fn an_unknown_operation_is_refused() {
    assert_eq!(harness().operation("fly").unwrap_err().code(), "unknown-operation");
}

#[test]
fn the_state_of_a_tenant_follows_its_server() {
    let mut harness = harness();
    assert_eq!(harness.status().unwrap().state, "missing");
    harness.create().unwrap();
    let status = harness.status().unwrap();
    assert!(status.reachable);
    let details: Vec<_> = status.details.iter().map(|(label, value)| format!("{label}: {value}")).collect();
    assert_eq!(
        details,
        [
            "container: systemprompt-shared-db",
            "image: postgres:18",
            "address: 127.0.0.1:5432",
            "volume: systemprompt-shared-db-data",
            "database: tenant_19bff27604c3f2a",
            "role: tenant_19bff27604c3f2a",
        ]
    );
    harness.world().stop_container("systemprompt-shared-db");
    assert_eq!(harness.status().unwrap().state, "stopped");
    harness.world().stop_docker();
    assert_eq!(harness.status().unwrap().state, "unknown");
}

#[test]
fn a_tenant_that_cannot_log_in_is_unreachable() {
    let mut harness = harness();
    harness.create().unwrap();
    harness.switch_tenant("local_2");
    harness.create().unwrap();
    harness.delete().unwrap();
    let status = harness.status().unwrap();
    assert_eq!((status.reachable, status.state.as_str()), (false, "unreachable"));
    assert_eq!(status.details[0].1, "role `tenant_2` cannot log in to database `tenant_2`");
}
