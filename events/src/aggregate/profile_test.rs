//! Given, when, then: a profile.

use uuid::Uuid;

use super::{Profile, decide, evolve};
use crate::{Digest, ProfileCommand as Command, ProfileEvent as Event, ProfileId, Refusal};

fn id() -> ProfileId {
    ProfileId::new(Uuid::from_u128(1))
}

fn create(text: &str) -> Command {
    Command::Create { name: "local".parse().unwrap(), tenant: "local_1".parse().unwrap(), text: text.into() }
}

fn created(text: &str) -> Event {
    Event::ProfileCreated {
        id: id(),
        name: "local".parse().unwrap(),
        tenant: "local_1".parse().unwrap(),
        text: text.into(),
    }
}

fn edit(before: &str, text: &str) -> Command {
    Command::Edit { before: Digest::of(before.as_bytes()), text: text.into(), source: "file".into() }
}

fn edited(text: &str) -> Event {
    Event::ProfileEdited { text: text.into(), source: "file".into() }
}

fn set(seal: u128) -> Command {
    Command::SetSecret { key: "API_KEY".parse().unwrap(), seal_id: Uuid::from_u128(seal), sealed: "c2VhbA==".into() }
}

fn was_set(seal: u128) -> Event {
    Event::ProfileSecretSet {
        key: "API_KEY".parse().unwrap(),
        seal_id: Uuid::from_u128(seal),
        sealed: "c2VhbA==".into(),
    }
}

fn unset() -> Command {
    Command::UnsetSecret { key: "API_KEY".parse().unwrap() }
}

#[track_caller]
#[expect(clippy::needless_pass_by_value, reason = "a table reads better without borrows")]
fn check(given: &[Event], when: Command, then: Result<Vec<Event>, Refusal>) {
    let profile = given.iter().fold(Profile::Unknown, |profile, event| evolve(profile, event).unwrap());
    assert_eq!(decide(&profile, id(), when), then);
}

#[test]
fn a_profile_is_made_once() {
    check(&[], create("a"), Ok(vec![created("a")]));
    check(&[created("a")], create("a"), Ok(vec![]));
    check(&[created("a")], create("b"), Err(Refusal::ProfileIdTaken { id: id() }));
    check(&[created("a"), Event::ProfileDeleted], create("a"), Err(Refusal::ProfileIdTaken { id: id() }));
}

#[test]
fn an_edit_that_changes_nothing_records_nothing() {
    check(&[created("a")], edit("a", "b"), Ok(vec![edited("b")]));
    check(&[created("a")], edit("a", "a"), Ok(vec![]));
    check(&[created("a"), edited("b")], edit("a", "b"), Ok(vec![]));
}

#[test]
fn an_edit_of_a_text_that_is_not_the_present_one_is_refused() {
    let refused = || Err(Refusal::ProfileChanged { id: id() });
    check(&[created("a")], edit("z", "b"), refused());
    check(&[created("a"), edited("b")], edit("a", "c"), refused());
    check(&[created("a"), edited("b")], edit("b", "c"), Ok(vec![edited("c")]));
}

#[test]
fn what_is_not_there_cannot_be_changed() {
    for command in [edit("a", "b"), set(1), unset()] {
        check(&[], command.clone(), Err(Refusal::NoSuchProfile { id: id() }));
        check(&[created("a"), Event::ProfileDeleted], command, Err(Refusal::ProfileGone { id: id() }));
    }
    check(&[], Command::Delete, Err(Refusal::NoSuchProfile { id: id() }));
}

#[test]
fn a_profile_deleted_twice_is_deleted_once() {
    check(&[created("a")], Command::Delete, Ok(vec![Event::ProfileDeleted]));
    check(&[created("a"), Event::ProfileDeleted], Command::Delete, Ok(vec![]));
}

#[test]
fn a_secret_is_set_replaced_and_unset() {
    let key = || "API_KEY".parse().unwrap();
    check(&[created("a")], set(1), Ok(vec![was_set(1)]));
    check(&[created("a"), was_set(1)], set(1), Ok(vec![]));
    check(&[created("a"), was_set(1)], set(2), Ok(vec![was_set(2)]));
    check(&[created("a"), was_set(1)], unset(), Ok(vec![Event::ProfileSecretUnset { key: key() }]));
    check(&[created("a"), was_set(1), Event::ProfileSecretUnset { key: key() }], unset(), Ok(vec![]));
}

#[test]
fn an_event_that_cannot_follow_is_corruption() {
    assert!(evolve(Profile::Unknown, &edited("a")).is_err());
    let living = evolve(Profile::Unknown, &created("a")).unwrap();
    assert!(evolve(living.clone(), &created("a")).is_err());
    assert!(evolve(living.clone(), &Event::ProfileSecretUnset { key: "A".parse().unwrap() }).is_err());
    let gone = evolve(living, &Event::ProfileDeleted).unwrap();
    assert!(evolve(gone, &edited("a")).is_err());
}
