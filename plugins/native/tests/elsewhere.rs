//! A tenant that is not where it is looked for: nothing is taken for gone that may still be somewhere.

use systemprompt_provider_native::Native;
use systemprompt_sdk::Failure;
use systemprompt_sdk::testing::{Crash, Fault, Harness, When};

const HERE: &str = "/home/user/.local/share/systemprompt/clusters/shared/data";
const ELSEWHERE: &str = "/data-1/clusters/shared/data";

fn harness() -> Harness<Native> {
    Harness::new()
}

#[track_caller]
fn assert_says(failure: &Failure, parts: &[&str]) {
    assert_eq!(failure.code(), "cluster-changed");
    let said = format!("{failure}; {}", failure.detail().help.as_deref().expect("it says what to do"));
    assert!(parts.iter().all(|part| said.contains(part)), "{said}");
}

#[test]
fn a_deletion_in_another_data_directory_is_refused_whether_there_is_a_cluster_or_not() {
    let mut harness = harness();
    harness.create().unwrap();
    let before = harness.everything();
    harness.world().switch_data_directory();
    assert_says(&harness.delete().unwrap_err(), &[HERE, ELSEWHERE, "SYSTEMPROMPT_DATA_DIR"]);
    harness.shared_operation("server-up").unwrap();
    assert_says(&harness.delete().unwrap_err(), &[HERE, ELSEWHERE, "SYSTEMPROMPT_DATA_DIR"]);
    harness.world().switch_data_directory();
    assert_eq!(harness.everything(), before);
    harness.delete().unwrap();
    assert!(harness.left().is_empty());
}

#[test]
fn a_deletion_does_not_go_on_in_another_data_directory() {
    let mut harness = harness();
    harness.create().unwrap();
    harness.crash(Crash { edge: 2, when: When::After }); // the first step that cannot be taken back has begun
    harness.delete().unwrap_err();
    harness.world().switch_data_directory();
    assert_says(&harness.resume().unwrap_err(), &[HERE, ELSEWHERE]);
    harness.world().switch_data_directory();
    harness.resume().unwrap();
    assert!(harness.left().is_empty());
}

#[test]
fn an_undo_in_another_data_directory_undoes_nothing_and_says_so() {
    let mut harness = harness();
    harness.fail(Fault::step("log in as the tenant", When::Before));
    harness.crash(Crash { edge: 12, when: When::Before }); // at the first undo
    harness.create().unwrap_err();
    assert_eq!(harness.left().len(), 2);
    harness.world().switch_data_directory();
    harness.resume().unwrap_err();
    assert_says(harness.stuck().expect("it is not undone").1, &[HERE, ELSEWHERE]);
    harness.world().switch_data_directory();
    harness.resume().unwrap_err();
    assert!(harness.left().is_empty());
}

#[test]
fn a_cluster_in_the_place_of_the_tenants_is_not_taken_for_it() {
    let mut harness = harness();
    harness.create().unwrap();
    harness.world().lose_cluster("shared");
    harness.shared_operation("server-up").unwrap();
    assert_says(&harness.delete().unwrap_err(), &["cluster-0-1", "cluster-0-2", HERE]);
    assert_eq!(harness.status().unwrap().state, "elsewhere");
}

#[test]
fn a_cluster_that_is_gone_from_its_place_is_gone_and_that_is_said() {
    let mut harness = harness();
    harness.create().unwrap();
    harness.world().lose_cluster("shared");
    harness.delete().unwrap();
    assert!(harness.world().said.contains(&"warn: the cluster is gone, so there is nothing to drop".to_owned()));
}

#[test]
fn the_state_says_where_a_tenant_is() {
    let mut harness = harness();
    harness.create().unwrap();
    harness.world().switch_data_directory();
    let status = harness.status().unwrap();
    assert_eq!((status.reachable, status.state.as_str()), (false, "elsewhere"));
    assert!(status.details[0].1.contains(HERE), "{:?}", status.details);
}
