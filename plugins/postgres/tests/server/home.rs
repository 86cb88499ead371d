//! The server that a tenant is on: told from others, also from one in its place, and followed where it moved.

use serde_json::json;
use systemprompt_provider_postgres::AnyPostgres;
use systemprompt_sdk::testing::Harness;

use super::{NAME, assert_says};

const OPERATIONS: [&str; 3] = ["delete", "rotate-credentials", "set-aside"];

/// A tenant on the server at `db.example.com`.
fn created(identity: Option<&str>) -> Harness<AnyPostgres> {
    let mut harness = Harness::new();
    harness.world().log_in_to_server("admin-url", "db.example.com", identity);
    harness.create().expect("a tenant");
    harness
}

#[test]
fn on_another_server_nothing_is_done_to_a_tenant() {
    let mut harness = created(Some("7"));
    harness.world().log_in_to_server("admin-url", "other.example.com", Some("8"));
    for operation in OPERATIONS {
        let failure = harness.operation(operation).unwrap_err();
        assert_says(&failure, "server-changed", &["db.example.com:5432", "other.example.com:5432", "cloud auth login"]);
    }
    harness.set_input(&json!({ "config": {} }));
    let failure = harness.operation("edit").unwrap_err();
    assert_says(&failure, "role-missing", &["other.example.com:5432", NAME]);
    assert_eq!(harness.status().unwrap().state, "elsewhere");
    assert_eq!(harness.left().len(), 2);
}

#[test]
fn another_server_at_the_same_address_is_not_the_tenants() {
    let mut harness = created(Some("7"));
    harness.world().log_in_to_server("admin-url", "db.example.com", Some("8"));
    for operation in OPERATIONS {
        let failure = harness.operation(operation).unwrap_err();
        assert_says(&failure, "server-changed", &["another server at that address", "cloud auth login"]);
    }
    assert_eq!(harness.status().unwrap().state, "elsewhere");
    assert_eq!(harness.left().len(), 2);
}

#[test]
fn a_server_that_was_upgraded_in_its_place_is_still_the_tenants() {
    let mut harness = created(Some("7"));
    harness.world().upgrade_server("9");
    assert_eq!(harness.status().unwrap().state, "ready");
    harness.rotate_credentials(None).unwrap();
    harness.delete().unwrap();
    assert_eq!(harness.left(), [""; 0]);
}

#[test]
fn a_deletion_that_finds_no_role_of_the_tenant_has_not_found_its_server() {
    let mut harness = created(None);
    let before = harness.left();
    // Of which nothing is there: an older copy, say, which tells as little of itself.
    harness.switch_tenant("local_2");
    harness.set_resources(&json!({ "server": { "address": "db.example.com:5432", "identity": null } }));
    let sql = "COMMENT ON ROLE \"tenant_2\" IS 'tag of local_2'";
    assert_says(&harness.delete().unwrap_err(), "role-missing", &["db.example.com:5432", "`tenant_2`", sql]);
    assert_eq!(harness.left(), before);
}

#[test]
fn a_tenant_is_left_alone_at_another_address_until_an_edit_takes_it_along() {
    let mut harness = created(Some("7"));
    harness.world().log_in_to_server("admin-url", "moved.example.com", Some("7"));
    for operation in OPERATIONS {
        let failure = harness.operation(operation).unwrap_err();
        assert_says(&failure, "server-changed", &["cloud tenant edit local_19bff27604c3f2a --config sslmode="]);
    }
    harness.set_input(&json!({ "config": {} }));
    let edited = harness.operation("edit").unwrap();
    let login = format!("postgres://{NAME}:{{{{secret:db-password@1}}}}");
    assert_eq!(edited["database_url"], format!("{login}@moved.example.com:5432/{NAME}?sslmode=verify-full"));
    let server =
        json!({ "kind": "account", "name": "admin-url", "address": "moved.example.com:5432", "identity": "7" });
    assert_eq!(edited["server"], server);
    harness.set_input(&json!({}));
    assert_eq!(harness.status().unwrap().state, "ready");
    harness.delete().unwrap();
    assert_eq!(harness.left(), [""; 0]);
}

#[test]
fn a_tenant_that_is_set_aside_comes_back_where_its_server_has_moved_and_is_not_deleted_there() {
    let mut harness = created(Some("7"));
    harness.operation("set-aside").unwrap();
    harness.world().log_in_to_server("admin-url", "moved.example.com", Some("7"));
    let failure = harness.delete().unwrap_err();
    assert_says(&failure, "server-changed", &["cloud tenant restore local_19bff27604c3f2a", "--forget"]);
    assert_eq!(harness.left().len(), 2);
    let back = harness.operation("bring-back").unwrap();
    assert_eq!(back["server"]["address"], "moved.example.com:5432");
    assert!(back["database_url"].as_str().unwrap().contains("@moved.example.com:5432/"), "{back}");
    assert_eq!(harness.status().unwrap().state, "ready");
    harness.delete().unwrap();
    assert_eq!(harness.left(), [""; 0]);
}

#[test]
fn a_tenant_that_is_set_aside_is_told_from_what_only_looks_like_its_server() {
    for (host, identity) in [("other.example.com", Some("8")), ("silent.example.com", None)] {
        let mut harness = created(Some("7"));
        harness.operation("set-aside").unwrap();
        harness.world().log_in_to_server("admin-url", host, identity);
        for operation in ["bring-back", "delete"] {
            let failure = harness.operation(operation).unwrap_err();
            let forget = "`systemprompt cloud tenant purge local_19bff27604c3f2a --forget`";
            assert_says(&failure, "server-changed", &["db.example.com:5432", host, forget]);
        }
        assert_eq!(harness.left().len(), 2);
    }
}

#[test]
fn a_tenant_that_comes_back_where_it_was_is_as_it_was() {
    let mut harness = Harness::<AnyPostgres>::new();
    harness.world().log_in_to_server("admin-url", "db.example.com", Some("7"));
    let before = harness.create().unwrap();
    harness.operation("set-aside").unwrap();
    assert_eq!(harness.operation("bring-back").unwrap(), before);
}

#[test]
fn a_record_that_names_no_server_leads_to_none() {
    let mut harness = created(Some("7"));
    let url = json!(format!("postgres://{NAME}:x@db.example.com:5432/{NAME}"));
    for server in [json!(null), json!({ "kind": "account", "name": "admin-url" })] {
        harness.set_resources(&json!({ "database_url": url, "server": server }));
        for operation in ["delete", "rotate-credentials", "set-aside", "bring-back"] {
            assert_says(&harness.operation(operation).unwrap_err(), "server-unknown", &["nothing was done"]);
        }
        harness.set_input(&json!({ "config": {} }));
        assert_says(&harness.operation("edit").unwrap_err(), "server-unknown", &["nothing was done"]);
        harness.set_input(&json!({}));
        assert_eq!(harness.left().len(), 2);
    }
}

#[test]
fn an_administrator_that_could_not_go_through_with_a_deletion_does_not_begin_it() {
    let mut harness = created(Some("7"));
    harness.world().take_right("CREATEROLE");
    let failure = harness.delete().unwrap_err();
    assert_says(&failure, "account-forbidden", &[NAME, "ALTER ROLE \"admin\" CREATEROLE"]);
    assert_eq!(harness.left().len(), 2);
}
