//! The [promises](super::promise) for tests of a provider: each function panics with the place at which one was broken.

use super::harness::Harness;
use super::promise::{self, Kept};
use crate::Provider;

/// The plan of `create` and of `delete` names the steps that they take; it may look, and changes nothing.
#[track_caller]
pub fn a_plan_is_what_happens<P: Provider>(make: impl Fn() -> Harness<P>) {
    keeps(promise::a_plan_is_what_happens(&make, "create"));
    keeps(promise::a_plan_is_what_happens(created(&make), "delete"));
}

/// When any one call of `create` fails, before or after its effect, nothing of the tenant is left.
#[track_caller]
pub fn a_failed_create_leaves_nothing<P: Provider>(make: impl Fn() -> Harness<P>) {
    keeps(promise::a_failed_create_leaves_nothing(make));
}

/// Every step may run twice.
#[track_caller]
pub fn every_step_may_run_twice<P: Provider>(make: impl Fn() -> Harness<P>) {
    keeps(promise::every_step_may_run_twice(make, "create"));
}

/// After a crash at any journal call of `create` or `delete`, a resumed run ends in the same world.
#[track_caller]
pub fn a_crash_changes_nothing<P: Provider>(make: impl Fn() -> Harness<P>) {
    keeps(promise::a_crash_changes_nothing(&make, "create"));
    keeps(promise::a_crash_changes_nothing(created(&make), "delete"));
}

/// After a failure of the last call of `create`, and a crash at any journal call of its undoing, nothing is left.
#[track_caller]
pub fn a_crash_while_undoing_leaves_nothing<P: Provider>(make: impl Fn() -> Harness<P>) {
    keeps(promise::a_crash_while_undoing_leaves_nothing(make));
}

/// Somebody who asks to stop before any step gets a world without the tenant.
#[track_caller]
pub fn a_cancelled_create_leaves_nothing<P: Provider>(make: impl Fn() -> Harness<P>) {
    keeps(promise::a_cancelled_create_leaves_nothing(make));
}

/// When any one call of `delete` fails, resuming it ends as an undisturbed one does.
#[track_caller]
pub fn a_failed_delete_can_be_resumed<P: Provider>(make: impl Fn() -> Harness<P>) {
    keeps(promise::a_failed_delete_can_be_finished(created(&make)));
}

/// When any one call of an operation on a tenant fails, before or after its effect, the tenant is as it was.
#[track_caller]
pub fn a_failed_operation_leaves_the_tenant_as_it_was<P: Provider>(make: impl Fn() -> Harness<P>, operation: &str) {
    keeps(promise::a_failed_operation_changes_nothing(make, operation));
}

/// After a crash at any journal call of an operation on a tenant, a resumed run ends in the same world; and so does one
/// whose steps all run twice.
#[track_caller]
pub fn a_crash_of_an_operation_changes_nothing<P: Provider>(make: impl Fn() -> Harness<P>, operation: &str) {
    keeps(promise::a_crash_changes_nothing(&make, operation));
    keeps(promise::every_step_may_run_twice(&make, operation));
}

/// Somebody who asks to stop an operation on a tenant before any of its steps, and a crash at any journal call while it is
/// undone, leave the tenant as it was.
#[track_caller]
pub fn a_stopped_operation_leaves_the_tenant_as_it_was<P: Provider>(make: impl Fn() -> Harness<P>, operation: &str) {
    keeps(promise::a_cancelled_operation_changes_nothing(&make, operation));
    keeps(promise::a_crash_while_undoing_an_operation_changes_nothing(&make, operation));
}

/// An `edit` to the settings that the tenant has changes nothing; the maker's harnesses have it as their input.
#[track_caller]
pub fn an_edit_to_what_is_there_changes_nothing<P: Provider>(make: impl Fn() -> Harness<P>) {
    keeps(promise::an_edit_to_what_is_there_changes_nothing(make));
}

fn created<P: Provider>(make: impl Fn() -> Harness<P>) -> impl Fn() -> Harness<P> {
    move || {
        let mut harness = make();
        harness.create().expect("an undisturbed `create`");
        harness
    }
}

#[track_caller]
fn keeps(kept: Kept) {
    if let Err(broken) = kept {
        panic!("{broken}");
    }
}
