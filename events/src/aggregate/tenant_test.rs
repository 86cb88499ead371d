//! Given, when, then: a tenant.

#[path = "tenant_test/aside.rs"]
mod aside;
#[path = "tenant_test/cancellation.rs"]
mod cancellation;
#[path = "tenant_test/changes.rs"]
mod changes;
#[path = "tenant_test/seen.rs"]
mod seen;
#[path = "tenant_test/settings.rs"]
mod settings;

use uuid::Uuid;

use super::{LivingTenant, Tenant, decide, evolve};
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

fn changing() -> Event {
    Event::TenantChangeStarted { operation: operation(2), kind: "rotate-credentials".into() }
}

fn changed(resources: &str) -> Event {
    Event::TenantChanged { operation: operation(2), config: None, resources: resources.parse().unwrap() }
}

fn withdrawn(version: u32) -> Event {
    Event::SecretWithdrawn { name: "db-password".parse().unwrap(), version }
}

fn change_undone() -> Event {
    Event::TenantChangeUndone { operation: operation(2) }
}

fn fold(given: &[Event]) -> Tenant {
    given.iter().fold(Tenant::Unknown, |tenant, event| evolve(tenant, event).unwrap())
}

fn living(given: &[Event]) -> LivingTenant {
    let Tenant::Living(living) = fold(given) else { panic!("it is not living") };
    *living
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
fn a_tenant_goes_with_the_operation_that_was_given_up() {
    let abandon = |number| Command::Abandon { operation: operation(number) };
    let abandoned = |number| Event::TenantAbandoned { operation: operation(number) };
    check(&[requested()], abandon(1), Ok(vec![abandoned(1)]));
    check(&[requested()], abandon(2), not_this("being created", 2));
    check(&[requested(), created(), deleting()], abandon(2), Ok(vec![abandoned(2)]));
    check(&[requested(), created()], abandon(1), not_this("ready", 1));
    let editing = Event::TenantChangeStarted { operation: operation(3), kind: "edit".into() };
    let given_up = Event::TenantChangeAbandoned { operation: operation(3) };
    check(&[requested(), created(), editing.clone()], abandon(3), Ok(vec![given_up.clone()]));
    check(&[requested(), created(), editing, given_up], abandon(3), not_this("ready", 3));
    let sealing = [requested(), sealed(1), created(), changing(), sealed(2)];
    let given_up = Event::TenantChangeAbandoned { operation: operation(2) };
    check(&sealing, abandon(2), Ok(vec![withdrawn(2), given_up]));
    let gone = [requested(), abandoned(1)];
    check(&gone, abandon(1), Ok(vec![]));
    check(&gone, Command::DestroyKey, Ok(vec![Event::TenantKeyDestroyed]));
    check(&gone, request(3), Err(Refusal::IdTaken { id: id() }));
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
        (vec![requested()], changing()),
        (vec![requested(), created()], changed("{}")),
        (vec![requested(), created(), deleting()], changing()),
        (vec![requested(), created(), deleting(), deleted()], Event::TenantProtected),
    ] {
        assert!(evolve(fold(&given), &event).is_err(), "{event:?}");
    }
}

#[test]
fn what_was_done_to_its_database_is_recorded_of_a_tenant_that_there_is() {
    let migration = |version| crate::AppliedMigration { version, description: "x".into(), checksum: "00".into() };
    let record =
        |applied: &[u64]| Command::RecordMigrations { applied: applied.iter().copied().map(migration).collect() };
    let migrated = Event::DatabaseMigrated { applied: vec![migration(1), migration(2)] };
    check(&[adopted()], record(&[1, 2]), Ok(vec![migrated.clone()]));
    check(&[adopted(), migrated], record(&[]), Ok(vec![]));
    check(&[], record(&[1]), Err(Refusal::NoSuchTenant { id: id() }));
    let (applied, failed, reason) = (vec![migration(1)], migration(2), "no such table".to_owned());
    let event = Event::MigrationFailed { applied: applied.clone(), failed: failed.clone(), reason: reason.clone() };
    check(&[adopted()], Command::RecordFailedMigration { applied, failed, reason }, Ok(vec![event]));
}

#[test]
fn the_address_of_a_database_changes_where_no_operation_is_at_work() {
    let url = "postgres://u:{{secret:db-password@1}}@127.0.0.1:2/d";
    let command = || Command::MoveDatabase { database_url: url.to_owned() };
    let moved = || Event::DatabaseMoved { database_url: url.to_owned() };
    check(&[adopted()], command(), Ok(vec![moved()]));
    check(&[adopted(), moved()], command(), Ok(vec![]));
    assert!(decide(&fold(&[requested()]), &id(), command()).is_err());
}
