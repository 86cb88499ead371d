//! A tenant's own server.

use serde_json::json;
use systemprompt_provider_docker::Docker;
use systemprompt_sdk::testing::{Fault, Harness, When};

const CONTAINER: &str = "systemprompt-local-19bff27604c3f2a";

fn harness() -> Harness<Docker> {
    Harness::new().with_config(&json!({ "dedicated": true }))
}

#[test]
fn a_tenant_gets_a_container_and_a_volume_of_its_own() {
    let mut harness = harness();
    let resources = harness.create().unwrap();
    assert_eq!(resources["server"]["name"], CONTAINER);
    assert_eq!(resources.get("shared_container_db"), None);
    assert_eq!(harness.everything(), harness.left());
    assert_eq!(
        harness.left()[..2],
        [format!("container `{CONTAINER}` of image `postgres:18`, running"), format!("volume `{CONTAINER}-data`"),]
    );
}

#[test]
fn its_administrator_is_the_tenants_own() {
    let mut harness = harness();
    harness.create().unwrap();
    let spec = harness.world().spec_of(CONTAINER).unwrap();
    assert!(spec.env.contains(&("POSTGRES_PASSWORD".to_owned(), "{{secret:dedicated-db-admin@1}}".to_owned())));
}

#[test]
fn it_stands_beside_the_shared_one_on_another_port() {
    let mut harness = harness();
    harness.shared_operation("server-up").unwrap();
    let resources = harness.create().unwrap();
    assert!(resources["database_url"].as_str().unwrap().contains("@127.0.0.1:32768/"));
}

#[test]
fn a_container_that_exits_is_removed_again() {
    let mut harness = harness();
    harness.world().crashing_image("postgres:18", "no");
    let failure = harness.create().unwrap_err();
    assert_eq!(failure.detail().help.as_deref(), Some("choose another image: `--config image=postgres:18`"));
    assert!(harness.everything().is_empty());
}

#[test]
fn deleting_removes_it_with_its_data_and_leaves_the_shared_one() {
    let mut harness = harness();
    harness.shared_operation("server-up").unwrap();
    let before = harness.everything();
    harness.create().unwrap();
    harness.delete().unwrap();
    assert_eq!(harness.everything(), before);
}

#[test]
fn deleting_one_that_is_gone_succeeds() {
    let mut harness = harness();
    harness.create().unwrap();
    harness.world().lose_container(CONTAINER);
    harness.delete().unwrap();
    assert!(harness.left().is_empty());
}

#[test]
fn an_undo_that_fails_says_what_is_left() {
    let mut harness = harness();
    harness.create_cancelled_before("create role").unwrap_err();
    assert!(harness.left().is_empty());
    harness.fail(Fault::undo("start the server", When::Before));
    harness.create_cancelled_before("create role").unwrap_err();
    assert_eq!(harness.stuck().map(|(step, _)| step), Some("start the server"));
    harness.resume().unwrap_err();
    assert!(harness.left().is_empty());
}
