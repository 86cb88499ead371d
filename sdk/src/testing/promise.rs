//! What every provider promises, tried at every place where it could be broken.
//!
//! Each function takes a maker of fresh harnesses; an error says which promise was broken, and at which place.

mod stopped;

use std::fmt;

use serde_json::Value;

use super::fault::{Crash, Fault, When};
use super::harness::Harness;
use crate::{Failure, UndoKind};

pub use self::stopped::{
    a_cancelled_create_leaves_nothing, a_cancelled_operation_changes_nothing,
    a_crash_while_undoing_an_operation_changes_nothing, a_crash_while_undoing_leaves_nothing,
};
pub use super::contract::{
    a_configuration_is_judged_and_not_stumbled_over, it_asks_for_nothing_beyond_its_description, it_describes_itself,
    messages_can_be_read, passwords_are_secrets_of_the_program, statements_change_nothing_else, what_is_new_is_ignored,
    what_looks_changes_nothing,
};

/// How a promise was broken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Broken(pub(super) String);

/// Whether a promise is kept.
pub type Kept = Result<(), Broken>;

impl fmt::Display for Broken {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl std::error::Error for Broken {}

/// The plan of an operation on a tenant names the steps that it takes; it may look, and changes nothing.
pub fn a_plan_is_what_happens<P>(make: impl Fn() -> Harness<P>, operation: &str) -> Kept {
    let mut harness = make();
    let before = harness.everything();
    let plan = harness.plan(operation);
    let plan = done(&harness, plan, &format!("a plan of `{operation}`"))?;
    same_world(&harness.everything(), &before, || format!("planning `{operation}` has effects"))?;
    let outcome = harness.operation(operation);
    done(&harness, outcome, &undisturbed_words(operation))?;
    let planned: Vec<_> = plan.into_iter().map(|step| (step.name, step.undo)).collect();
    let taken = harness.steps();
    holds(planned == taken, || {
        format!("the plan of `{operation}` is not what happened: planned {planned:?}, taken {taken:?}")
    })
}

/// When any one call of `create` fails, before or after its effect, nothing of the tenant is left.
pub fn a_failed_create_leaves_nothing<P>(make: impl Fn() -> Harness<P>) -> Kept {
    let (calls, world) = undisturbed(&make)?;
    for (number, when, function) in faults(&calls) {
        let mut harness = make();
        harness.fail(Fault::call(number, when));
        let outcome = harness.create();
        let place = format!("call {number}, `{function}`, failed ({when:?})");
        not_stopped(&harness, &place)?;
        match outcome {
            Ok(_) => same_world(&harness.everything(), &world, || format!("{place}, and `create` made another world"))?,
            Err(_) => nothing_left(&harness, || format!("{place}, and something is left"))?,
        }
    }
    Ok(())
}

/// Every step of an operation on a tenant may run twice.
pub fn every_step_may_run_twice<P>(make: impl Fn() -> Harness<P>, operation: &str) -> Kept {
    let (_, world) = after(&make, operation)?;
    let mut harness = make();
    harness.repeat_steps();
    let mut outcome = harness.operation(operation);
    while harness.crashed() {
        outcome = harness.resume();
    }
    done(&harness, outcome, &format!("`{operation}` with every step run twice"))?;
    same_world(&harness.everything(), &world, || {
        format!("running every step of `{operation}` twice made another world")
    })
}

/// After a crash at any journal call of an operation on a tenant, a resumed run ends in the same world.
pub fn a_crash_changes_nothing<P>(make: impl Fn() -> Harness<P>, operation: &str) -> Kept {
    let mut harness = make();
    let outcome = harness.operation(operation);
    done(&harness, outcome, &undisturbed_words(operation))?;
    let (world, edges) = (harness.everything(), harness.edges());
    for crash in crashes(edges) {
        let mut harness = make();
        harness.crash(crash);
        let place = format!("{crash:?} of `{operation}`");
        let outcome = harness.operation(operation);
        failed(&harness, outcome, &place)?;
        let outcome = harness.resume();
        done(&harness, outcome, &place)?;
        same_world(&harness.everything(), &world, || format!("{place} made another world"))?;
    }
    Ok(())
}

/// When any one call of `delete` fails, resuming it ends as an undisturbed one does: with nothing of the tenant.
///
/// The maker's harnesses have a tenant.
pub fn a_failed_delete_can_be_finished<P>(make: impl Fn() -> Harness<P>) -> Kept {
    let mut harness = make();
    let outcome = harness.delete();
    done(&harness, outcome, &undisturbed_words("delete"))?;
    nothing_left(&harness, || "`delete` left something".to_owned())?;
    let (calls, deleted) = (harness.calls().to_vec(), harness.everything());
    for (number, when, function) in faults(&calls) {
        let mut harness = make();
        harness.fail(Fault::call(number, when));
        let place = format!("`delete` after `{function}` failed ({when:?})");
        let outcome = harness.delete();
        not_stopped(&harness, &place)?;
        if outcome.is_err() {
            let again = if harness.steps().is_empty() { harness.delete() } else { resume_or_repeat(&mut harness) };
            done(&harness, again, &place)?;
        }
        same_world(&harness.everything(), &deleted, || format!("{place} made another world"))?;
    }
    Ok(())
}

/// When any one call of an operation on a tenant fails, before or after its effect, the tenant is as it was; or, after an
/// irreversible step began, the operation is finished by resuming it.
pub fn a_failed_operation_changes_nothing<P>(make: impl Fn() -> Harness<P>, operation: &str) -> Kept {
    let mut harness = make();
    let before = harness.everything();
    let outcome = harness.operation(operation);
    done(&harness, outcome, &undisturbed_words(operation))?;
    let (calls, changed) = (harness.calls().to_vec(), harness.everything());
    for (number, when, function) in faults(&calls) {
        let mut harness = make();
        harness.fail(Fault::call(number, when));
        let place = format!("call {number} of `{operation}`, `{function}`, failed ({when:?})");
        let mut outcome = harness.operation(operation);
        not_stopped(&harness, &place)?;
        if outcome.is_err() && is_forward_only(&harness) {
            let resumed = harness.resume();
            outcome = Ok(done(&harness, resumed, &place)?);
        }
        let expected = if outcome.is_ok() { &changed } else { &before };
        same_world(&harness.everything(), expected, || format!("{place}, and that is another world"))?;
    }
    Ok(())
}

/// Settings that are asked for are the ones that the tenant has: nothing is changed.
pub fn an_edit_to_what_is_there_changes_nothing<P>(make: impl Fn() -> Harness<P>) -> Kept {
    let mut harness = make();
    let before = harness.everything();
    let outcome = harness.operation("edit");
    done(&harness, outcome, "an `edit` to the settings that the tenant has")?;
    same_world(&harness.everything(), &before, || "an `edit` to the settings that the tenant has changes it".to_owned())
}

/// An operation that could be undone ended with that; the user asks for it anew.
fn resume_or_repeat<P>(harness: &mut Harness<P>) -> Result<Value, Failure> {
    if is_forward_only(harness) { harness.resume() } else { harness.delete() }
}

fn is_forward_only<P>(harness: &Harness<P>) -> bool {
    harness.steps().iter().any(|(_, undo)| *undo == UndoKind::Irreversible)
}

fn undisturbed<P>(make: impl Fn() -> Harness<P>) -> Result<(Vec<String>, Vec<String>), Broken> {
    after(make, "create")
}

/// The calls of an operation that nothing disturbs, and the world after it.
fn after<P>(make: impl Fn() -> Harness<P>, operation: &str) -> Result<(Vec<String>, Vec<String>), Broken> {
    let mut harness = make();
    let outcome = harness.operation(operation);
    done(&harness, outcome, &undisturbed_words(operation))?;
    Ok((harness.calls().to_vec(), harness.everything()))
}

fn undisturbed_words(operation: &str) -> String {
    format!("an undisturbed `{operation}`")
}

fn crashes(edges: usize) -> impl Iterator<Item = Crash> {
    (0..edges).flat_map(|edge| [When::Before, When::After].map(|when| Crash { edge, when }))
}

fn faults(calls: &[String]) -> impl Iterator<Item = (usize, When, &str)> {
    calls
        .iter()
        .enumerate()
        .flat_map(|(number, function)| [When::Before, When::After].map(|when| (number, when, function.as_str())))
}

/// An outcome that has to be a success.
pub(super) fn done<P, T>(harness: &Harness<P>, outcome: Result<T, Failure>, what: &str) -> Result<T, Broken> {
    not_stopped(harness, what)?;
    outcome.map_err(|failure| Broken(format!("{what}: {failure}")))
}

/// An outcome that has to be a failure.
pub(super) fn failed<P, T>(harness: &Harness<P>, outcome: Result<T, Failure>, what: &str) -> Result<Failure, Broken> {
    not_stopped(harness, what)?;
    outcome.err().ok_or_else(|| Broken(format!("{what}: it succeeded all the same")))
}

pub(super) fn not_stopped<P>(harness: &Harness<P>, what: &str) -> Kept {
    harness.stopped().map_or(Ok(()), |reason| Err(Broken(format!("{what}: it was stopped: {reason}"))))
}

pub(super) fn holds(kept: bool, broken: impl FnOnce() -> String) -> Kept {
    if kept { Ok(()) } else { Err(Broken(broken())) }
}

fn nothing_left<P>(harness: &Harness<P>, what: impl FnOnce() -> String) -> Kept {
    let left = harness.left();
    holds(left.is_empty(), || format!("{}: {}", what(), left.join("; ")))
}

/// Two worlds, of which only the differences are named.
pub(super) fn same_world(found: &[String], expected: &[String], what: impl FnOnce() -> String) -> Kept {
    let beyond = |these: &[String], those: &[String]| {
        these.iter().filter(|line| !those.contains(line)).cloned().collect::<Vec<_>>().join("; ")
    };
    holds(found == expected, || {
        format!("{}: there is [{}], there should be [{}]", what(), beyond(found, expected), beyond(expected, found))
    })
}
