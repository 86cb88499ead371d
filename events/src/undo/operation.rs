//! The undo of an operation's events: what it came to is the tenant's, and undone there.

use super::Undo;
use crate::OperationEvent;

pub(super) const fn undo(event: &OperationEvent) -> Undo {
    match event {
        OperationEvent::OperationStarted { .. }
        | OperationEvent::OperationClaimed { .. }
        | OperationEvent::StepBegan { .. }
        | OperationEvent::StepFinished { .. }
        | OperationEvent::StepFailed { .. }
        | OperationEvent::UnwindStarted { .. }
        | OperationEvent::UndoBegan { .. }
        | OperationEvent::UndoFinished { .. }
        | OperationEvent::UndoFailed { .. }
        | OperationEvent::OperationSucceeded { .. }
        | OperationEvent::OperationFailed { .. }
        | OperationEvent::OperationCancelled { .. }
        | OperationEvent::OperationStuck { .. }
        | OperationEvent::OperationAbandoned { .. } => Undo::Part,
    }
}
