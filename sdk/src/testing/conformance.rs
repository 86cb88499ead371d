//! What every provider promises, tried at every place where it could be broken.
//!
//! Each function takes a maker of fresh harnesses, and panics with the place at which a promise was broken.

use super::fault::{Crash, Fault, When};
use super::harness::Harness;
use crate::Provider;

/// The plan of `create` and of `delete` names the steps that they take; it may look, and changes nothing.
pub fn a_plan_is_what_happens<P: Provider>(make: impl Fn() -> Harness<P>) {
    let mut harness = make();
    for operation in ["create", "delete"] {
        let before = harness.everything();
        let plan = harness.plan(operation).expect("a plan");
        assert_eq!(harness.everything(), before, "planning `{operation}` has effects");
        harness.operation(operation).expect("an undisturbed run");
        let planned: Vec<_> = plan.into_iter().map(|step| (step.name, step.undo)).collect();
        assert_eq!(planned, harness.steps(), "the plan of `{operation}` is not what happened");
    }
}

/// When any one call of `create` fails, before or after its effect, nothing of the tenant is left.
pub fn a_failed_create_leaves_nothing<P: Provider>(make: impl Fn() -> Harness<P>) {
    let (calls, world) = undisturbed(&make);
    for (number, function) in calls.iter().enumerate() {
        for when in [When::Before, When::After] {
            let mut harness = make();
            harness.fail(Fault::call(number, when));
            let outcome = harness.create();
            let place = format!("call {number}, `{function}`, failed ({when:?})");
            match outcome {
                Ok(_) => assert_eq!(harness.everything(), world, "{place}, and `create` made another world"),
                Err(_) => assert_eq!(harness.left(), [""; 0], "{place}, and something is left"),
            }
        }
    }
}

/// Every step may run twice.
pub fn every_step_may_run_twice<P: Provider>(make: impl Fn() -> Harness<P>) {
    let (_, world) = undisturbed(&make);
    let mut harness = make();
    harness.repeat_steps();
    let mut outcome = harness.create();
    while harness.crashed() {
        outcome = harness.resume();
    }
    outcome.expect("`create` with every step run twice");
    assert_eq!(harness.everything(), world, "running every step twice made another world");
}

/// After a crash at any journal call of `create` or `delete`, a resumed run ends in the same world.
pub fn a_crash_changes_nothing<P: Provider>(make: impl Fn() -> Harness<P>) {
    let mut harness = make();
    harness.create().expect("an undisturbed `create`");
    let (created, creating) = (harness.everything(), harness.edges());
    harness.delete().expect("an undisturbed `delete`");
    let (deleted, deleting) = (harness.everything(), harness.edges());
    for crash in crashes(creating) {
        let mut harness = make();
        harness.crash(crash);
        harness.create().expect_err("a crash");
        harness.resume().unwrap_or_else(|failure| panic!("{crash:?} of `create`: {failure}"));
        assert_eq!(harness.everything(), created, "{crash:?} of `create` made another world");
    }
    for crash in crashes(deleting) {
        let mut harness = make();
        harness.create().expect("an undisturbed `create`");
        harness.crash(crash);
        harness.delete().expect_err("a crash");
        harness.resume().unwrap_or_else(|failure| panic!("{crash:?} of `delete`: {failure}"));
        assert_eq!(harness.everything(), deleted, "{crash:?} of `delete` made another world");
    }
}

/// After a failure of the last call of `create`, and a crash at any journal call of its undoing, nothing is left.
pub fn a_crash_while_undoing_leaves_nothing<P: Provider>(make: impl Fn() -> Harness<P>) {
    let last = undisturbed(&make).0.len() - 1;
    let failing = || {
        let mut harness = make();
        harness.fail(Fault::call(last, When::After));
        harness
    };
    let mut harness = failing();
    harness.create().expect_err("a failure");
    for crash in crashes(harness.edges()) {
        let mut harness = failing();
        harness.crash(crash);
        harness.create().expect_err("a crash");
        if harness.resume().is_err() {
            assert_eq!(harness.left(), [""; 0], "{crash:?} while undoing left something");
        }
    }
}

