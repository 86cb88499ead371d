//! The bookkeeping of an operation.

use super::{Operation, OperationState, Step, StepState};
use crate::{Corrupt, OperationEvent};

pub(in crate::aggregate) fn evolve(operation: Option<Operation>, event: &OperationEvent) -> Result<Operation, Corrupt> {
    match (operation, event) {
        (None, OperationEvent::OperationStarted { id, kind, provider, plugin_hash, tenant, input }) => Ok(Operation {
            id: *id,
            kind: kind.clone(),
            provider: provider.clone(),
            plugin_hash: *plugin_hash,
            tenant: tenant.clone(),
            input: input.clone(),
            token: 0,
            holder: String::new(),
            steps: vec![],
            state: OperationState::Running,
            unwinding: None,
            started_at: None,
        }),
        (None, event) => Err(cannot(event, "the operation", "not started")),
        (Some(operation), event) if operation.state.has_ended() => {
            Err(cannot(event, "the operation", operation.state.as_str()))
        }
        (Some(operation), event) => go_on(operation, event),
    }
}

fn go_on(mut operation: Operation, event: &OperationEvent) -> Result<Operation, Corrupt> {
    match event {
        OperationEvent::OperationStarted { .. } => return Err(cannot(event, "the operation", "started")),
        OperationEvent::OperationClaimed { token, holder } => {
            operation.token = *token;
            operation.holder.clone_from(holder);
            if let OperationState::Stuck { .. } = operation.state {
                let unwinding = operation.unwinding.clone();
                operation.state = unwinding.map_or(OperationState::Running, OperationState::Unwinding);
            }
        }
        OperationEvent::StepBegan { index, name, undo } => {
            let step = Step { index: *index, name: name.clone(), undo: *undo, state: StepState::Began };
            let place = usize::try_from(*index).unwrap_or(usize::MAX);
            if place == operation.steps.len() {
                operation.steps.push(step);
            } else {
                *at(&mut operation, *index, event)? = step;
            }
        }
        OperationEvent::StepFinished { index, result } => {
            at(&mut operation, *index, event)?.state = StepState::Finished(result.clone());
        }
        OperationEvent::StepFailed { index, failure } => {
            at(&mut operation, *index, event)?.state = StepState::Failed(failure.clone());
        }
        OperationEvent::UnwindStarted { failure } => {
            operation.unwinding = Some(failure.clone());
            operation.state = OperationState::Unwinding(failure.clone());
        }
        OperationEvent::UndoBegan { index } => at(&mut operation, *index, event)?.state = StepState::Undoing,
        OperationEvent::UndoFinished { index } => at(&mut operation, *index, event)?.state = StepState::Undone,
        OperationEvent::UndoFailed { index, failure } => {
            at(&mut operation, *index, event)?.state = StepState::UndoFailed(failure.clone());
        }
        OperationEvent::OperationSucceeded { result } => operation.state = OperationState::Succeeded(result.clone()),
        OperationEvent::OperationFailed { failure } => operation.state = OperationState::Failed(failure.clone()),
        OperationEvent::OperationCancelled { failure } => operation.state = OperationState::Cancelled(failure.clone()),
        OperationEvent::OperationStuck { failure, left } => {
            operation.state = OperationState::Stuck { failure: failure.clone(), left: left.clone() };
        }
        OperationEvent::OperationAbandoned { left } => {
            operation.state = OperationState::Abandoned { left: left.clone() };
        }
    }
    Ok(operation)
}

fn at<'a>(operation: &'a mut Operation, index: u32, event: &OperationEvent) -> Result<&'a mut Step, Corrupt> {
    let place = usize::try_from(index).unwrap_or(usize::MAX);
    operation.steps.get_mut(place).ok_or_else(|| cannot(event, "the step", "not begun"))
}

fn cannot(event: &OperationEvent, aggregate: &'static str, state: &'static str) -> Corrupt {
    Corrupt { event: crate::codec::operation_kind(event), aggregate, state }
}
