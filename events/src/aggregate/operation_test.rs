//! Given, when, then: an operation.

#[path = "operation_test/abandon.rs"]
mod abandon;

use super::{Operation, OperationState, Step, StepState, decide, evolve};
use crate::{
    Digest, Failure, FailureKind, Json, OperationCommand as Command, OperationEvent as Event, OperationId, PluginId,
    Refusal, UndoKind,
};

fn id() -> OperationId {
    OperationId::new(uuid::Uuid::from_u128(1))
}

fn failure() -> Failure {
    Failure { kind: FailureKind::Broken, code: "no-disk".into(), message: "the disk is gone".into(), help: None }
}

fn started() -> Event {
    Event::OperationStarted {
        id: id(),
        kind: "create".into(),
        provider: "docker".parse().unwrap(),
        plugin_hash: Digest::ZERO,
        tenant: None,
        input: Json::object(),
    }
}

fn start(holder: &str) -> Command {
    Command::Start {
        kind: "create".into(),
        provider: "docker".parse().unwrap(),
        plugin_hash: Digest::ZERO,
        tenant: None,
        input: Json::object(),
        holder: holder.into(),
    }
}

fn claimed(token: u64) -> Event {
    Event::OperationClaimed { token, holder: "me".into() }
}

fn began(index: u32, name: &str, undo: UndoKind) -> Event {
    Event::StepBegan { index, name: name.parse().unwrap(), undo }
}

fn begin(name: &str, undo: UndoKind) -> Command {
    Command::BeginStep { token: 1, name: name.parse().unwrap(), undo }
}

fn finished(index: u32) -> Event {
    Event::StepFinished { index, result: Json::object() }
}

fn failed(index: u32) -> Event {
    Event::StepFailed { index, failure: failure() }
}

fn unwinding() -> Event {
    Event::UnwindStarted { failure: failure() }
}

fn fold(given: &[Event]) -> Option<Operation> {
    given.iter().fold(None, |operation, event| Some(evolve(operation, event).unwrap()))
}

/// A running operation with these events, a command, and what comes of it.
#[track_caller]
#[expect(clippy::needless_pass_by_value, reason = "a table reads better without borrows")]
fn check(given: &[Event], when: Command, then: Result<Vec<Event>, Refusal>) {
    let operation = fold(&[&[started(), claimed(1)], given].concat());
    assert_eq!(decide(operation.as_ref(), id(), when), then);
}

fn in_state(state: &'static str) -> Result<Vec<Event>, Refusal> {
    Err(Refusal::OperationState { id: id(), state })
}

use UndoKind::{Irreversible, None as NoUndo, Undoable};

#[test]
fn starting_claims_the_first_lease() {
    assert_eq!(decide(None, id(), start("me")), Ok(vec![started(), claimed(1)]));
}

#[test]
fn starting_twice_records_nothing() {
    check(&[], start("me"), Ok(vec![]));
}

#[test]
fn an_operation_is_not_started_by_two() {
    check(&[], start("you"), Err(Refusal::OperationExists { id: id() }));
}

#[test]
fn nothing_happens_to_an_operation_that_never_started() {
    let claim = Command::Claim { holder: "me".into() };
    assert_eq!(decide(None, id(), claim), Err(Refusal::NoSuchOperation { id: id() }));
}

#[test]
fn a_claim_takes_the_next_token() {
    check(&[], Command::Claim { holder: "me".into() }, Ok(vec![claimed(2)]));
}

#[test]
fn an_ended_operation_cannot_be_claimed() {
    let succeeded = Event::OperationSucceeded { result: Json::object() };
    check(&[succeeded], Command::Claim { holder: "me".into() }, in_state("succeeded"));
}

#[test]
fn who_lost_the_lease_records_nothing() {
    let lost = || Err(Refusal::LeaseLost { id: id(), token: 1, newest: 2, holder: "me".into() });
    let given = [began(0, "a", Undoable), claimed(2)];
    for command in [
        begin("b", NoUndo),
        Command::FinishStep { token: 1, index: 0, result: Json::object() },
        Command::FailStep { token: 1, index: 0, failure: failure() },
        Command::StartUnwind { token: 1, failure: failure() },
        Command::BeginUndo { token: 1, index: 0 },
        Command::FinishUndo { token: 1, index: 0 },
        Command::FailUndo { token: 1, index: 0, failure: failure() },
        Command::Succeed { token: 1, result: Json::object() },
        Command::Fail { token: 1, failure: failure() },
        Command::Cancel { token: 1, failure: failure() },
        Command::Stick { token: 1, failure: failure(), left: vec![] },
    ] {
        check(&given, command, lost());
    }
}

