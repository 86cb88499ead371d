//! The rules of an operation's way back: newest step first, each until it is undone.

use super::{
    super::{Operation, OperationState, Step, StepState},
    in_state, nothing_irreversible, running, step,
};
use crate::{Failure, OperationEvent, Refusal, UndoKind};

pub(super) fn start(operation: &Operation, failure: Failure) -> Result<Vec<OperationEvent>, Refusal> {
    if let OperationState::Unwinding(_) = operation.state {
        return Ok(vec![]);
    }
    nothing_irreversible(running(operation)?)?;
    Ok(vec![OperationEvent::UnwindStarted { failure }])
}

/// An undo may begin again when it was interrupted or failed.
pub(super) fn begin(operation: &Operation, index: u32) -> Result<Vec<OperationEvent>, Refusal> {
    let step = undoable(operation, index)?;
    if step.state == StepState::Undone {
        return Ok(vec![]);
    }
    let newer = operation.steps.iter().rev().take_while(|newer| newer.index > index);
    let mut left = newer.filter(|newer| newer.undo == UndoKind::Undoable && newer.state != StepState::Undone);
    match left.next() {
        Some(newer) => Err(Refusal::NotUndone { name: newer.name.to_string() }),
        None => Ok(vec![OperationEvent::UndoBegan { index }]),
    }
}

pub(super) fn finish(operation: &Operation, index: u32) -> Result<Vec<OperationEvent>, Refusal> {
    let step = undoable(operation, index)?;
    match step.state {
        StepState::Undoing => Ok(vec![OperationEvent::UndoFinished { index }]),
        StepState::Undone => Ok(vec![]),
        StepState::Began | StepState::Finished(_) | StepState::Failed(_) | StepState::UndoFailed(_) => {
            Err(step::in_state(step))
        }
    }
}

pub(super) fn fail(operation: &Operation, index: u32, failure: Failure) -> Result<Vec<OperationEvent>, Refusal> {
    let step = undoable(operation, index)?;
    match &step.state {
        StepState::Undoing => Ok(vec![OperationEvent::UndoFailed { index, failure }]),
        StepState::UndoFailed(present) if *present == failure => Ok(vec![]),
        StepState::Began
        | StepState::Finished(_)
        | StepState::Failed(_)
        | StepState::Undone
        | StepState::UndoFailed(_) => Err(step::in_state(step)),
    }
}

fn undoable(operation: &Operation, index: u32) -> Result<&Step, Refusal> {
    let OperationState::Unwinding(_) = operation.state else {
        return Err(in_state(operation));
    };
    let step = step::at(operation, index)?;
    match step.undo {
        UndoKind::Undoable => Ok(step),
        UndoKind::None => Err(Refusal::NotUndoable { name: step.name.to_string() }),
        UndoKind::Irreversible => Err(Refusal::Irreversible { name: step.name.to_string() }),
    }
}
