//! What is promised of an operation that somebody stops, or that the program dies in while it is being undone.

use super::{
    Broken, Fault, Harness, Kept, When, after, crashes, done, failed, is_forward_only, not_stopped, nothing_left,
    same_world, undisturbed, undisturbed_words,
};

/// After a failure of the last call of `create`, and a crash at any journal call of its undoing, nothing is left.
pub fn a_crash_while_undoing_leaves_nothing<P>(make: impl Fn() -> Harness<P>) -> Kept {
    let (calls, _) = undisturbed(&make)?;
    let Some(last) = calls.len().checked_sub(1) else { return Ok(()) };
    let failing = || {
        let mut harness = make();
        harness.fail(Fault::call(last, When::After));
        harness
    };
    let mut harness = failing();
    let outcome = harness.create();
    failed(&harness, outcome, "a failure of the last call of `create`")?;
    for crash in crashes(harness.edges()) {
        let mut harness = failing();
        harness.crash(crash);
        let place = format!("{crash:?} while undoing");
        let outcome = harness.create();
        failed(&harness, outcome, &place)?;
        let outcome = harness.resume();
        not_stopped(&harness, &place)?;
        not_stuck(&harness, &place)?;
        if outcome.is_err() {
            nothing_left(&harness, || format!("{place} left something"))?;
        }
    }
    Ok(())
}

/// After the last failure of an operation on a tenant that has it undone, and a crash at any journal call of that, the tenant
/// is as it was; or as the operation makes it, where the crash came before the failure.
pub fn a_crash_while_undoing_an_operation_changes_nothing<P>(make: impl Fn() -> Harness<P>, operation: &str) -> Kept {
    let before = make().everything();
    let (calls, changed) = after(&make, operation)?;
    let failing = |number: usize| {
        let mut harness = make();
        harness.fail(Fault::call(number, When::After));
        harness
    };
    let Some((number, edges)) = last_undone(failing, calls.len(), operation)? else { return Ok(()) };
    for crash in crashes(edges) {
        let mut harness = failing(number);
        harness.crash(crash);
        let place = format!("{crash:?} while `{operation}` is undone, as call {number} failed");
        let outcome = harness.operation(operation);
        failed(&harness, outcome, &place)?;
        let mut outcome = harness.resume();
        not_stopped(&harness, &place)?;
        not_stuck(&harness, &place)?;
        if outcome.is_err() && is_forward_only(&harness) {
            let resumed = harness.resume();
            outcome = Ok(done(&harness, resumed, &place)?);
        }
        let expected = if outcome.is_ok() { &changed } else { &before };
        same_world(&harness.everything(), expected, || format!("{place}, and that is another world"))?;
    }
    Ok(())
}

/// An undo may run twice, as a step may.
fn not_stuck<P>(harness: &Harness<P>, place: &str) -> Kept {
    harness
        .stuck()
        .map_or(Ok(()), |(step, failure)| Err(Broken(format!("{place}, the undo of `{step}` failed: {failure}"))))
}

/// The last call whose failure has the operation undone, and how many journal calls that takes; none where each failure is
/// overcome, or the operation goes on because of a step that cannot be taken back.
fn last_undone<P>(
    failing: impl Fn(usize) -> Harness<P>,
    calls: usize,
    operation: &str,
) -> Result<Option<(usize, usize)>, Broken> {
    for number in (0..calls).rev() {
        let mut harness = failing(number);
        let outcome = harness.operation(operation);
        not_stopped(&harness, &format!("call {number} of `{operation}` failed"))?;
        if outcome.is_err() && !is_forward_only(&harness) {
            return Ok(Some((number, harness.edges())));
        }
    }
    Ok(None)
}

/// Somebody who asks to stop before any step gets a world without the tenant.
pub fn a_cancelled_create_leaves_nothing<P>(make: impl Fn() -> Harness<P>) -> Kept {
    let mut harness = make();
    let outcome = harness.create();
    done(&harness, outcome, &undisturbed_words("create"))?;
    for (step, _) in harness.steps() {
        let mut harness = make();
        let outcome = harness.create_cancelled_before(&step);
        failed(&harness, outcome, &format!("cancelling before `{step}`"))?;
        nothing_left(&harness, || format!("cancelling before `{step}` left something"))?;
    }
    Ok(())
}

/// Somebody who asks to stop an operation on a tenant before any of its steps gets the tenant as it was; or, after an
/// irreversible step began, the operation is finished all the same.
pub fn a_cancelled_operation_changes_nothing<P>(make: impl Fn() -> Harness<P>, operation: &str) -> Kept {
    let mut harness = make();
    let before = harness.everything();
    let outcome = harness.operation(operation);
    done(&harness, outcome, &undisturbed_words(operation))?;
    let (steps, changed) = (harness.steps(), harness.everything());
    for (step, _) in steps {
        let mut harness = make();
        let outcome = harness.operation_cancelled_before(operation, &step);
        let place = format!("cancelling `{operation}` before `{step}`");
        let expected = if is_forward_only(&harness) {
            done(&harness, outcome, &place)?;
            &changed
        } else {
            failed(&harness, outcome, &place)?;
            &before
        };
        same_world(&harness.everything(), expected, || format!("{place} made another world"))?;
    }
    Ok(())
}
