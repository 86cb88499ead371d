//! The rules of an operation's steps on the way forward.

use super::super::{Operation, Step, StepState};
use crate::{Failure, Json, OperationEvent, Refusal, StepName, UndoKind};

/// A new step begins when every other has finished; one that began or failed may begin again, at its old place.
pub(super) fn begin(operation: &Operation, name: StepName, undo: UndoKind) -> Result<Vec<OperationEvent>, Refusal> {
    let known = operation.steps.iter().find(|step| step.name == name);
    none_open(operation, known)?;
    let Some(step) = known else {
        let index = u32::try_from(operation.steps.len()).unwrap_or(u32::MAX);
        return Ok(vec![OperationEvent::StepBegan { index, name, undo }]);
    };
    match step.state {
        StepState::Began | StepState::Failed(_) if step.undo == undo => {
            Ok(vec![OperationEvent::StepBegan { index: step.index, name, undo }])
        }
        StepState::Began | StepState::Failed(_) => {
            let (was, now) = (step.undo.as_str(), undo.as_str());
            Err(Refusal::StepChanged { name: name.to_string(), was, now })
        }
        StepState::Finished(_) | StepState::Undoing | StepState::Undone | StepState::UndoFailed(_) => {
            Err(Refusal::StepTaken { name: name.to_string() })
        }
    }
}

pub(super) fn finish(operation: &Operation, index: u32, result: Json) -> Result<Vec<OperationEvent>, Refusal> {
    let step = at(operation, index)?;
    match &step.state {
        StepState::Began => Ok(vec![OperationEvent::StepFinished { index, result }]),
        StepState::Finished(present) if *present == result => Ok(vec![]),
        StepState::Finished(_)
        | StepState::Failed(_)
        | StepState::Undoing
        | StepState::Undone
        | StepState::UndoFailed(_) => Err(in_state(step)),
    }
}

pub(super) fn fail(operation: &Operation, index: u32, failure: Failure) -> Result<Vec<OperationEvent>, Refusal> {
    let step = at(operation, index)?;
    match &step.state {
        StepState::Began => Ok(vec![OperationEvent::StepFailed { index, failure }]),
        StepState::Failed(present) if *present == failure => Ok(vec![]),
        StepState::Finished(_)
        | StepState::Failed(_)
        | StepState::Undoing
        | StepState::Undone
        | StepState::UndoFailed(_) => Err(in_state(step)),
    }
}

/// Refused while a step other than `but` has begun and not finished.
pub(super) fn none_open(operation: &Operation, but: Option<&Step>) -> Result<(), Refusal> {
    let open = operation.steps.iter().find(|step| match step.state {
        StepState::Began | StepState::Failed(_) => Some(step.index) != but.map(|but| but.index),
        StepState::Finished(_) | StepState::Undoing | StepState::Undone | StepState::UndoFailed(_) => false,
    });
    match open {
        Some(step) => Err(Refusal::StepOpen { name: step.name.to_string() }),
        None => Ok(()),
    }
}

pub(super) fn at(operation: &Operation, index: u32) -> Result<&Step, Refusal> {
    let place = usize::try_from(index).unwrap_or(usize::MAX);
    operation.steps.get(place).ok_or(Refusal::NoSuchStep { index })
}

pub(super) fn in_state(step: &Step) -> Refusal {
    Refusal::StepState { name: step.name.to_string(), state: step.state.as_str() }
}
