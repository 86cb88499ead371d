//! Events of an operation: stream `operation/<id>`.

use crate::{Digest, Failure, Json, OperationId, PluginId, StepName, TenantId, UndoKind};

/// What can happen in an operation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OperationEvent {
    /// It began.
    OperationStarted {
        /// Its id; remote objects are tagged with it.
        id: OperationId,
        /// `create`, `delete`, …: an open set.
        kind: String,
        /// The plugin that performs it.
        provider: PluginId,
        /// Of the plugin's bytes.
        plugin_hash: Digest,
        /// The tenant that it is about; none for what tenants share.
        tenant: Option<TenantId>,
        /// Its arguments.
        input: Json,
    },
    /// A process took it over.
    OperationClaimed {
        /// Fencing token: one up at each claim, from 1. Only the newest may record.
        token: u64,
        /// Which process, in words.
        holder: String,
    },
    /// A step is about to run: from here on its effect may exist.
    StepBegan {
        /// Its place in the operation, from 0.
        index: u32,
        /// Its name, unique within the operation.
        name: StepName,
        /// What can be done about it afterwards.
        undo: UndoKind,
    },
    /// A step has run.
    StepFinished {
        /// Which one.
        index: u32,
        /// What it returned; a resumed operation reads it instead of running the step again.
        result: Json,
    },
    /// A step did not work; its effect may exist all the same.
    StepFailed {
        /// Which one.
        index: u32,
        /// Why.
        failure: Failure,
    },
    /// What was done is being taken back.
    UnwindStarted {
        /// Why.
        failure: Failure,
    },
    /// A step's undo is about to run.
    UndoBegan {
        /// Which step's.
        index: u32,
    },
    /// A step is undone.
    UndoFinished {
        /// Which one.
        index: u32,
    },
    /// A step's undo did not work.
    UndoFailed {
        /// Which step's.
        index: u32,
        /// Why.
        failure: Failure,
    },
    /// It reached what it was for.
    OperationSucceeded {
        /// What it returned.
        result: Json,
    },
    /// It failed, and everything that it did is undone.
    OperationFailed {
        /// Why.
        failure: Failure,
    },
    /// Somebody stopped it, and everything that it did is undone.
    OperationCancelled {
        /// How it was stopped.
        failure: Failure,
    },
    /// It can go neither on nor back without help; it can be resumed.
    OperationStuck {
        /// Why.
        failure: Failure,
        /// What is left where, in words.
        left: Vec<String>,
    },
    /// Somebody gave it up: it is neither finished nor undone, and nobody goes on with it.
    OperationAbandoned {
        /// The steps whose effect may still be there, newest first.
        left: Vec<String>,
    },
}
