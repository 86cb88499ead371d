//! How an operation ends: from what the provider answered and what is recorded, to the events of its end.

use systemprompt_events::{Failure, FailureKind, Json, OperationCommand};

use super::replay::Replay;

/// The end of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum End {
    /// Done.
    Succeeded(Json),
    /// It failed, and everything was undone.
    Undone(Failure),
    /// The user asked to stop, and everything was undone.
    Cancelled(Failure),
    /// It can neither go on nor back by itself: what is left, and why.
    Stuck {
        /// Why.
        failure: Failure,
        /// Names of the steps whose effect may still be there.
        left: Vec<String>,
        /// Resuming will undo rather than go on.
        undoing: bool,
    },
}

/// Decides how a run ended.
pub fn end(answer: Result<Json, Failure>, replay: &Replay) -> End {
    let failure = match (answer, replay.unwind_reason()) {
        (Ok(result), None) => return End::Succeeded(result),
        // It failed between two steps; its reason was not known when the first undo began.
        (Err(failure), Some(reason)) if reason.code == super::GAVE_UP && failure.kind != FailureKind::Cancelled => {
            failure
        }
        // A provider that reports success while it is being undone has not read the journal's answers.
        (Ok(_) | Err(_), Some(reason)) => reason.clone(),
        (Err(failure), None) => replay.last_failure().unwrap_or(failure),
    };
    if replay.irreversible_began() {
        return End::Stuck { failure, left: replay.unfinished_irreversible(), undoing: false };
    }
    let left = replay.left();
    if !left.is_empty() {
        let failure = replay.undo_failure().unwrap_or(failure);
        return End::Stuck { failure, left, undoing: true };
    }
    match failure.kind {
        FailureKind::Cancelled => End::Cancelled(failure),
        FailureKind::Refused | FailureKind::Retryable | FailureKind::Ambiguous | FailureKind::Broken => {
            End::Undone(failure)
        }
    }
}

impl End {
    /// The command that records it.
    pub fn command(&self, token: u64) -> OperationCommand {
        match self.clone() {
            End::Succeeded(result) => OperationCommand::Succeed { token, result },
            End::Undone(failure) => OperationCommand::Fail { token, failure },
            End::Cancelled(failure) => OperationCommand::Cancel { token, failure },
            End::Stuck { failure, left, .. } => OperationCommand::Stick { token, failure, left },
        }
    }
}
