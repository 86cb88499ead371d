//! Given, when, then: a tenant.

use uuid::Uuid;

use super::{Tenant, decide, evolve};
use crate::{
    Json, OperationId, Refusal, TenantCommand as Command, TenantEvent as Event, TenantId, TenantName, TenantType,
};

fn id() -> TenantId {
    "local_1".parse().unwrap()
}

fn operation(number: u128) -> OperationId {
    OperationId::new(Uuid::from_u128(number))
}

fn name() -> TenantName {
    "acme".parse().unwrap()
}

fn request(number: u128) -> Command {
    Command::Request {
        name: name(),
        tenant_type: TenantType::Local,
        provider: "docker".parse().unwrap(),
        region: None,
        config: Json::object(),
        operation: operation(number),
    }
}

fn requested() -> Event {
    Event::TenantRequested {
        id: id(),
        name: name(),
        tenant_type: TenantType::Local,
        provider: "docker".parse().unwrap(),
        region: None,
        config: Json::object(),
        operation: operation(1),
    }
}

fn adopt() -> Command {
    let provider = crate::PluginId::external();
    Command::Adopt { name: name(), tenant_type: TenantType::Cloud, provider, region: None, resources: Json::object() }
}

fn adopted() -> Event {
    Event::TenantAdopted {
        id: id(),
        name: name(),
        tenant_type: TenantType::Cloud,
        provider: crate::PluginId::external(),
        region: None,
        resources: Json::object(),
    }
}

fn created() -> Event {
    Event::TenantCreated { operation: operation(1), resources: Json::object() }
}

fn deleting() -> Event {
    Event::TenantDeletionStarted { operation: operation(2) }
}

fn deleted() -> Event {
    Event::TenantDeleted { operation: Some(operation(2)) }
}

fn sealed(version: u32) -> Event {
    let seal_id = Uuid::from_u128(u128::from(version));
    Event::SecretSealed { name: "db-password".parse().unwrap(), version, seal_id, sealed: "c2VjcmV0".into() }
}

fn seal(version: u32) -> Command {
    let seal_id = Uuid::from_u128(u128::from(version));
    Command::SealSecret { name: "db-password".parse().unwrap(), version, seal_id, sealed: "c2VjcmV0".into() }
}

fn fold(given: &[Event]) -> Tenant {
    given.iter().fold(Tenant::Unknown, |tenant, event| evolve(tenant, event).unwrap())
}

#[track_caller]
#[expect(clippy::needless_pass_by_value, reason = "a table reads better without borrows")]
fn check(given: &[Event], when: Command, then: Result<Vec<Event>, Refusal>) {
    assert_eq!(decide(&fold(given), &id(), when), then);
}

fn not_this(state: &'static str, number: u128) -> Result<Vec<Event>, Refusal> {
    Err(Refusal::NotThisOperation { id: id(), state, operation: operation(number) })
}

#[test]
fn a_tenant_is_requested_once() {
    check(&[], request(1), Ok(vec![requested()]));
    check(&[requested()], request(1), Ok(vec![]));
    check(&[requested()], request(2), Err(Refusal::IdTaken { id: id() }));
    check(&[requested(), created()], request(1), Err(Refusal::IdTaken { id: id() }));
}

#[test]
fn a_tenant_is_adopted_once() {
    check(&[], adopt(), Ok(vec![adopted()]));
    check(&[adopted()], adopt(), Ok(vec![]));
    check(&[requested()], adopt(), Err(Refusal::IdTaken { id: id() }));
}

#[test]
fn an_id_is_never_used_again() {
    let gone = [requested(), created(), deleting(), deleted()];
    check(&gone, request(1), Err(Refusal::IdTaken { id: id() }));
    check(&gone, adopt(), Err(Refusal::IdTaken { id: id() }));
}

