//! What a provider said when it was asked: a tenant vanishes, and is there again.

use super::*;
use crate::TenantPhase;

const VANISHED: Event = Event::TenantVanished;
const REAPPEARED: Event = Event::TenantReappeared;

#[test]
fn a_tenant_vanishes_once_and_reappears_once() {
    check(&[adopted()], Command::MarkVanished, Ok(vec![VANISHED]));
    check(&[adopted(), VANISHED], Command::MarkVanished, Ok(vec![]));
    check(&[adopted(), VANISHED], Command::MarkReappeared, Ok(vec![REAPPEARED]));
    check(&[adopted(), VANISHED, REAPPEARED], Command::MarkReappeared, Ok(vec![]));
    check(&[adopted()], Command::MarkReappeared, Ok(vec![]));
    check(&[adopted(), VANISHED, REAPPEARED], Command::MarkVanished, Ok(vec![VANISHED]));
}

#[test]
fn a_local_tenant_does_not_vanish() {
    check(&[requested(), created()], Command::MarkVanished, Ok(vec![]));
}

#[test]
fn what_an_operation_is_at_work_on_is_neither_gone_nor_there() {
    for command in [Command::MarkVanished, Command::MarkReappeared] {
        for given in [&[requested()][..], &[requested(), created(), changing()], &[requested(), created(), deleting()]]
        {
            let refused = decide(&fold(given), &id(), command.clone());
            assert!(matches!(refused, Err(Refusal::TenantBusy { .. })), "{refused:?}");
        }
        check(&[], command.clone(), Err(Refusal::NoSuchTenant { id: id() }));
        check(&[requested(), created(), deleting(), deleted()], command, Err(Refusal::TenantGone { id: id() }));
    }
}

#[test]
fn what_vanished_stays_what_it_is_and_can_be_changed_and_deleted() {
    let tenant = living(&[adopted(), VANISHED]);
    assert_eq!((tenant.vanished, tenant.phase), (true, TenantPhase::Ready));
    check(&[adopted(), VANISHED], Command::StartDeletion { operation: operation(2) }, Ok(vec![deleting()]));
    let undone = living(&[adopted(), VANISHED, deleting(), Event::TenantDeletionUndone { operation: operation(2) }]);
    assert!(undone.vanished, "nobody has seen it since");
    assert!(!living(&[adopted(), VANISHED, REAPPEARED]).vanished);
}
