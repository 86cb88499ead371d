//! An operation: a piece of work on the world outside, step by step, resumable and undoable.

mod decide;
mod evolve;

pub(super) use decide::decide;
pub(super) use evolve::evolve;

use crate::{Digest, Failure, Json, OperationId, PluginId, StepName, TenantId, Timestamp, UndoKind};

/// The state of an operation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Operation {
    /// Its id.
    pub id: OperationId,
    /// `create`, `delete`, …: an open set.
    pub kind: String,
    /// The plugin that performs it.
    pub provider: PluginId,
    /// Of the plugin's bytes.
    pub plugin_hash: Digest,
    /// The tenant that it is about.
    pub tenant: Option<TenantId>,
    /// Its arguments.
    pub input: Json,
    /// Of the newest claim; only its holder may record.
    pub token: u64,
    /// Which process claimed it last.
    pub holder: String,
    /// Its steps, in the order in which they first began.
    pub steps: Vec<Step>,
    /// Where it is.
    pub state: OperationState,
    /// Why it is being undone, once it is; a stuck one goes back to that when it is claimed.
    pub unwinding: Option<Failure>,
    /// When it started; known where the operation was read from a log.
    pub started_at: Option<Timestamp>,
}

/// One step of an operation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// Its place, from 0.
    pub index: u32,
    /// Unique within the operation.
    pub name: StepName,
    /// What can be done about it afterwards.
    pub undo: UndoKind,
    /// Where it is.
    pub state: StepState,
}

/// Where a step is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StepState {
    /// Its effect may exist.
    Began,
    /// It has this result.
    Finished(Json),
    /// It did not work; its effect may exist all the same.
    Failed(Failure),
    /// It is being undone.
    Undoing,
    /// It is undone.
    Undone,
    /// Its undo did not work.
    UndoFailed(Failure),
}

impl StepState {
    /// As it is stored and shown.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Began => "began",
            Self::Finished(_) => "finished",
            Self::Failed(_) => "failed",
            Self::Undoing => "undoing",
            Self::Undone => "undone",
            Self::UndoFailed(_) => "undo-failed",
        }
    }
}

/// Where an operation is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OperationState {
    /// On its way.
    Running,
    /// On its way back.
    Unwinding(Failure),
    /// It reached what it was for.
    Succeeded(Json),
    /// It failed, and everything that it did is undone.
    Failed(Failure),
    /// It was stopped, and everything that it did is undone.
    Cancelled(Failure),
    /// It needs help; it can be claimed again.
    Stuck {
        /// Why.
        failure: Failure,
        /// What is left where.
        left: Vec<String>,
    },
    /// Somebody gave it up.
    Abandoned {
        /// The steps whose effect may still be there.
        left: Vec<String>,
    },
}

impl OperationState {
    /// As it is stored and shown.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Unwinding(_) => "unwinding",
            Self::Succeeded(_) => "succeeded",
            Self::Failed(_) => "failed",
            Self::Cancelled(_) => "cancelled",
            Self::Stuck { .. } => "stuck",
            Self::Abandoned { .. } => "abandoned",
        }
    }

    /// Whether nothing can happen to it any more.
    pub const fn has_ended(&self) -> bool {
        match self {
            Self::Running | Self::Unwinding(_) | Self::Stuck { .. } => false,
            Self::Succeeded(_) | Self::Failed(_) | Self::Cancelled(_) | Self::Abandoned { .. } => true,
        }
    }
}

#[cfg(test)]
#[path = "operation_test.rs"]
mod tests;