#[test]
fn steps_are_counted_from_0() {
    check(&[], begin("a", Undoable), Ok(vec![began(0, "a", Undoable)]));
    check(&[began(0, "a", NoUndo), finished(0)], begin("b", NoUndo), Ok(vec![began(1, "b", NoUndo)]));
}

#[test]
fn a_step_begins_only_when_every_other_has_finished() {
    for open in [vec![began(0, "a", NoUndo)], vec![began(0, "a", NoUndo), failed(0)]] {
        check(&open, begin("b", NoUndo), Err(Refusal::StepOpen { name: "a".into() }));
    }
}

#[test]
fn a_step_that_was_interrupted_or_failed_begins_again_at_its_place() {
    for open in [vec![began(0, "a", Undoable)], vec![began(0, "a", Undoable), failed(0)]] {
        check(&open, begin("a", Undoable), Ok(vec![began(0, "a", Undoable)]));
    }
}

#[test]
fn a_step_does_not_change_how_it_can_be_undone() {
    let changed = Refusal::StepChanged { name: "a".into(), was: "undoable", now: "none" };
    check(&[began(0, "a", Undoable)], begin("a", NoUndo), Err(changed));
}

#[test]
fn the_name_of_a_finished_step_is_taken() {
    let given = [began(0, "a", NoUndo), finished(0)];
    check(&given, begin("a", NoUndo), Err(Refusal::StepTaken { name: "a".into() }));
}

#[test]
fn a_step_that_began_finishes_or_fails() {
    let given = [began(0, "a", NoUndo)];
    let finish = || Command::FinishStep { token: 1, index: 0, result: Json::object() };
    let fail = || Command::FailStep { token: 1, index: 0, failure: failure() };
    check(&given, finish(), Ok(vec![finished(0)]));
    check(&given, fail(), Ok(vec![failed(0)]));
    check(&[given[0].clone(), finished(0)], finish(), Ok(vec![]));
    check(&[given[0].clone(), failed(0)], fail(), Ok(vec![]));
    check(&[], finish(), Err(Refusal::NoSuchStep { index: 0 }));
    let finished_step = Refusal::StepState { name: "a".into(), state: "finished" };
    check(&[given[0].clone(), finished(0)], fail(), Err(finished_step));
}

#[test]
fn success_needs_every_step_finished() {
    let succeed = || Command::Succeed { token: 1, result: Json::object() };
    let succeeded = Event::OperationSucceeded { result: Json::object() };
    check(&[], succeed(), Ok(vec![succeeded.clone()]));
    check(&[began(0, "a", NoUndo), finished(0)], succeed(), Ok(vec![succeeded.clone()]));
    check(&[began(0, "a", NoUndo)], succeed(), Err(Refusal::StepOpen { name: "a".into() }));
    check(&[succeeded], succeed(), Ok(vec![]));
    check(&[unwinding()], succeed(), in_state("unwinding"));
}

#[test]
fn unwinding_starts_once_and_never_past_what_cannot_be_taken_back() {
    let unwind = || Command::StartUnwind { token: 1, failure: failure() };
    check(&[began(0, "a", Undoable), failed(0)], unwind(), Ok(vec![unwinding()]));
    check(&[unwinding()], unwind(), Ok(vec![]));
    check(&[began(0, "a", Irreversible)], unwind(), Err(Refusal::Irreversible { name: "a".into() }));
}

#[test]
fn no_step_begins_while_unwinding() {
    check(&[unwinding()], begin("a", NoUndo), in_state("unwinding"));
}

#[test]
fn steps_are_undone_newest_first() {
    let given = [began(0, "a", Undoable), finished(0), began(1, "b", Undoable), failed(1), unwinding()];
    let undo = |index| Command::BeginUndo { token: 1, index };
    check(&given, undo(0), Err(Refusal::NotUndone { name: "b".into() }));
    check(&given, undo(1), Ok(vec![Event::UndoBegan { index: 1 }]));
    let undone = [&given[..], &[Event::UndoBegan { index: 1 }, Event::UndoFinished { index: 1 }]].concat();
    check(&undone, undo(0), Ok(vec![Event::UndoBegan { index: 0 }]));
    check(&undone, undo(1), Ok(vec![]));
}

#[test]
fn an_undo_begins_again_after_an_interruption_or_a_failure() {
    let given = [began(0, "a", Undoable), unwinding(), Event::UndoBegan { index: 0 }];
    let undo = || Command::BeginUndo { token: 1, index: 0 };
    check(&given, undo(), Ok(vec![Event::UndoBegan { index: 0 }]));
    let undo_failed = [&given[..], &[Event::UndoFailed { index: 0, failure: failure() }]].concat();
    check(&undo_failed, undo(), Ok(vec![Event::UndoBegan { index: 0 }]));
}

