//! Given, when, then: a tenant.

#[path = "tenant_test/aside.rs"]
mod aside;

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
fn a_change_starts_once_and_waits_for_nobody() {
    let start = |number| Command::StartChange { operation: operation(number), kind: "rotate-credentials".to_owned() };
    let ready = [requested(), created()];
    check(&ready, start(2), Ok(vec![changing()]));
    check(&[&ready[..], &[changing()]].concat(), start(2), Ok(vec![]));
    let busy = |state, number| Err(Refusal::TenantBusy { id: id(), state, operation: operation(number) });
    check(&[&ready[..], &[changing()]].concat(), start(3), busy("being changed", 2));
    check(&[&ready[..], &[deleting()]].concat(), start(3), busy("being deleted", 2));
    check(&[requested()], start(2), busy("being created", 1));
    check(&[], start(2), Err(Refusal::NoSuchTenant { id: id() }));
    let rename = Command::Rename { name: "other".parse().unwrap() };
    check(&[&ready[..], &[changing()]].concat(), rename, busy("being changed", 2));
    let delete = |operation| Command::Deleted { operation };
    check(&[&ready[..], &[changing()]].concat(), delete(None), busy("being changed", 2));
    check(&[&ready[..], &[changing()]].concat(), delete(Some(operation(2))), not_this("being changed", 2));
    let start_deletion = Command::StartDeletion { operation: operation(3) };
    check(&[&ready[..], &[changing()]].concat(), start_deletion, busy("being changed", 2));
}

