//! The server that all tenants share.

use serde_json::{Value, json};
use systemprompt_provider_docker::Docker;
use systemprompt_sdk::testing::{Crash, Fault, Harness, When};

const CONTAINER: &str = "systemprompt-shared-db";
/// Journal call at which the third step, the wait, is finished.
const END_OF_WAIT: usize = 5;
/// Journal call at which the first step, the search for the image, is finished.
const END_OF_FIND: usize = 1;

fn harness() -> Harness<Docker> {
    Harness::new()
}

/// How it is recorded with a tenant.
fn server() -> Value {
    json!({
        "kind": "container",
        "name": CONTAINER,
        "volume": "systemprompt-shared-db-data",
        "engine": { "id": "engine-0", "endpoint": "unix:///var/run/docker.sock" },
        "image": "postgres:18",
    })
}

#[test]
fn a_tenant_gets_a_role_and_a_database_in_it() {
    let mut harness = harness();
    let resources = harness.create().unwrap();
    let name = "tenant_19bff27604c3f2a";
    let expected = json!({
        "database_url": format!("postgres://{name}:{{{{secret:db-password@1}}}}@127.0.0.1:5432/{name}"),
        "shared_container_db": CONTAINER,
        "server": server(),
        "role": name,
        "database": name,
    });
    assert_eq!(resources, expected);
    assert_eq!(
        harness.everything(),
        [
            "container `systemprompt-shared-db` of image `postgres:18`, running".to_owned(),
            "volume `systemprompt-shared-db-data`".to_owned(),
            format!("role `{name}` in `systemprompt-shared-db-data`, password {{{{secret:db-password@1}}}}"),
            format!("database `{name}` in `systemprompt-shared-db-data`, owned by `{name}`"),
        ]
    );
}

#[test]
fn it_is_made_with_an_administrator_whose_password_the_machine_keeps() {
    let mut harness = harness();
    harness.create().unwrap();
    let spec = harness.world().spec_of(CONTAINER).unwrap();
    let env: Vec<_> = spec.env.iter().map(|(name, value)| format!("{name}={value}")).collect();
    assert_eq!(env, ["POSTGRES_USER=systemprompt_admin", "POSTGRES_PASSWORD={{machine:shared-db-admin@1}}"]);
    assert_eq!(spec.mounts[0].target, "/var/lib/postgresql");
}

#[test]
fn an_image_before_18_keeps_its_data_in_the_old_place() {
    let mut harness = harness().with_config(&json!({ "image": "postgres:17-alpine" }));
    harness.create().unwrap();
    assert_eq!(harness.world().spec_of(CONTAINER).unwrap().mounts[0].target, "/var/lib/postgresql/data");
}

#[test]
fn another_port_is_taken_when_the_preferred_one_is_in_use() {
    let mut harness = harness();
    harness.world().take_port(5432);
    let resources = harness.create().unwrap();
    assert!(resources["database_url"].as_str().unwrap().contains("@127.0.0.1:32768/"));
}

#[test]
fn one_that_runs_keeps_its_image_and_nothing_is_pulled() {
    let mut harness = harness();
    harness.create().unwrap();
    let mut harness = harness.with_config(&json!({ "image": "postgres:17" }));
    harness.switch_tenant("local_2");
    harness.create().unwrap();
    assert_eq!(harness.world().image_of(CONTAINER), Some("postgres:18"));
    assert!(!harness.calls().contains(&"docker.ensure-image".to_owned()));
}

#[test]
fn one_that_is_stopped_is_started() {
    let mut harness = harness();
    harness.create().unwrap();
    harness.world().stop_container(CONTAINER);
    harness.switch_tenant("local_2");
    harness.create().unwrap();
    assert_eq!(harness.left().len(), 4);
}

#[test]
fn a_strangers_container_of_that_name_is_refused() {
    let mut harness = harness();
    harness.world().strangers_container(CONTAINER);
    let failure = harness.create().unwrap_err();
    assert_eq!(failure.to_string(), "container `systemprompt-shared-db` exists and was not made by systemprompt");
    let help = "docker rename systemprompt-shared-db systemprompt-shared-db-old";
    assert_eq!(failure.detail().help.as_deref(), Some(help));
    assert!(harness.left().is_empty());
}

#[test]
fn a_slow_start_is_waited_for() {
    let mut harness = harness();
    harness.world().answers_after_ms(20_000);
    harness.create().unwrap();
    assert!(harness.world().said.contains(&format!("progress: waiting for the server in `{CONTAINER}` (6/30)")));
}

