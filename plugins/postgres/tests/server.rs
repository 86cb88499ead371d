//! The server: what its administrator may do, which one a tenant is on, and what the tenant's URL says of it.

#[path = "server/home.rs"]
mod home;
#[path = "server/leftovers.rs"]
mod leftovers;

use serde_json::{Value, json};
use systemprompt_provider_postgres::{AnyPostgres, Config};
use systemprompt_sdk::testing::{Fault, Harness, When};
use systemprompt_sdk::{Failure, Provider};

const NAME: &str = "tenant_19bff27604c3f2a";

fn logged_in() -> Harness<AnyPostgres> {
    let mut harness = Harness::new();
    harness.world().log_in_to_server("admin-url", "db.example.com", Some("7"));
    harness
}

fn url(resources: &Value) -> &str {
    resources["database_url"].as_str().expect("there is a URL")
}

#[track_caller]
fn assert_says(failure: &Failure, code: &str, parts: &[&str]) {
    assert_eq!(failure.code(), code, "{failure}");
    let said = format!("{failure}; {}", failure.detail().help.as_deref().expect("it says what to do"));
    assert!(parts.iter().all(|part| said.contains(part)), "{said}");
}

#[test]
fn a_tenant_gets_a_role_and_a_database_on_it() {
    let mut harness = logged_in();
    let resources = harness.create().unwrap();
    let address = format!("postgres://{NAME}:{{{{secret:db-password@1}}}}@db.example.com:5432/{NAME}");
    let expected = json!({
        "database_url": format!("{address}?sslmode=verify-full"),
        "server": { "kind": "account", "name": "admin-url", "address": "db.example.com:5432", "identity": "7" },
        "role": NAME,
        "database": NAME,
        "external_db_access": true,
    });
    assert_eq!(resources, expected);
    assert_eq!(harness.left().len(), 2);
    assert_eq!(harness.status().unwrap().state, "ready");
}

#[test]
fn a_url_says_how_the_server_proves_itself() {
    let mut harness = logged_in().with_config(&json!({ "sslmode": "require" }));
    assert!(url(&harness.create().unwrap()).ends_with("?sslmode=require"));
    let mut harness = logged_in();
    harness.world().trust_certificates_of("/data/my ca.pem");
    assert!(url(&harness.create().unwrap()).ends_with("?sslmode=verify-full&sslrootcert=/data/my%20ca.pem"));
    assert_eq!(harness.check(&json!({ "sslmode": "allow" }))[0].path, "/sslmode");
}

#[test]
fn an_edit_changes_what_the_url_asks_and_takes_in_what_a_later_login_named() {
    let mut harness = logged_in();
    harness.create().unwrap();
    harness.rotate_credentials(Some(60_000)).unwrap();
    harness.world().trust_certificates_of("/data/ca.pem");
    harness.set_input(&json!({ "config": { "sslmode": "verify-ca" } }));
    let edited = harness.operation("edit").unwrap();
    let address = format!("postgres://{NAME}-b:{{{{secret:db-password@2}}}}@db.example.com:5432/{NAME}");
    assert_eq!(url(&edited), format!("{address}?sslmode=verify-ca&sslrootcert=/data/ca.pem"));
    harness.set_input(&json!({ "config": {} }));
    assert!(url(&harness.operation("edit").unwrap()).ends_with("?sslmode=verify-full&sslrootcert=/data/ca.pem"));
    assert_eq!(harness.status().unwrap().state, "ready");
}

#[test]
fn a_server_that_takes_no_verifiers_is_told_from_others() {
    let mut harness = logged_in();
    let refusal = Failure::broken("postgres-error", "the server only supports being given plaintext passwords");
    harness.fail(Fault::function("postgres.ensure-role", When::Before).with(refusal));
    let failure = harness.create().unwrap_err();
    assert_says(&failure, "postgres-error", &["--config clear_passwords=true"]);
}

#[test]
fn without_a_login_nothing_is_done() {
    let failure = Harness::<AnyPostgres>::new().create().unwrap_err();
    assert_eq!(failure.code(), "account-missing");
}

#[test]
fn an_administrator_that_lacks_a_right_is_told_which_and_what_gives_it() {
    for (right, doing) in [("CREATEROLE", "make roles"), ("CREATEDB", "make databases")] {
        let mut harness = logged_in();
        harness.world().take_right(right);
        let sql = format!("`ALTER ROLE \"admin\" {right}`");
        assert_says(&harness.shared_status().unwrap_err(), "account-forbidden", &["db.example.com:5432", doing, &sql]);
        assert_says(&harness.create().unwrap_err(), "account-forbidden", &[doing, &sql]);
        assert_eq!(harness.left(), [""; 0]);
    }
}

#[test]
fn the_schema_knows_the_same_fields_and_defaults_as_the_code() {
    let schema: Value = serde_json::from_str(&AnyPostgres::describe().config_schema).unwrap();
    let properties = schema["properties"].as_object().unwrap();
    let defaults = properties.iter().map(|(name, property)| (name.clone(), property["default"].clone()));
    assert_eq!(Value::Object(defaults.collect()), serde_json::to_value(Config::default()).unwrap());
    for mode in schema["properties"]["sslmode"]["enum"].as_array().unwrap() {
        let config: Config = serde_json::from_value(json!({ "sslmode": mode })).unwrap();
        assert_eq!(serde_json::to_value(config).unwrap()["sslmode"], *mode);
    }
}

#[test]
fn what_is_planned_happens_and_what_is_unknown_is_refused() {
    let mut harness = logged_in();
    harness.create().unwrap();
    harness.set_input(&json!({ "config": {} }));
    let edit = harness.plan("edit").unwrap();
    harness.operation("edit").unwrap();
    assert_eq!(harness.steps(), [(edit[0].name.clone(), edit[0].undo)]);
    harness.set_input(&json!({}));
    for operation in ["rotate-credentials", "set-aside", "bring-back"] {
        let plan = harness.plan(operation).unwrap();
        let find = plan.iter().find(|step| step.name == "find the server").unwrap();
        assert_eq!(find.summary, "logs in as the administrator");
        let planned: Vec<_> = plan.into_iter().map(|step| (step.name, step.undo)).collect();
        harness.operation(operation).unwrap();
        assert_eq!(planned, harness.steps());
    }
    assert_eq!(harness.plan("fly").unwrap_err().code(), "unknown-operation");
    assert_eq!(harness.operation("fly").unwrap_err().code(), "unknown-operation");
}
