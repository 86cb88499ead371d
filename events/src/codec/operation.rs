//! Stored twins of an operation's events.

use crate::{Digest, Failure, Json, OperationEvent, OperationId, PluginId, StepName, TenantId, UndoKind};

twins! {
    OperationEvent in "operation/<id>" {
        OperationStarted @ 1 "The operation began." {
            id: OperationId,
            kind: String,
            provider: PluginId,
            plugin_hash: Digest,
            tenant: Option<TenantId>,
            input: Json,
        }
        OperationClaimed @ 1 "A process took the operation over; only the newest token may record." {
            token: u64,
            holder: String,
        }
        StepBegan @ 1 "A step is about to run: from here on its effect may exist." {
            index: u32,
            name: StepName,
            undo: UndoKind,
        }
        StepFinished @ 1 "A step has run; a resumed operation reads its result instead of running it again." {
            index: u32,
            result: Json,
        }
        StepFailed @ 1 "A step did not work; its effect may exist all the same." { index: u32, failure: Failure }
        UnwindStarted @ 1 "What was done is being taken back." { failure: Failure }
        UndoBegan @ 1 "A step's undo is about to run." { index: u32 }
        UndoFinished @ 1 "A step is undone." { index: u32 }
        UndoFailed @ 1 "A step's undo did not work." { index: u32, failure: Failure }
        OperationSucceeded @ 1 "The operation reached what it was for." { result: Json }
        OperationFailed @ 1 "The operation failed, and everything that it did is undone." { failure: Failure }
        OperationCancelled @ 1 "Somebody stopped the operation, and everything that it did is undone." {
            failure: Failure,
        }
        OperationStuck @ 1 "The operation can go neither on nor back without help; it can be resumed." {
            failure: Failure,
            left: Vec<String>,
        }
        OperationAbandoned @ 1 "Somebody gave the operation up; the effects of the steps that are left may still be there." {
            left: Vec<String>,
        }
    }
}
