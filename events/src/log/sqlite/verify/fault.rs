//! What can be wrong with a log.

use super::CheckpointCount;
use crate::{Digest, Head, Position, codec::DecodeError, projection::FoldError, recorded::RowError};

/// What verifying found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verification {
    /// How many events were read.
    pub events: u64,
    /// Where the log ends, computed from the events.
    pub head: Head,
    /// The root of the Merkle tree over the events.
    pub root: Digest,
    /// How many checkpoints the log holds.
    pub checkpoints: CheckpointCount,
    /// What is wrong, in the order of positions; at most 100.
    pub faults: Vec<Fault>,
}

/// Something wrong with the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Where; none when it is about the log as a whole.
    pub position: Option<Position>,
    /// Of what kind.
    pub kind: FaultKind,
    /// In words.
    pub message: String,
}

/// What can be wrong with a log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FaultKind {
    /// Positions are missing.
    Gap,
    /// An event is not what was written, or not after what it was written after.
    Hash,
    /// An event cannot be read.
    Undecodable,
    /// An event is of a type that this program does not know.
    Unknown,
    /// An event's version is not the next of its stream.
    Version,
    /// An event cannot have happened after what happened before.
    Corrupt,
    /// A rule across streams refuses an event: a name that is taken, a tenant that is not there.
    Refused,
    /// The log does not end where its head says.
    Head,
    /// A table is not what follows from the events.
    Projection,
    /// The receipts of requests are not those of the events.
    Receipts,
    /// A table, index or trigger is not as it was made, or a page of the file is damaged.
    Structure,
    /// The file itself cannot be read on.
    Unreadable,
    /// A checkpoint in the log cannot be read, or says something else than its event.
    CheckpointNote,
    /// A checkpoint in the log is not signed by the key that its event names.
    CheckpointSignature,
    /// A checkpoint in the log is over events that come after it.
    CheckpointSize,
    /// The events are not those that a checkpoint in the log is over.
    CheckpointRoot,
    /// The events are not those that a checkpoint held elsewhere is over.
    Rewritten,
    /// The log ends before the end of a checkpoint held elsewhere.
    Truncated,
    /// A checkpoint held elsewhere is of another log.
    Replaced,
}

pub(crate) fn fold_fault(error: &FoldError) -> FaultKind {
    match error {
        FoldError::Version { .. } => FaultKind::Version,
        FoldError::Corrupt(_) => FaultKind::Corrupt,
        FoldError::Stream(_) => FaultKind::Undecodable,
    }
}

pub(crate) fn row_fault(error: &RowError) -> FaultKind {
    match error {
        RowError::Event(DecodeError::Unknown { .. }) => FaultKind::Unknown,
        RowError::Event(DecodeError::Payload { .. } | DecodeError::Field { .. }) | RowError::Column { .. } => {
            FaultKind::Undecodable
        }
    }
}
