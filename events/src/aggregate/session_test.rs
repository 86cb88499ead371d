//! Given, when, then: a tenant's session.

use uuid::Uuid;

use super::{Session, decide, evolve};
use crate::{ProfileId, SessionCommand as Command, SessionEvent as Event, SessionId, Timestamp};

fn profile(number: u128) -> ProfileId {
    ProfileId::new(Uuid::from_u128(number))
}

fn start(id: u128) -> Command {
    Command::Start {
        id: SessionId::new(Uuid::from_u128(id)),
        user: "ada".into(),
        profile: profile(1),
        expires_at: Timestamp::from_millis(5),
    }
}

fn started(id: u128) -> Event {
    Event::SessionStarted {
        id: SessionId::new(Uuid::from_u128(id)),
        user: "ada".into(),
        profile: profile(1),
        expires_at: Timestamp::from_millis(5),
    }
}

fn ended(id: u128) -> Event {
    Event::SessionEnded { id: SessionId::new(Uuid::from_u128(id)) }
}

fn switch(to: Option<u128>) -> Command {
    Command::SwitchProfile { profile: to.map(profile) }
}

fn switched(to: Option<u128>) -> Event {
    Event::ProfileSwitched { profile: to.map(profile) }
}

fn fold(given: &[Event]) -> Session {
    given.iter().fold(Session::default(), |session, event| evolve(session, event).unwrap())
}

#[track_caller]
fn check(given: &[Event], when: Command, then: Vec<Event>) {
    assert_eq!(decide(&fold(given), when), Ok(then));
}

#[test]
fn a_session_starts_once_and_a_new_one_takes_its_place() {
    check(&[], start(1), vec![started(1)]);
    check(&[started(1)], start(1), vec![]);
    check(&[started(1)], start(2), vec![started(2)]);
    check(&[started(1), ended(1)], start(2), vec![started(2)]);
}

#[test]
fn the_profile_is_remembered_when_the_session_is_over() {
    check(&[started(1)], Command::End, vec![ended(1)]);
    check(&[started(1), ended(1)], Command::End, vec![]);
    assert_eq!(fold(&[started(1), switched(Some(2)), ended(1)]).profile, Some(profile(2)));
}

#[test]
fn switching_to_the_profile_in_use_records_nothing() {
    check(&[], switch(Some(2)), vec![switched(Some(2))]);
    check(&[switched(Some(2))], switch(Some(2)), vec![]);
    check(&[started(1)], switch(Some(1)), vec![]);
    check(&[started(1)], switch(None), vec![switched(None)]);
    check(&[], switch(None), vec![]);
}

#[test]
fn the_end_of_another_session_is_corruption() {
    assert!(evolve(fold(&[started(1)]), &ended(2)).is_err());
    assert!(evolve(fold(&[]), &ended(1)).is_err());
}
