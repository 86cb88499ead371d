//! The cluster that all tenants share.

use serde_json::{Value, json};
use systemprompt_provider_native::Native;
use systemprompt_sdk::Failure;
use systemprompt_sdk::testing::{Crash, Fault, Harness, When};

/// Journal call at which the third step, the wait, is finished.
const END_OF_WAIT: usize = 5;

fn harness() -> Harness<Native> {
    Harness::new()
}

/// How it is recorded with a tenant.
fn server() -> Value {
    let data_dir = "/home/user/.local/share/systemprompt/clusters/shared/data";
    json!({ "kind": "cluster", "name": "shared", "data_dir": data_dir, "identity": "cluster-0-1" })
}

#[test]
fn a_tenant_gets_a_role_and_a_database_in_it() {
    let mut harness = harness();
    let name = "tenant_19bff27604c3f2a";
    let expected = json!({
        "database_url": format!("postgres://{name}:{{{{secret:db-password@1}}}}@127.0.0.1:5432/{name}"),
        "server": server(),
        "role": name,
        "database": name,
    });
    assert_eq!(harness.create().unwrap(), expected);
    assert_eq!(
        harness.everything(),
        [
            "cluster `shared`, running".to_owned(),
            format!("role `{name}` in `cluster:shared`, password {{{{secret:db-password@1}}}}"),
            format!("database `{name}` in `cluster:shared`, owned by `{name}`"),
        ]
    );
}

#[test]
fn another_port_is_taken_when_the_preferred_one_is_in_use() {
    let mut harness = harness().with_config(&json!({ "port": 6543 }));
    harness.world().take_port(6543);
    let resources = harness.create().unwrap();
    assert!(resources["database_url"].as_str().unwrap().contains("@127.0.0.1:32768/"));
}

#[test]
fn without_postgres_nothing_is_made_and_the_help_says_what_to_install() {
    let mut harness = harness();
    harness.world().uninstall_postgres();
    let failure = harness.create().unwrap_err();
    assert_eq!(failure.code(), "postgres-missing");
    let help = failure.detail().help.as_deref().unwrap();
    assert!(help.contains("apt install postgresql") && help.contains("brew install postgresql"));
    assert!(harness.everything().is_empty());
}

#[test]
fn the_given_directory_is_looked_at() {
    let mut harness = harness().with_config(&json!({ "bin_dir": "/opt/postgresql/bin" }));
    assert_eq!(harness.create().unwrap_err().code(), "postgres-missing");
    let mut harness = harness.with_config(&json!({ "bin_dir": "/usr/lib/postgresql/18/bin" }));
    harness.create().unwrap();
}

#[test]
fn a_failure_to_start_is_passed_on_with_its_help() {
    let mut harness = harness();
    let failure = Failure::refused("initdb-failed", "no space left").help("free some space");
    harness.fail(Fault::function("server.ensure", When::Before).with(failure.clone()));
    assert_eq!(harness.create().unwrap_err(), failure);
}

#[test]
fn a_machine_that_restarts_half_way_changes_nothing() {
    let mut undisturbed = harness();
    undisturbed.create().unwrap();
    let mut harness = harness();
    harness.crash(Crash { edge: END_OF_WAIT, when: When::After });
    harness.create().unwrap_err();
    harness.world().stop_cluster("shared");
    harness.resume().unwrap();
    assert_eq!(harness.everything(), undisturbed.everything());
}

#[test]
fn an_undo_that_fails_leaves_what_it_depends_on() {
    let mut harness = harness();
    harness.create_cancelled_before("log in as the tenant").unwrap_err();
    assert!(harness.left().is_empty());
    harness.fail(Fault::undo("create database", When::Before));
    harness.create_cancelled_before("log in as the tenant").unwrap_err();
    assert_eq!(harness.stuck().map(|(step, _)| step), Some("create database"));
    assert_eq!(harness.left().len(), 2);
    harness.resume().unwrap_err();
    assert!(harness.left().is_empty());
}

#[test]
fn deleting_a_tenant_leaves_its_neighbour() {
    let mut harness = harness();
    harness.create().unwrap();
    harness.switch_tenant("local_2");
    harness.create().unwrap();
    harness.delete().unwrap();
    assert_eq!(harness.left().len(), 2);
    assert!(harness.left().iter().all(|line| line.contains("tenant_19bff27604c3f2a")));
}

#[test]
fn deleting_starts_a_stopped_cluster() {
    let mut harness = harness();
    harness.create().unwrap();
    harness.world().stop_cluster("shared");
    harness.delete().unwrap();
    assert!(harness.left().is_empty());
}

#[test]
fn it_goes_up_and_down_by_itself() {
    let mut harness = harness();
    let up = harness.shared_operation("server-up").unwrap();
    assert_eq!(up, json!({ "server": server(), "host": "127.0.0.1", "port": 5432, "version": "18.1" }));
    assert_eq!(harness.shared_status().unwrap().state, "ready");
    harness.shared_operation("server-down").unwrap();
    assert_eq!(harness.shared_status().unwrap().state, "stopped");
}