#[test]
fn only_a_step_with_an_undo_is_undone_and_only_while_unwinding() {
    let undo = || Command::BeginUndo { token: 1, index: 0 };
    check(&[began(0, "a", NoUndo), unwinding()], undo(), Err(Refusal::NotUndoable { name: "a".into() }));
    check(&[began(0, "a", Undoable)], undo(), in_state("running"));
}

#[test]
fn an_undo_that_began_finishes_or_fails() {
    let given = [began(0, "a", Undoable), unwinding()];
    let undoing = [&given[..], &[Event::UndoBegan { index: 0 }]].concat();
    let finish = || Command::FinishUndo { token: 1, index: 0 };
    let fail = || Command::FailUndo { token: 1, index: 0, failure: failure() };
    check(&undoing, finish(), Ok(vec![Event::UndoFinished { index: 0 }]));
    check(&undoing, fail(), Ok(vec![Event::UndoFailed { index: 0, failure: failure() }]));
    check(&given, finish(), Err(Refusal::StepState { name: "a".into(), state: "began" }));
    check(&given, fail(), Err(Refusal::StepState { name: "a".into(), state: "began" }));
    check(&[&undoing[..], &[Event::UndoFinished { index: 0 }]].concat(), finish(), Ok(vec![]));
}

#[test]
fn failed_and_cancelled_mean_that_everything_is_undone() {
    let fail = || Command::Fail { token: 1, failure: failure() };
    let cancel = || Command::Cancel { token: 1, failure: failure() };
    let (ended, stopped) =
        (Event::OperationFailed { failure: failure() }, Event::OperationCancelled { failure: failure() });
    check(&[], fail(), Ok(vec![ended.clone()]));
    check(&[began(0, "a", NoUndo), failed(0)], cancel(), Ok(vec![stopped.clone()]));
    for left in [vec![began(0, "a", Undoable)], vec![began(0, "a", Undoable), finished(0), unwinding()]] {
        check(&left, fail(), Err(Refusal::NotUndone { name: "a".into() }));
        check(&left, cancel(), Err(Refusal::NotUndone { name: "a".into() }));
    }
    let undone =
        [began(0, "a", Undoable), unwinding(), Event::UndoBegan { index: 0 }, Event::UndoFinished { index: 0 }];
    check(&undone, fail(), Ok(vec![ended.clone()]));
    check(&undone, cancel(), Ok(vec![stopped]));
    check(&[began(0, "a", Irreversible), failed(0)], fail(), Err(Refusal::Irreversible { name: "a".into() }));
    check(std::slice::from_ref(&ended), fail(), Ok(vec![]));
    check(&[ended], cancel(), in_state("failed"));
}

#[test]
fn a_stuck_operation_goes_back_to_what_it_was_doing() {
    let stuck = || Event::OperationStuck { failure: failure(), left: vec!["role `a`".into()] };
    let give_up = Command::Stick { token: 1, failure: failure(), left: vec!["role `a`".into()] };
    check(&[], give_up.clone(), Ok(vec![stuck()]));
    check(&[stuck()], give_up, Ok(vec![]));
    check(&[stuck()], begin("a", NoUndo), in_state("stuck"));
    let running = fold(&[started(), claimed(1), stuck(), claimed(2)]).unwrap();
    assert_eq!((running.state, running.token), (OperationState::Running, 2));
    let back = fold(&[started(), claimed(1), began(0, "a", Undoable), unwinding(), stuck(), claimed(2)]).unwrap();
    assert_eq!(back.state, OperationState::Unwinding(failure()));
    let step = Step { index: 0, name: "a".parse().unwrap(), undo: Undoable, state: StepState::Began };
    assert_eq!(back.steps, [step]);
}

#[test]
fn an_event_that_cannot_follow_is_corrupt() {
    let provider: PluginId = "docker".parse().unwrap();
    for (given, event) in [
        (vec![], claimed(1)),
        (vec![started()], started()),
        (vec![started(), claimed(1)], finished(0)),
        (vec![started(), claimed(1)], began(1, "a", NoUndo)),
        (vec![started(), claimed(1), Event::OperationFailed { failure: failure() }], claimed(2)),
    ] {
        let operation = fold(&given);
        assert!(operation.as_ref().is_none_or(|operation| operation.provider == provider));
        assert!(evolve(operation, &event).is_err(), "{event:?}");
    }
}
