//! A tenant that is not where it is looked for: nothing is taken for gone that may still be somewhere.

use serde_json::{Value, json};
use systemprompt_provider_docker::Docker;
use systemprompt_sdk::Failure;
use systemprompt_sdk::testing::{Crash, Fault, Harness, When};

const CONTAINER: &str = "systemprompt-shared-db";
const VOLUME: &str = "systemprompt-shared-db-data";

fn shared() -> Harness<Docker> {
    Harness::new()
}

fn dedicated() -> Harness<Docker> {
    Harness::new().with_config(&json!({ "dedicated": true }))
}

#[track_caller]
fn assert_points_to_the_first_engine(failure: &Failure) {
    assert_eq!(failure.code(), "engine-changed");
    let message = failure.to_string();
    for part in ["engine-0", "unix:///var/run/docker.sock", "engine-1", "unix:///run/user/1000/docker-1.sock"] {
        assert!(message.contains(part), "{message}");
    }
    let help = failure.detail().help.as_deref().expect("it says what to do");
    assert!(help.contains("`DOCKER_HOST=unix:///var/run/docker.sock`"), "{help}");
}

#[test]
fn a_deletion_on_another_engine_is_refused_before_anything_is_done() {
    for mut harness in [shared(), dedicated()] {
        harness.create().unwrap();
        let before = harness.everything();
        harness.world().switch_engine();
        assert_points_to_the_first_engine(&harness.delete().unwrap_err());
        let irreversible = harness.steps().iter().any(|(_, undo)| *undo == systemprompt_sdk::UndoKind::Irreversible);
        assert!(!irreversible, "{:?}", harness.steps());
        harness.world().switch_engine();
        assert_eq!(harness.everything(), before);
        harness.delete().unwrap();
        assert!(harness.left().is_empty());
    }
}

#[test]
fn a_deletion_that_was_begun_on_the_right_engine_does_not_go_on_with_another() {
    for mut harness in [shared(), dedicated()] {
        harness.create().unwrap();
        harness.crash(Crash { edge: 2, when: When::After }); // the first step that cannot be taken back has begun
        harness.delete().unwrap_err();
        harness.world().switch_engine();
        assert_points_to_the_first_engine(&harness.resume().unwrap_err());
        harness.world().switch_engine();
        assert!(!harness.left().is_empty());
        harness.resume().unwrap();
        assert!(harness.left().is_empty());
    }
}

#[test]
fn an_undo_on_another_engine_undoes_nothing_and_says_so() {
    for (mut harness, edge) in [(shared(), 8), (dedicated(), 4)] {
        harness.fail(Fault::step("log in as the tenant", When::Before));
        harness.crash(Crash { edge, when: When::After });
        harness.create().unwrap_err();
        let before = harness.left();
        assert!(!before.is_empty());
        harness.world().switch_engine();
        harness.resume().unwrap_err();
        assert_points_to_the_first_engine(harness.stuck().expect("it is not undone").1);
        harness.world().switch_engine();
        assert_eq!(harness.left(), before);
        harness.resume().unwrap_err();
        assert!(harness.left().is_empty());
    }
}

#[test]
fn a_creation_does_not_go_on_with_another_engine() {
    let mut harness = shared();
    harness.crash(Crash { edge: 5, when: When::After }); // the server answers
    harness.create().unwrap_err();
    harness.world().switch_engine();
    assert_points_to_the_first_engine(&harness.resume().unwrap_err());
    assert!(harness.everything().is_empty(), "nothing is made on the other one");
}

#[test]
fn a_container_that_was_removed_does_not_hide_its_data() {
    let mut harness = shared().with_config(&json!({ "image": "postgres:17" }));
    harness.create().unwrap();
    harness.world().lose_container(CONTAINER);
    let failure = harness.delete().unwrap_err();
    assert_eq!(failure.code(), "container-removed");
    assert!(failure.to_string().contains(VOLUME), "{failure}");
    let help = failure.detail().help.clone().unwrap();
    assert!(help.contains("`systemprompt infra db up --provider docker --config image=postgres:17`"), "{help}");
    assert_eq!(harness.left().len(), 2);

    harness.set_input(&json!({ "image": "postgres:17" }));
    harness.shared_operation("server-up").unwrap();
    harness.set_input(&json!({}));
    harness.delete().unwrap();
    assert!(harness.left().is_empty());
}

#[test]
fn a_container_that_was_removed_half_way_keeps_what_is_in_its_volume_undone() {
    let mut harness = shared();
    harness.fail(Fault::step("log in as the tenant", When::Before));
    harness.crash(Crash { edge: 12, when: When::Before }); // at the first undo
    harness.create().unwrap_err();
    harness.world().lose_container(CONTAINER);
    harness.resume().unwrap_err();
    assert_eq!(harness.stuck().expect("it is not undone").1.code(), "container-removed");
    assert_eq!(harness.left().len(), 2);
    harness.world().lose_volume(VOLUME);
    harness.resume().unwrap_err();
    assert_eq!(harness.stuck(), None);
}

#[test]
fn what_is_gone_with_its_volume_is_deleted_and_that_is_said() {
    let mut harness = shared();
    harness.create().unwrap();
    harness.world().lose_container(CONTAINER);
    harness.world().lose_volume(VOLUME);
    harness.delete().unwrap();
    let warning = "warn: container `systemprompt-shared-db` is gone, so there is nothing to drop";
    assert!(harness.world().said.contains(&warning.to_owned()));
}

#[test]
fn the_state_says_where_a_tenant_is() {
    let problem = |harness: &mut Harness<Docker>| {
        let status = harness.status().unwrap();
        assert!(!status.reachable);
        let problem = status.details.iter().find(|(label, _)| label == "problem").map(|(_, text)| text.clone());
        (status.state, problem.unwrap_or_default())
    };
    let mut harness = shared();
    harness.create().unwrap();
    harness.world().switch_engine();
    let (state, said) = problem(&mut harness);
    assert!(state == "elsewhere" && said.contains("engine-0"), "{state}: {said}");
    harness.world().switch_engine();
    harness.world().lose_container(CONTAINER);
    let (state, said) = problem(&mut harness);
    assert!(state == "missing" && said.contains(VOLUME), "{state}: {said}");
    harness.world().lose_volume(VOLUME);
    assert_eq!(problem(&mut harness), ("missing".to_owned(), String::new()));
}

#[test]
fn a_tenant_whose_engine_was_never_recorded_is_deleted_where_it_is_found() {
    let mut harness = shared();
    let mut resources: Value = harness.create().unwrap();
    resources["server"] = json!({ "kind": "container", "name": CONTAINER });
    harness.set_resources(&resources);
    harness.delete().unwrap();
    assert!(harness.left().is_empty());
}
