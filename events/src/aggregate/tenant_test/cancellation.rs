//! Cancelling: what costs money has ended, and only the record is left.

use super::*;
use crate::TenantPhase;

fn record(number: u128, resources: &str) -> Command {
    Command::Cancelled { operation: operation(number), resources: resources.parse().unwrap() }
}

fn cancelled() -> Event {
    Event::TenantCancelled { operation: operation(2), resources: r#"{"app_id":"sp-1"}"#.parse().unwrap() }
}

fn given() -> [Event; 4] {
    [requested(), created(), changing(), cancelled()]
}

#[test]
fn a_tenant_is_cancelled_once_and_by_the_operation_that_changes_it() {
    check(&given()[..3], record(2, r#"{"app_id":"sp-1"}"#), Ok(vec![cancelled()]));
    check(&given()[..3], record(3, "{}"), not_this("being changed", 3));
    check(&given()[..2], record(2, "{}"), not_this("ready", 2));
    check(&given(), record(2, r#"{"app_id":"sp-1"}"#), Ok(vec![]));
    check(&given(), record(2, "{}"), not_this("cancelled", 2));
    check(&given(), record(3, r#"{"app_id":"sp-1"}"#), not_this("cancelled", 3));
    check(&[], record(2, "{}"), Err(Refusal::NoSuchTenant { id: id() }));
}

#[test]
fn what_was_cancelled_keeps_its_record_and_no_operation() {
    let tenant = living(&given());
    assert_eq!((tenant.phase, tenant.phase.operation()), (TenantPhase::Cancelled, None));
    assert_eq!(tenant.resources.to_string(), r#"{"app_id":"sp-1"}"#);
    assert_eq!(tenant.name.as_str(), living(&given()[..2]).name.as_str());
}

#[test]
fn what_was_cancelled_can_be_deleted_and_nothing_else() {
    let refused = || Err(Refusal::TenantCancelled { id: id() });
    let op = operation(3);
    let start_change = Command::StartChange { operation: op, kind: "edit".to_owned() };
    let rotate = Command::RotateSyncToken { secret: "sync-token".parse().unwrap(), version: 1 };
    let others = [
        start_change,
        rotate,
        seal(1),
        Command::Rename { name: "other".parse().unwrap() },
        Command::Protect,
        Command::AllowExternalAccess,
        Command::StartDeletion { operation: op },
        Command::StartReturn { operation: op },
        Command::Deleted { operation: Some(op) },
        Command::Abandon { operation: operation(2) },
        Command::ChangeUndone { operation: operation(2) },
        Command::UnsetSecret { key: "API_KEY".parse().unwrap() },
        Command::RecordMigrations { applied: vec![] },
    ];
    for other in others {
        check(&given(), other, refused());
    }
    let deleted = Event::TenantDeleted { operation: None };
    check(&given(), Command::Deleted { operation: None }, Ok(vec![deleted.clone()]));
    check(&[&given()[..], &[deleted]].concat(), Command::DestroyKey, Ok(vec![Event::TenantKeyDestroyed]));
    check(&given(), request(9), Err(Refusal::IdTaken { id: id() }));
}

#[test]
fn what_is_being_changed_cannot_be_protected_and_what_was_cancelled_can_be_unprotected() {
    let busy = Refusal::TenantBusy { id: id(), state: "being changed", operation: operation(2) };
    check(&given()[..3], Command::Protect, Err(busy));
    // As another program may have recorded it.
    let protected = [&given()[..3], &[Event::TenantProtected, cancelled()][..]].concat();
    check(&protected, Command::Deleted { operation: None }, Err(Refusal::TenantProtected { id: id() }));
    check(&protected, Command::Unprotect, Ok(vec![Event::TenantUnprotected]));
    let unprotected = [&protected[..], &[Event::TenantUnprotected]].concat();
    check(&unprotected, Command::Deleted { operation: None }, Ok(vec![Event::TenantDeleted { operation: None }]));
}

#[test]
fn nothing_but_its_deletion_can_have_followed() {
    let tenant = fold(&given());
    for event in
        [changing(), created(), deleting(), Event::TenantDeleted { operation: Some(operation(2)) }, cancelled()]
    {
        assert!(evolve(tenant.clone(), &event).is_err(), "{event:?}");
    }
}
