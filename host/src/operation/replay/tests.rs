//! What a step is told, as a table of records.

use systemprompt_events::{Failure, FailureKind, Json, Operation, OperationState, Step, StepName, StepState, UndoKind};

use super::*;

fn name(name: &str) -> StepName {
    name.parse().unwrap()
}

fn failure() -> Failure {
    Failure { kind: FailureKind::Broken, code: "gave-up".to_owned(), message: "it gave up".to_owned(), help: None }
}

fn record(state: OperationState, steps: &[(&str, UndoKind, StepState)]) -> Replay {
    let mut index = 0;
    let step = |(step, undo, state): &(&str, UndoKind, StepState)| {
        index += 1;
        Step { index: index - 1, name: name(step), undo: *undo, state: state.clone() }
    };
    let steps = steps.iter().map(step).collect();
    Replay::of(&Operation {
        id: systemprompt_events::OperationId::new(uuid::Uuid::nil()),
        kind: "create".to_owned(),
        provider: "docker".parse().unwrap(),
        plugin_hash: systemprompt_events::Digest::of(b""),
        tenant: None,
        input: Json::object(),
        token: 1,
        holder: "me".to_owned(),
        steps,
        state,
        unwinding: None,
        started_at: None,
    })
}

fn done() -> StepState {
    StepState::Finished(Json::object())
}

fn check(replay: &mut Replay, step: &str, undo: UndoKind, expected: &Decision) {
    assert_eq!(&replay.next(&name(step), undo).unwrap(), expected, "{step}");
}

const ONE: (&str, UndoKind) = ("one", UndoKind::Undoable);
const TWO: (&str, UndoKind) = ("two", UndoKind::Undoable);

#[test]
fn a_recorded_step_answers_with_its_record_and_the_first_unrecorded_one_runs() {
    let mut replay = record(OperationState::Running, &[(ONE.0, ONE.1, done())]);
    check(&mut replay, "one", ONE.1, &Decision::Recorded(Json::object()));
    check(&mut replay, "two", TWO.1, &Decision::Run);
}

#[test]
fn a_step_that_began_and_did_not_end_runs_again() {
    for state in [StepState::Began, StepState::Failed(failure())] {
        let mut replay = record(OperationState::Running, &[(ONE.0, ONE.1, state)]);
        check(&mut replay, "one", ONE.1, &Decision::Run);
    }
}

#[test]
fn being_undone_the_newest_step_unwinds_whether_it_ended_or_not() {
    for state in [StepState::Began, StepState::Failed(failure()), StepState::Undoing, done()] {
        let mut replay = record(OperationState::Unwinding(failure()), &[(ONE.0, ONE.1, done()), (TWO.0, TWO.1, state)]);
        check(&mut replay, "one", ONE.1, &Decision::Recorded(Json::object()));
        check(&mut replay, "two", TWO.1, &Decision::Unwind);
    }
}

#[test]
fn being_undone_a_step_that_was_undone_or_never_began_stops() {
    let mut replay = record(OperationState::Unwinding(failure()), &[(ONE.0, ONE.1, StepState::Undone)]);
    check(&mut replay, "one", ONE.1, &Decision::Stop);
    let mut replay = record(OperationState::Unwinding(failure()), &[]);
    check(&mut replay, "one", ONE.1, &Decision::Stop);
}

#[test]
fn another_name_or_another_undo_than_recorded_is_a_mismatch() {
    for (step, undo) in [("other", ONE.1), ("one", UndoKind::None)] {
        let mut replay = record(OperationState::Running, &[(ONE.0, ONE.1, done())]);
        assert!(matches!(replay.next(&name(step), undo), Err(RunError::Mismatch { index: 0, .. })));
    }
}

#[test]
fn undos_come_newest_first_and_once() {
    let replay = record(OperationState::Unwinding(failure()), &[(ONE.0, ONE.1, done()), (TWO.0, TWO.1, done())]);
    assert_eq!(replay.undo("two").unwrap(), Undo::Needed(1));
    assert!(matches!(replay.undo("one"), Err(RunError::Protocol { .. })));
    let steps = [(ONE.0, ONE.1, done()), (TWO.0, TWO.1, StepState::Undone)];
    let replay = record(OperationState::Unwinding(failure()), &steps);
    assert_eq!(replay.undo("two").unwrap(), Undo::Done);
    assert_eq!(replay.undo("one").unwrap(), Undo::Needed(0));
}

#[test]
fn nothing_is_undone_after_a_step_that_cannot_be() {
    let steps = [(ONE.0, ONE.1, done()), ("drop", UndoKind::Irreversible, StepState::Failed(failure()))];
    let replay = record(OperationState::Running, &steps);
    assert!(replay.irreversible_began());
    assert!(matches!(replay.undo("one"), Err(RunError::Protocol { .. })));
}
