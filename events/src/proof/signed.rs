//! A checkpoint together with the signature that makes it worth something.

use super::{Algorithm, Checkpoint, InvalidCheckpoint, InvalidNote, Note, SignatureFault, Signed, VerifierKey};
use crate::name::shown;

/// A checkpoint whose signature by one key holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedCheckpoint {
    /// What is signed.
    pub checkpoint: Checkpoint,
    /// The whole note.
    pub note: Note,
    /// What the signature says besides.
    pub signed: Signed,
}

impl SignedCheckpoint {
    /// Reads a note and verifies its signature by a key: of the log itself, or of a witness.
    ///
    /// The key of a log is one under the name of that log: under another name the same key is of another log.
    pub fn read(note: &str, key: &VerifierKey) -> Result<Self, CheckpointFault> {
        let note: Note = note.parse()?;
        let checkpoint: Checkpoint = note.text().parse()?;
        let signed = key.verify(&note)?;
        if key.algorithm() == Algorithm::Ed25519 && key.name() != checkpoint.origin {
            let (found, expected) = (shown(&checkpoint.origin), shown(key.name()));
            return Err(CheckpointFault::OtherLog { found, expected });
        }
        Ok(Self { checkpoint, note, signed })
    }
}

/// Why a checkpoint is worth nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CheckpointFault {
    /// Not a signed note.
    #[error("the checkpoint is no signed note: {0}")]
    Note(#[from] InvalidNote),
    /// A note about something else.
    #[error("the note is no checkpoint: {0}")]
    Text(#[from] InvalidCheckpoint),
    /// Not signed by the key, or changed.
    #[error("the checkpoint cannot be trusted: {0}")]
    Signature(#[from] SignatureFault),
    /// It is of another log.
    #[error("the checkpoint is of log `{found}`, and not of `{expected}`")]
    OtherLog {
        /// The log that it is of.
        found: String,
        /// The log that it should be of.
        expected: String,
    },
}