#[test]
fn a_creation_ends_once_and_by_its_own_operation() {
    let record = |number| Command::Created { operation: operation(number), resources: Json::object() };
    check(&[requested()], record(1), Ok(vec![created()]));
    check(&[requested(), created()], record(1), Ok(vec![]));
    check(&[requested()], record(2), not_this("being created", 2));
    check(&[], record(1), Err(Refusal::NoSuchTenant { id: id() }));
    let undone = Event::TenantCreationUndone { operation: operation(1) };
    let undo = |number| Command::CreationUndone { operation: operation(number) };
    check(&[requested()], undo(1), Ok(vec![undone.clone()]));
    check(&[requested(), undone.clone()], undo(1), Ok(vec![]));
    check(&[requested(), undone], undo(2), Err(Refusal::TenantGone { id: id() }));
    check(&[requested(), created()], undo(1), not_this("ready", 1));
}

#[test]
fn a_deletion_starts_once_and_waits_for_nobody() {
    let start = |number| Command::StartDeletion { operation: operation(number) };
    check(&[requested(), created()], start(2), Ok(vec![deleting()]));
    check(&[requested(), created(), deleting()], start(2), Ok(vec![]));
    let busy = |state, number| Err(Refusal::TenantBusy { id: id(), state, operation: operation(number) });
    check(&[requested(), created(), deleting()], start(3), busy("being deleted", 2));
    check(&[requested()], start(2), busy("being created", 1));
}

#[test]
fn a_deletion_ends_once_and_by_its_own_operation() {
    let given = [requested(), created(), deleting()];
    let delete = |number: Option<u128>| Command::Deleted { operation: number.map(operation) };
    check(&given, delete(Some(2)), Ok(vec![deleted()]));
    check(&[&given[..], &[deleted()]].concat(), delete(Some(2)), Ok(vec![]));
    check(&given, delete(Some(3)), not_this("being deleted", 3));
    let busy = Refusal::TenantBusy { id: id(), state: "being deleted", operation: operation(2) };
    check(&given, delete(None), Err(busy));
    let undone = Event::TenantDeletionUndone { operation: operation(2) };
    let undo = || Command::DeletionUndone { operation: operation(2) };
    check(&given, undo(), Ok(vec![undone.clone()]));
    check(&[&given[..], &[undone]].concat(), undo(), Ok(vec![]));
}

#[test]
fn what_was_adopted_is_deleted_without_an_operation() {
    let delete = || Command::Deleted { operation: None };
    check(&[adopted()], delete(), Ok(vec![Event::TenantDeleted { operation: None }]));
    check(&[adopted(), Event::TenantDeleted { operation: None }], delete(), Ok(vec![]));
}

#[test]
fn a_key_is_destroyed_once_and_only_of_the_gone() {
    let gone = [requested(), created(), deleting(), deleted()];
    check(&gone, Command::DestroyKey, Ok(vec![Event::TenantKeyDestroyed]));
    check(&[&gone[..], &[Event::TenantKeyDestroyed]].concat(), Command::DestroyKey, Ok(vec![]));
    check(&[requested()], Command::DestroyKey, Err(Refusal::TenantLiving { id: id() }));
    check(&[], Command::DestroyKey, Err(Refusal::NoSuchTenant { id: id() }));
}

#[test]
fn versions_of_a_secret_count_up() {
    let wrong = |expected| Err(Refusal::SecretVersion { name: "db-password".parse().unwrap(), expected });
    check(&[requested()], seal(1), Ok(vec![sealed(1)]));
    check(&[requested(), sealed(1)], seal(1), Ok(vec![]));
    check(&[requested(), sealed(1)], seal(2), Ok(vec![sealed(2)]));
    check(&[requested(), sealed(1), sealed(2)], seal(1), wrong(3));
    check(&[requested()], seal(2), wrong(1));
    check(&[], seal(1), Err(Refusal::NoSuchTenant { id: id() }));
}

#[test]
fn an_event_that_cannot_follow_is_corrupt() {
    for (given, event) in [
        (vec![], created()),
        (vec![requested()], requested()),
        (vec![requested()], deleted()),
        (vec![requested(), created()], created()),
        (vec![requested(), created(), deleting(), deleted()], deleting()),
        (vec![requested()], Event::TenantKeyDestroyed),
    ] {
        assert!(evolve(fold(&given), &event).is_err(), "{event:?}");
    }
}