/// Somebody who asks to stop before any step gets a world without the tenant.
pub fn a_cancelled_create_leaves_nothing<P: Provider>(make: impl Fn() -> Harness<P>) {
    let mut harness = make();
    harness.create().expect("an undisturbed `create`");
    for (step, _) in harness.steps() {
        let mut harness = make();
        harness.create_cancelled_before(&step).expect_err("a cancelled run");
        assert_eq!(harness.left(), [""; 0], "cancelling before `{step}` left something");
    }
}

/// When any one call of `delete` fails, resuming it ends as an undisturbed one does.
pub fn a_failed_delete_can_be_resumed<P: Provider>(make: impl Fn() -> Harness<P>) {
    let mut harness = make();
    harness.create().expect("an undisturbed `create`");
    harness.delete().expect("an undisturbed `delete`");
    assert_eq!(harness.left(), [""; 0], "`delete` left something");
    let deleted = harness.everything();
    for (number, function) in harness.calls().iter().enumerate() {
        for when in [When::Before, When::After] {
            let mut harness = make();
            harness.create().expect("an undisturbed `create`");
            harness.fail(Fault::call(number, when));
            if harness.delete().is_err() {
                let again = if harness.steps().is_empty() { harness.delete() } else { resume_or_repeat(&mut harness) };
                again.unwrap_or_else(|failure| panic!("`delete` after `{function}` failed ({when:?}): {failure}"));
            }
            assert_eq!(harness.everything(), deleted, "`delete` after `{function}` failed ({when:?})");
        }
    }
}

/// When any one call of an operation on a tenant fails, before or after its effect, the tenant is as it was.
pub fn a_failed_operation_leaves_the_tenant_as_it_was<P: Provider>(make: impl Fn() -> Harness<P>, operation: &str) {
    let mut harness = make();
    let before = harness.everything();
    harness.operation(operation).unwrap_or_else(|failure| panic!("an undisturbed `{operation}`: {failure}"));
    let changed = harness.everything();
    for (number, function) in harness.calls().to_vec().iter().enumerate() {
        for when in [When::Before, When::After] {
            let mut harness = make();
            harness.fail(Fault::call(number, when));
            let outcome = harness.operation(operation);
            let place = format!("call {number} of `{operation}`, `{function}`, failed ({when:?})");
            let expected = if outcome.is_ok() { &changed } else { &before };
            assert_eq!(harness.everything(), *expected, "{place}, and that is another world");
        }
    }
}

/// After a crash at any journal call of an operation on a tenant, a resumed run ends in the same world; and so does one
/// whose steps all run twice.
pub fn a_crash_of_an_operation_changes_nothing<P: Provider>(make: impl Fn() -> Harness<P>, operation: &str) {
    let mut harness = make();
    harness.operation(operation).unwrap_or_else(|failure| panic!("an undisturbed `{operation}`: {failure}"));
    let (changed, edges) = (harness.everything(), harness.edges());
    for crash in crashes(edges) {
        let mut harness = make();
        harness.crash(crash);
        harness.operation(operation).expect_err("a crash");
        harness.resume().unwrap_or_else(|failure| panic!("{crash:?} of `{operation}`: {failure}"));
        assert_eq!(harness.everything(), changed, "{crash:?} of `{operation}` made another world");
    }
    let mut harness = make();
    harness.repeat_steps();
    let mut outcome = harness.operation(operation);
    while harness.crashed() {
        outcome = harness.resume();
    }
    outcome.unwrap_or_else(|failure| panic!("`{operation}` with every step run twice: {failure}"));
    assert_eq!(harness.everything(), changed, "running every step of `{operation}` twice made another world");
}

/// An operation that could be undone ended with that; the user asks for it anew.
fn resume_or_repeat<P: Provider>(harness: &mut Harness<P>) -> Result<serde_json::Value, crate::Failure> {
    let forward_only = harness.steps().iter().any(|(_, undo)| *undo == crate::UndoKind::Irreversible);
    if forward_only { harness.resume() } else { harness.delete() }
}

fn undisturbed<P: Provider>(make: impl Fn() -> Harness<P>) -> (Vec<String>, Vec<String>) {
    let mut harness = make();
    harness.create().expect("an undisturbed `create`");
    (harness.calls().to_vec(), harness.everything())
}

fn crashes(edges: usize) -> impl Iterator<Item = Crash> {
    (0..edges).flat_map(|edge| [When::Before, When::After].map(|when| Crash { edge, when }))
}
