//! Given, when, then: a plugin.

use super::{Plugin, decide, evolve};
use crate::{Digest, Json, PluginCommand as Command, PluginEvent as Event, PluginId, Refusal};

fn id() -> PluginId {
    "docker".parse().unwrap()
}

fn hash(bytes: &str) -> Digest {
    Digest::of(bytes.as_bytes())
}

fn register(bytes: &str) -> Command {
    Command::Register {
        version: "1.0.0".into(),
        hash: hash(bytes),
        world: "systemprompt:provider/plugin@1.0.0".into(),
        capabilities: vec!["docker".into(), "postgres".into()],
        source: "embedded".into(),
        description: Json::object(),
    }
}

fn registered(bytes: &str) -> Event {
    Event::PluginRegistered {
        id: id(),
        version: "1.0.0".into(),
        hash: hash(bytes),
        world: "systemprompt:provider/plugin@1.0.0".into(),
        capabilities: vec!["docker".into(), "postgres".into()],
        source: "embedded".into(),
        description: Json::object(),
    }
}

fn grant(bytes: &str, capability: &str) -> Command {
    Command::Grant { hash: hash(bytes), capabilities: vec![capability.into()], mac: "mac".into() }
}

fn granted(bytes: &str, capability: &str) -> Event {
    Event::CapabilitiesGranted { hash: hash(bytes), capabilities: vec![capability.into()], mac: "mac".into() }
}

fn fold(given: &[Event]) -> Option<Plugin> {
    given.iter().fold(None, |plugin, event| evolve(plugin, event).unwrap())
}

#[track_caller]
#[expect(clippy::needless_pass_by_value, reason = "a table reads better without borrows")]
fn check(given: &[Event], when: Command, then: Result<Vec<Event>, Refusal>) {
    assert_eq!(decide(fold(given).as_ref(), &id(), when), then);
}

#[test]
fn the_same_bytes_are_registered_once() {
    check(&[], register("1"), Ok(vec![registered("1")]));
    check(&[registered("1")], register("1"), Ok(vec![]));
    check(&[registered("1")], register("2"), Ok(vec![registered("2")]));
}

#[test]
fn only_what_is_asked_for_is_granted_and_only_to_the_bytes_that_ask() {
    check(&[registered("1")], grant("1", "docker"), Ok(vec![granted("1", "docker")]));
    check(&[registered("1"), granted("1", "docker")], grant("1", "docker"), Ok(vec![]));
    check(&[registered("1")], grant("1", "http"), Err(Refusal::NotAsked { capability: "http".into() }));
    let changed = Refusal::HashChanged { given: hash("1"), now: hash("2") };
    check(&[registered("1"), registered("2")], grant("1", "docker"), Err(changed));
    check(&[], grant("1", "docker"), Err(Refusal::NoSuchPlugin { id: "docker".into() }));
}

#[test]
fn a_grant_stays_with_the_bytes_it_was_given_to() {
    let plugin = fold(&[registered("1"), granted("1", "docker"), registered("2")]).unwrap();
    assert_eq!((plugin.hash, plugin.grant.unwrap().hash), (hash("2"), hash("1")));
}

#[test]
fn a_grant_is_revoked_once() {
    let revoke = || Command::Revoke { hash: hash("1") };
    let revoked = Event::GrantRevoked { hash: hash("1") };
    check(&[registered("1"), granted("1", "docker")], revoke(), Ok(vec![revoked.clone()]));
    check(&[registered("1"), granted("1", "docker"), revoked], revoke(), Ok(vec![]));
}

#[test]
fn an_event_that_cannot_follow_is_corrupt() {
    assert!(evolve(None, &granted("1", "docker")).is_err());
    assert!(evolve(fold(&[registered("1")]), &Event::GrantRevoked { hash: hash("1") }).is_err());
}

#[test]
fn a_plugin_keeps_to_the_key_that_it_was_signed_with() {
    let record = |key: &str| Command::RecordPublisher { key: key.into() };
    let recorded = |key: &str| Event::PublisherRecorded { key: key.into() };
    check(&[registered("1")], record("RWa"), Ok(vec![recorded("RWa")]));
    check(&[registered("1"), recorded("RWa"), registered("2")], record("RWa"), Ok(vec![]));
    check(&[registered("1"), recorded("RWa")], record("RWb"), Ok(vec![recorded("RWb")]));
    check(&[], record("RWa"), Err(Refusal::NoSuchPlugin { id: "docker".into() }));
}

#[test]
fn nothing_is_left_of_a_plugin_that_was_removed() {
    let removed = || Event::PluginRemoved { hash: hash("1") };
    let key = Event::PublisherRecorded { key: "RWa".into() };
    let given = [registered("1"), key, granted("1", "docker"), removed()];
    assert_eq!(fold(&given), None);
    check(&given[..3], Command::Remove, Ok(vec![removed()]));
    check(&given, Command::Remove, Err(Refusal::NoSuchPlugin { id: "docker".into() }));
    check(&given, register("1"), Ok(vec![registered("1")]));
    let other = evolve(fold(&[registered("2")]), &removed());
    assert!(other.is_err(), "{other:?}");
}
