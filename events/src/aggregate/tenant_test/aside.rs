//! Given, when, then: a tenant that is deleted with a grace.

use super::{adopted, check, created, deleted, deleting, fold, id, operation, requested};
use crate::{Json, Refusal, Tenant, TenantCommand as Command, TenantEvent as Event, Timestamp};

fn until() -> Timestamp {
    Timestamp::from_millis(1_000)
}

fn set_aside() -> Event {
    Event::TenantSetAside { operation: operation(2), until: until(), resources: Json::object() }
}

fn return_started() -> Event {
    Event::TenantReturnStarted { operation: operation(3) }
}

fn brought_back() -> Event {
    Event::TenantBroughtBack { operation: operation(3), resources: Json::object() }
}

fn return_undone() -> Event {
    Event::TenantReturnUndone { operation: operation(3) }
}

fn purging() -> Event {
    Event::TenantDeletionStarted { operation: operation(4) }
}

fn aside() -> Vec<Event> {
    vec![requested(), created(), deleting(), set_aside()]
}

fn and(given: Vec<Event>, more: &[Event]) -> Vec<Event> {
    [given, more.to_vec()].concat()
}

fn record(number: u128) -> Command {
    Command::SetAside { operation: operation(number), until: until(), resources: Json::object() }
}

#[test]
fn a_deletion_can_end_with_the_tenant_set_aside() {
    let deleting = [requested(), created(), deleting()];
    check(&deleting, record(2), Ok(vec![set_aside()]));
    check(&aside(), record(2), Ok(vec![]));
    let not_this = Refusal::NotThisOperation { id: id(), state: "being deleted", operation: operation(9) };
    check(&deleting, record(9), Err(not_this));
}

#[test]
fn what_is_set_aside_takes_no_command_but_to_come_back_or_to_go() {
    let refused = || Err(Refusal::TenantAside { id: id(), until: until() });
    check(&aside(), Command::Rename { name: "other".parse().unwrap() }, refused());
    check(&aside(), Command::Protect, refused());
    check(&aside(), Command::StartChange { operation: operation(5), kind: "edit".into() }, refused());
    check(&aside(), Command::DestroyKey, Err(Refusal::TenantLiving { id: id() }));
    check(&aside(), Command::StartReturn { operation: operation(3) }, Ok(vec![return_started()]));
    check(&aside(), Command::StartDeletion { operation: operation(4) }, Ok(vec![purging()]));
}

#[test]
fn it_comes_back_as_it_was_or_stays_aside() {
    let returning = and(aside(), &[return_started()]);
    let back = Command::BroughtBack { operation: operation(3), resources: Json::object() };
    check(&returning, back.clone(), Ok(vec![brought_back()]));
    check(&and(returning.clone(), &[brought_back()]), back, Ok(vec![]));
    check(&returning, Command::ReturnUndone { operation: operation(3) }, Ok(vec![return_undone()]));
    assert_eq!(fold(&and(returning.clone(), &[return_undone()])), {
        let Tenant::Aside(mut aside) = fold(&aside()) else { panic!("it is not aside") };
        aside.tenant.ended = Some(operation(3));
        Tenant::Aside(aside)
    });
    let again = and(returning, &[return_undone()]);
    check(&again, Command::ReturnUndone { operation: operation(3) }, Ok(vec![]));
    check(&again, Command::StartReturn { operation: operation(3) }, Ok(vec![return_started()]));
}

#[test]
fn it_is_deleted_for_good_by_one_operation_at_a_time() {
    let purging = and(aside(), &[purging()]);
    let busy = Refusal::TenantBusy { id: id(), state: "being deleted", operation: operation(4) };
    check(&purging, Command::StartReturn { operation: operation(3) }, Err(busy.clone()));
    check(&purging, Command::StartDeletion { operation: operation(5) }, Err(busy));
    check(&purging, Command::StartDeletion { operation: operation(4) }, Ok(vec![]));
    let undone = Event::TenantDeletionUndone { operation: operation(4) };
    check(&purging, Command::DeletionUndone { operation: operation(4) }, Ok(vec![undone.clone()]));
    check(
        &and(purging.clone(), &[undone]),
        Command::StartReturn { operation: operation(3) },
        Ok(vec![return_started()]),
    );
    let gone = Event::TenantDeleted { operation: Some(operation(4)) };
    check(&purging, Command::Deleted { operation: Some(operation(4)) }, Ok(vec![gone.clone()]));
    check(&and(purging.clone(), &[gone]), Command::DestroyKey, Ok(vec![Event::TenantKeyDestroyed]));
    let given_up = Event::TenantAbandoned { operation: operation(4) };
    check(&purging, Command::Abandon { operation: operation(4) }, Ok(vec![given_up]));
}

#[test]
fn its_record_can_be_removed_alone_while_nothing_is_at_work_on_it() {
    let forgotten = Event::TenantDeleted { operation: None };
    check(&aside(), Command::Deleted { operation: None }, Ok(vec![forgotten.clone()]));
    let gone = and(aside(), &[forgotten]);
    check(&gone, Command::Deleted { operation: None }, Ok(vec![]));
    check(&gone, Command::DestroyKey, Ok(vec![Event::TenantKeyDestroyed]));
    check(&gone, Command::StartReturn { operation: operation(3) }, Err(Refusal::TenantGone { id: id() }));
    let busy = Refusal::TenantBusy { id: id(), state: "being deleted", operation: operation(4) };
    check(&and(aside(), &[purging()]), Command::Deleted { operation: None }, Err(busy));
}

#[test]
fn only_what_is_set_aside_comes_back() {
    let start = || Command::StartReturn { operation: operation(3) };
    check(&[], start(), Err(Refusal::NoSuchTenant { id: id() }));
    check(&[adopted()], start(), Err(Refusal::TenantLiving { id: id() }));
    check(&[requested(), created(), deleting(), deleted()], start(), Err(Refusal::TenantGone { id: id() }));
}