#[test]
fn a_start_that_takes_for_ever_is_given_up() {
    let mut harness = harness();
    harness.world().answers_after_ms(3_600_000);
    let failure = harness.create().unwrap_err();
    let message = "container `systemprompt-shared-db` runs, but its server did not answer within 90 s";
    assert_eq!(failure.to_string(), message);
    assert_eq!(failure.detail().help.as_deref(), Some("look at `docker logs systemprompt-shared-db`"));
}

#[test]
fn a_container_that_exits_is_not_waited_for_and_its_last_words_are_passed_on() {
    let mut harness = harness();
    let log = "1\n2\n3\ninitdb: error: no space\n\n4\nFATAL: could not write\n";
    harness.world().crashing_image("postgres:18", log);
    let before_ms = harness.world().now_ms;
    let failure = harness.create().unwrap_err();
    assert_eq!(
        failure.to_string(),
        "container `systemprompt-shared-db` of image `postgres:18` exited with code 1 before its server answered; it last \
         said:\n2\n3\ninitdb: error: no space\n4\nFATAL: could not write"
    );
    assert!(failure.detail().help.as_deref().unwrap().contains("docker rm systemprompt-shared-db"));
    assert_eq!(harness.world().now_ms - before_ms, 3_000);
}

#[test]
fn an_image_that_does_not_exist_is_passed_on() {
    let mut harness = harness();
    harness.world().missing_image("postgres:18");
    assert_eq!(harness.create().unwrap_err().code(), "image-missing");
    assert!(harness.everything().is_empty());
}

#[test]
fn a_machine_that_restarts_half_way_changes_nothing() {
    let mut undisturbed = harness();
    undisturbed.create().unwrap();
    let mut harness = harness();
    harness.crash(Crash { edge: END_OF_WAIT, when: When::After });
    harness.create().unwrap_err();
    harness.world().stop_container(CONTAINER);
    harness.resume().unwrap();
    assert_eq!(harness.everything(), undisturbed.everything());
}

#[test]
fn a_server_that_stopped_is_started_to_undo_what_was_made_in_it() {
    let mut harness = harness();
    harness.fail(Fault::step("log in as the tenant", When::Before));
    harness.crash(Crash { edge: 12, when: When::Before }); // at the first undo
    harness.create().unwrap_err();
    assert_eq!(harness.left().len(), 2);
    harness.world().stop_container(CONTAINER);
    harness.resume().unwrap_err();
    assert!(harness.left().is_empty());
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
}

#[test]
fn deleting_a_tenant_leaves_its_neighbour() {
    let mut harness = harness();
    harness.create().unwrap();
    harness.switch_tenant("local_2");
    harness.create().unwrap();
    assert_eq!(harness.left().len(), 4);
    harness.delete().unwrap();
    assert_eq!(harness.left().len(), 2);
    assert!(harness.left().iter().all(|line| line.contains("tenant_19bff27604c3f2a")));
}

#[test]
fn deleting_starts_a_stopped_server() {
    let mut harness = harness();
    harness.create().unwrap();
    harness.world().stop_container(CONTAINER);
    harness.delete().unwrap();
    assert!(harness.left().is_empty());
}

#[test]
fn a_container_that_was_removed_half_way_is_made_again_where_its_image_keeps_data() {
    let old = json!({ "image": "postgres:17" });
    let mut harness = harness().with_config(&old);
    harness.create().unwrap();
    harness.switch_tenant("local_2");
    harness.crash(Crash { edge: END_OF_FIND, when: When::After });
    harness.create().unwrap_err();
    harness.world().lose_container(CONTAINER);
    harness.resume().unwrap();
    assert_eq!(harness.world().spec_of(CONTAINER).unwrap().mounts[0].target, "/var/lib/postgresql/data");
    assert_eq!(harness.left().len(), 4, "the first tenant's data is still there");
}

#[test]
fn it_goes_up_and_down_by_itself() {
    let mut harness = harness();
    harness.set_input(&json!({ "port": 6543 }));
    let up = harness.shared_operation("server-up").unwrap();
    assert_eq!(up, json!({ "server": server(), "host": "127.0.0.1", "port": 6543, "version": "18.1" }));
    assert_eq!(harness.shared_status().unwrap().state, "ready");
    harness.set_input(&json!({}));
    harness.shared_operation("server-down").unwrap();
    assert_eq!(harness.shared_status().unwrap().state, "stopped");
}
