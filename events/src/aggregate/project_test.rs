//! Given, when, then: the project.

use uuid::Uuid;

use super::{Project, decide, evolve};
use crate::{Digest, LogId, ProjectCommand as Command, ProjectEvent as Event, Refusal, TenantId};

fn log_id(number: u128) -> LogId {
    LogId::new(Uuid::from_u128(number))
}

fn tenant(id: &str) -> TenantId {
    id.parse().unwrap()
}

fn initialised() -> Event {
    Event::ProjectInitialised { log_id: log_id(1) }
}

fn selected(id: &str) -> Event {
    Event::TenantSelected { tenant: tenant(id) }
}

fn fold(given: &[Event]) -> Project {
    given.iter().fold(Project::default(), |project, event| evolve(project, event).unwrap())
}

#[track_caller]
#[expect(clippy::needless_pass_by_value, reason = "a table reads better without borrows")]
fn check(given: &[Event], when: Command, then: Result<Vec<Event>, Refusal>) {
    assert_eq!(decide(&fold(given), when), then);
}

#[test]
fn a_history_begins_once() {
    check(&[], Command::Initialise { log_id: log_id(1) }, Ok(vec![initialised()]));
    check(&[initialised()], Command::Initialise { log_id: log_id(1) }, Ok(vec![]));
    let twice = Refusal::AlreadyInitialised { log_id: log_id(1) };
    check(&[initialised()], Command::Initialise { log_id: log_id(2) }, Err(twice));
}

#[test]
fn nothing_happens_before_the_history_begins() {
    check(&[], Command::SelectTenant { tenant: tenant("a") }, Err(Refusal::NotInitialised));
    check(&[], Command::UnselectTenant, Err(Refusal::NotInitialised));
}

#[test]
fn one_tenant_is_selected() {
    check(&[initialised()], Command::SelectTenant { tenant: tenant("a") }, Ok(vec![selected("a")]));
    check(&[initialised(), selected("a")], Command::SelectTenant { tenant: tenant("a") }, Ok(vec![]));
    check(&[initialised(), selected("a")], Command::SelectTenant { tenant: tenant("b") }, Ok(vec![selected("b")]));
    let unselected = Event::TenantUnselected { tenant: tenant("a") };
    check(&[initialised(), selected("a")], Command::UnselectTenant, Ok(vec![unselected]));
    check(&[initialised()], Command::UnselectTenant, Ok(vec![]));
}

#[test]
fn what_happened_to_files_is_recorded_each_time() {
    let keep = Command::KeepHandEdit { file: "tenants.json".into(), kept_as: "x".into(), digest: Digest::ZERO };
    let kept = Event::HandEditKept { file: "tenants.json".into(), kept_as: "x".into(), digest: Digest::ZERO };
    check(&[initialised(), kept.clone()], keep, Ok(vec![kept]));
}

#[test]
fn each_sync_is_recorded_with_the_providers_that_answered() {
    let providers = vec!["fly".parse().unwrap()];
    let synced = Event::RegistrySynced { providers: providers.clone() };
    check(&[], Command::RecordSync { providers: providers.clone() }, Err(Refusal::NotInitialised));
    check(&[initialised(), synced.clone()], Command::RecordSync { providers }, Ok(vec![synced]));
}

#[test]
fn a_checkpoint_and_its_witness_are_recorded_in_a_history_that_has_begun() {
    let (size, root) = (1, Digest::ZERO);
    let signed = Event::CheckpointSigned { size, root, note: "n".into(), key: "k".into() };
    let sign = Command::RecordCheckpoint { size, root, note: "n".into(), key: "k".into() };
    check(&[], sign.clone(), Err(Refusal::NotInitialised));
    check(&[initialised(), signed.clone()], sign, Ok(vec![signed.clone()]));
    let witnessed = Event::CheckpointWitnessed { size, root, note: "n".into(), witness: "w".into() };
    let witness = Command::RecordWitness { size, root, note: "n".into(), witness: "w".into() };
    check(&[initialised(), signed], witness, Ok(vec![witnessed]));
}

#[test]
fn an_event_that_cannot_follow_is_corrupt() {
    for (given, event) in [
        (vec![], selected("a")),
        (vec![initialised()], initialised()),
        (vec![initialised(), selected("a")], Event::TenantUnselected { tenant: tenant("b") }),
    ] {
        assert!(evolve(fold(&given), &event).is_err(), "{event:?}");
    }
}