#[test]
fn a_change_ends_once_and_by_its_own_operation() {
    let given = [requested(), created(), changing()];
    let record = |number, resources: &str| Command::Changed {
        operation: operation(number),
        config: None,
        resources: resources.parse().unwrap(),
    };
    check(&given, record(2, r#"{"a":1}"#), Ok(vec![changed(r#"{"a":1}"#)]));
    check(&given, record(3, "{}"), not_this("being changed", 3));
    let done = [&given[..], &[changed(r#"{"a":1}"#)]].concat();
    check(&done, record(2, r#"{"a":1}"#), Ok(vec![]));
    check(&done, record(2, "{}"), not_this("ready", 2));
    check(&done, Command::ChangeUndone { operation: operation(1) }, not_this("ready", 1));
    let undo = || Command::ChangeUndone { operation: operation(2) };
    check(&given, undo(), Ok(vec![change_undone()]));
    check(&[&given[..], &[change_undone()]].concat(), undo(), Ok(vec![]));
    check(&[requested(), created()], undo(), not_this("ready", 2));
}

#[test]
fn a_change_brings_resources_and_settings_if_it_has_some() {
    let state = |change| {
        let tenant = living(&[requested(), created(), changing(), change]);
        (tenant.config.to_string(), tenant.resources.to_string())
    };
    assert_eq!(state(changed(r#"{"a":1}"#)), ("{}".to_owned(), r#"{"a":1}"#.to_owned()));
    let config = Some(r#"{"port":1}"#.parse().unwrap());
    let with_config = Event::TenantChanged { operation: operation(2), config, resources: Json::object() };
    assert_eq!(state(with_config), (r#"{"port":1}"#.to_owned(), "{}".to_owned()));
}

#[test]
fn what_an_undone_change_sealed_is_withdrawn_and_its_version_is_not_given_again() {
    let undo = || Command::ChangeUndone { operation: operation(2) };
    let given = [requested(), sealed(1), created(), changing(), sealed(2)];
    check(&given, undo(), Ok(vec![withdrawn(2), change_undone()]));
    let undone = [&given[..], &[withdrawn(2), change_undone()]].concat();
    check(&undone, undo(), Ok(vec![]));
    check(&undone, seal(3), Ok(vec![sealed(3)]));
    // What an earlier change sealed stays.
    let later =
        [&given[..], &[changed("{}")], &[Event::TenantChangeStarted { operation: operation(3), kind: "edit".into() }]]
            .concat();
    let undone = Event::TenantChangeUndone { operation: operation(3) };
    check(&later, Command::ChangeUndone { operation: operation(3) }, Ok(vec![undone]));
}

#[test]
fn a_tenant_gets_another_name_when_it_has_another() {
    let rename = |name: &str| Command::Rename { name: name.parse().unwrap() };
    let renamed = Event::TenantRenamed { name: "other".parse().unwrap() };
    check(&[requested(), created()], rename("acme"), Ok(vec![]));
    check(&[requested(), created()], rename("other"), Ok(vec![renamed.clone()]));
    check(&[requested(), created(), renamed], rename("other"), Ok(vec![]));
    check(&[], rename("other"), Err(Refusal::NoSuchTenant { id: id() }));
}

#[test]
fn a_protected_tenant_is_neither_deleted_nor_changed_in_the_world_outside() {
    let given = [requested(), created(), Event::TenantProtected];
    let protected = || Err(Refusal::TenantProtected { id: id() });
    check(&given, Command::StartDeletion { operation: operation(2) }, protected());
    check(&given, Command::StartChange { operation: operation(2), kind: "edit".into() }, protected());
    check(&[adopted(), Event::TenantProtected], Command::Deleted { operation: None }, protected());
    let token = Command::RotateSyncToken { secret: "db-password".parse().unwrap(), version: 1 };
    check(&[&given[..], &[sealed(1)]].concat(), token, protected());
    let renamed = Event::TenantRenamed { name: "other".parse().unwrap() };
    check(&given, Command::Rename { name: "other".parse().unwrap() }, Ok(vec![renamed]));
    // What began before goes on.
    let deleting_already = [requested(), created(), deleting()];
    check(&deleting_already, Command::StartDeletion { operation: operation(2) }, Ok(vec![]));
}

#[test]
fn a_tenant_is_protected_and_unprotected_once() {
    let given = [requested(), created()];
    let protected = [requested(), created(), Event::TenantProtected];
    check(&given, Command::Protect, Ok(vec![Event::TenantProtected]));
    check(&protected, Command::Protect, Ok(vec![]));
    check(&protected, Command::Unprotect, Ok(vec![Event::TenantUnprotected]));
    check(&given, Command::Unprotect, Ok(vec![]));
    let busy = Refusal::TenantBusy { id: id(), state: "being deleted", operation: operation(2) };
    check(&[requested(), created(), deleting()], Command::Protect, Err(busy));
    let freed = [&protected[..], &[Event::TenantUnprotected]].concat();
    check(&freed, Command::StartDeletion { operation: operation(2) }, Ok(vec![deleting()]));
}

#[test]
fn the_newest_version_of_a_secret_becomes_the_sync_token() {
    let rotate = |version| Command::RotateSyncToken { secret: "db-password".parse().unwrap(), version };
    let rotated = |version| Event::SyncTokenRotated { secret: "db-password".parse().unwrap(), version };
    let wrong = |expected| Err(Refusal::SecretVersion { name: "db-password".parse().unwrap(), expected });
    check(&[adopted()], rotate(1), wrong(1));
    check(&[adopted(), sealed(1)], rotate(1), Ok(vec![rotated(1)]));
    check(&[adopted(), sealed(1), rotated(1)], rotate(1), Ok(vec![]));
    check(&[adopted(), sealed(1), rotated(1), sealed(2)], rotate(1), wrong(2));
    let tenant = living(&[adopted(), sealed(1), rotated(1)]);
    assert_eq!(tenant.resources.as_str(), r#"{"sync_token":"{{secret:db-password@1}}"}"#);
}

#[test]
fn external_access_is_declared_where_it_is_not_so_already() {
    let given = [adopted()];
    let allowed = [adopted(), Event::ExternalAccessAllowed];
    check(&given, Command::EndExternalAccess, Ok(vec![]));
    check(&given, Command::AllowExternalAccess, Ok(vec![Event::ExternalAccessAllowed]));
    check(&allowed, Command::AllowExternalAccess, Ok(vec![]));
    check(&allowed, Command::EndExternalAccess, Ok(vec![Event::ExternalAccessEnded]));
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
