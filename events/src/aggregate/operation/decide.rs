//! The rules of an operation.

mod step;
mod undo;

use super::{Operation, OperationState, Step, StepState};
use crate::{OperationCommand, OperationEvent, OperationId, Refusal, UndoKind};

pub(in crate::aggregate) fn decide(
    operation: Option<&Operation>,
    id: OperationId,
    command: OperationCommand,
) -> Result<Vec<OperationEvent>, Refusal> {
    if let OperationCommand::Start { .. } = command {
        return start(operation, id, command);
    }
    let operation = operation.ok_or(Refusal::NoSuchOperation { id })?;
    match command {
        OperationCommand::Start { .. } => Ok(vec![]),
        OperationCommand::Claim { .. } if operation.state.has_ended() => Err(in_state(operation)),
        OperationCommand::Claim { holder } => {
            Ok(vec![OperationEvent::OperationClaimed { token: operation.token.saturating_add(1), holder }])
        }
        OperationCommand::BeginStep { token, name, undo } => {
            step::begin(running(leased(operation, token)?)?, name, undo)
        }
        OperationCommand::FinishStep { token, index, result } => {
            step::finish(running(leased(operation, token)?)?, index, result)
        }
        OperationCommand::FailStep { token, index, failure } => {
            step::fail(running(leased(operation, token)?)?, index, failure)
        }
        OperationCommand::StartUnwind { token, failure } => undo::start(leased(operation, token)?, failure),
        OperationCommand::BeginUndo { token, index } => undo::begin(leased(operation, token)?, index),
        OperationCommand::FinishUndo { token, index } => undo::finish(leased(operation, token)?, index),
        OperationCommand::FailUndo { token, index, failure } => undo::fail(leased(operation, token)?, index, failure),
        OperationCommand::Succeed { token, result } => {
            let operation = leased(operation, token)?;
            if operation.state == OperationState::Succeeded(result.clone()) {
                return Ok(vec![]);
            }
            step::none_open(running(operation)?, None)?;
            Ok(vec![OperationEvent::OperationSucceeded { result }])
        }
        OperationCommand::Fail { token, failure } => {
            let again = OperationState::Failed(failure.clone());
            end_undone(leased(operation, token)?, &again, OperationEvent::OperationFailed { failure })
        }
        OperationCommand::Cancel { token, failure } => {
            let again = OperationState::Cancelled(failure.clone());
            end_undone(leased(operation, token)?, &again, OperationEvent::OperationCancelled { failure })
        }
        OperationCommand::Stick { token, failure, left } => {
            let operation = leased(operation, token)?;
            if operation.state == (OperationState::Stuck { failure: failure.clone(), left: left.clone() }) {
                return Ok(vec![]);
            }
            under_way(operation)?;
            Ok(vec![OperationEvent::OperationStuck { failure, left }])
        }
        OperationCommand::Abandon => abandon(operation),
    }
}

/// Whoever gives it up need not hold the lease: one that nobody can go on with has none. A process that still holds it
/// is refused from then on, because the operation has ended.
fn abandon(operation: &Operation) -> Result<Vec<OperationEvent>, Refusal> {
    match operation.state {
        OperationState::Abandoned { .. } => Ok(vec![]),
        OperationState::Running | OperationState::Unwinding(_) | OperationState::Stuck { .. } => {
            Ok(vec![OperationEvent::OperationAbandoned { left: left(operation) }])
        }
        OperationState::Succeeded(_) | OperationState::Failed(_) | OperationState::Cancelled(_) => {
            Err(in_state(operation))
        }
    }
}

/// The steps whose effect may still be there though it should not be, newest first.
fn left(operation: &Operation) -> Vec<String> {
    let is_left = |step: &&Step| match step.undo {
        UndoKind::None => false,
        UndoKind::Undoable => step.state != StepState::Undone,
        UndoKind::Irreversible => !matches!(step.state, StepState::Finished(_)),
    };
    operation.steps.iter().rev().filter(is_left).map(|step| step.name.to_string()).collect()
}

fn start(
    operation: Option<&Operation>,
    id: OperationId,
    command: OperationCommand,
) -> Result<Vec<OperationEvent>, Refusal> {
    let OperationCommand::Start { kind, provider, plugin_hash, tenant, input, holder } = command else {
        return Ok(vec![]);
    };
    let Some(present) = operation else {
        return Ok(vec![
            OperationEvent::OperationStarted { id, kind, provider, plugin_hash, tenant, input },
            OperationEvent::OperationClaimed { token: 1, holder },
        ]);
    };
    let same = (&present.kind, &present.provider, present.plugin_hash, &present.tenant, &present.input)
        == (&kind, &provider, plugin_hash, &tenant, &input)
        && (present.token, &present.holder) == (1, &holder);
    if same { Ok(vec![]) } else { Err(Refusal::OperationExists { id }) }
}

/// Fail and Cancel both promise that nothing is left.
fn end_undone(
    operation: &Operation,
    again: &OperationState,
    ended: OperationEvent,
) -> Result<Vec<OperationEvent>, Refusal> {
    if operation.state == *again {
        return Ok(vec![]);
    }
    under_way(operation)?;
    nothing_irreversible(operation)?;
    let left = operation.steps.iter().find(|step| step.undo == UndoKind::Undoable && step.state != StepState::Undone);
    match left {
        Some(step) => Err(Refusal::NotUndone { name: step.name.to_string() }),
        None => Ok(vec![ended]),
    }
}

/// Only the holder of the newest lease may record: a process that lost it may still be running.
fn leased(operation: &Operation, token: u64) -> Result<&Operation, Refusal> {
    if operation.token == token {
        return Ok(operation);
    }
    let (id, newest, holder) = (operation.id, operation.token, operation.holder.clone());
    Err(Refusal::LeaseLost { id, token, newest, holder })
}

fn running(operation: &Operation) -> Result<&Operation, Refusal> {
    if operation.state == OperationState::Running { Ok(operation) } else { Err(in_state(operation)) }
}

fn under_way(operation: &Operation) -> Result<(), Refusal> {
    match operation.state {
        OperationState::Running | OperationState::Unwinding(_) => Ok(()),
        OperationState::Succeeded(_)
        | OperationState::Failed(_)
        | OperationState::Cancelled(_)
        | OperationState::Stuck { .. }
        | OperationState::Abandoned { .. } => Err(in_state(operation)),
    }
}

/// A step that cannot be taken back and began may have happened: from there on the only way is forward.
fn nothing_irreversible(operation: &Operation) -> Result<(), Refusal> {
    match operation.steps.iter().find(|step| step.undo == UndoKind::Irreversible) {
        Some(step) => Err(Refusal::Irreversible { name: step.name.to_string() }),
        None => Ok(()),
    }
}

fn in_state(operation: &Operation) -> Refusal {
    Refusal::OperationState { id: operation.id, state: operation.state.as_str() }
}
