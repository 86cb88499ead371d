//! Proofs as documents that stand for themselves: all that somebody needs besides a public key.
//!
//! They hold nothing but what is proved: a member that is not known, or given twice, would be read by some and not by
//! others, and is refused.

use serde::{Deserialize, Serialize};

use super::{
    CheckpointFault, EventColumns, InvalidColumns, PathFault, SignedCheckpoint, VerifierKey, verify_consistency,
    verify_inclusion,
};
use crate::Digest;

/// That an event is in the log that a checkpoint is of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InclusionProof {
    /// The event, as it is stored.
    pub event: EventColumns,
    /// The hash of its leaf, in hexadecimal.
    pub leaf: String,
    /// How many events the tree is over.
    pub size: u64,
    /// From the leaf to the root: the sibling of each node on the way, in hexadecimal.
    pub path: Vec<String>,
    /// The signed note with the root.
    pub checkpoint: String,
}

/// That a log was only added to between two sizes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConsistencyProof {
    /// What it was.
    pub first: Moment,
    /// What it became.
    pub second: Moment,
    /// From the one root to the other, in hexadecimal.
    pub path: Vec<String>,
}

/// A log at some size.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Moment {
    /// How many events.
    pub size: u64,
    /// The root of the tree over them, in hexadecimal.
    pub root: String,
    /// The signed note with it; none where no checkpoint was signed at this size.
    pub checkpoint: Option<String>,
}

impl InclusionProof {
    /// Verifies that whoever has the key signed a checkpoint of a log with this event in it: the checkpoint of the
    /// document, or one that is held elsewhere, which has to be of the same log and size.
    pub fn verify(&self, key: &VerifierKey, held: Option<&str>) -> Result<SignedCheckpoint, ProofFault> {
        let leaf = self.event.leaf()?;
        if digest(&self.leaf)? != leaf {
            return Err(ProofFault::Event);
        }
        let signed = SignedCheckpoint::read(held.unwrap_or(&self.checkpoint), key)?;
        let size = signed.checkpoint.size;
        if size != self.size {
            return Err(ProofFault::Size { proof: self.size, checkpoint: size });
        }
        let index = self.event.index().filter(|index| *index < size);
        let index = index.ok_or(ProofFault::Position { position: self.event.position, size })?;
        verify_inclusion(index, size, leaf, &digests(&self.path)?, &signed.checkpoint.root)?;
        Ok(signed)
    }
}

impl ConsistencyProof {
    /// Verifies that whoever has the key signed two checkpoints of one log, and that the second continues the first.
    /// Checkpoints that are held elsewhere take the place of those of the document; each of them has to agree with it.
    pub fn verify(&self, key: &VerifierKey, held: &[String]) -> Result<[SignedCheckpoint; 2], ProofFault> {
        let held = held.iter().map(|note| SignedCheckpoint::read(note, key)).collect::<Result<Vec<_>, _>>()?;
        for SignedCheckpoint { checkpoint, .. } in &held {
            let moment = [&self.first, &self.second].into_iter().find(|moment| moment.size == checkpoint.size);
            let moment = moment.ok_or(ProofFault::Size { proof: self.second.size, checkpoint: checkpoint.size })?;
            // Each of them, for two of one size may be of two histories.
            if digest(&moment.root)? != checkpoint.root {
                return Err(ProofFault::Root { size: moment.size });
            }
        }
        let signed = |moment: &Moment| {
            let known = held.iter().find(|held| held.checkpoint.size == moment.size).cloned();
            let signed = match (known, &moment.checkpoint) {
                (Some(known), _) => known,
                (None, Some(note)) => SignedCheckpoint::read(note, key)?,
                (None, None) => return Err(ProofFault::Unsigned { size: moment.size }),
            };
            if signed.checkpoint.size != moment.size {
                return Err(ProofFault::Size { proof: moment.size, checkpoint: signed.checkpoint.size });
            }
            if digest(&moment.root)? == signed.checkpoint.root {
                Ok(signed)
            } else {
                Err(ProofFault::Root { size: moment.size })
            }
        };
        let (first, second) = (signed(&self.first)?, signed(&self.second)?);
        let expected = &first.checkpoint.origin;
        if let Some(other) = held.iter().chain([&second]).find(|other| other.checkpoint.origin != *expected) {
            let (found, expected) = (other.checkpoint.origin.clone(), expected.clone());
            return Err(CheckpointFault::OtherLog { found, expected }.into());
        }
        let roots = (&first.checkpoint.root, &second.checkpoint.root);
        verify_consistency((self.first.size, roots.0), (self.second.size, roots.1), &digests(&self.path)?)?;
        Ok([first, second])
    }
}

fn digests(texts: &[String]) -> Result<Vec<Digest>, ProofFault> {
    texts.iter().map(|text| digest(text)).collect()
}

fn digest(text: &str) -> Result<Digest, ProofFault> {
    Ok(text.parse::<Digest>()?)
}

/// Why a document proves nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProofFault {
    /// A column of the event cannot be one.
    #[error("the proof cannot be read: {0}")]
    Columns(#[from] InvalidColumns),
    /// A digest is not one.
    #[error("the proof cannot be read: {0}")]
    Digest(#[from] crate::InvalidDigest),
    /// The event is not that of the leaf.
    #[error("the event was changed: it is not the one that the proof is of")]
    Event,
    /// The event stands outside of the tree.
    #[error("position {position} is not among the {size} events that the checkpoint is over")]
    Position {
        /// Where the event says that it stands.
        position: i64,
        /// How many events there are.
        size: u64,
    },
    /// The checkpoint is worth nothing.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointFault),
    /// There is no checkpoint at this size.
    #[error("the proof has no signed checkpoint over {size} events")]
    Unsigned {
        /// How many events.
        size: u64,
    },
    /// The checkpoint is of another size.
    #[error("the proof is made for {proof} events, and the checkpoint is over {checkpoint}")]
    Size {
        /// Of the proof.
        proof: u64,
        /// Of the checkpoint.
        checkpoint: u64,
    },
    /// The checkpoint has another root.
    #[error(
        "the root over {size} events is not the one that the checkpoint has: the log is not the one that was signed"
    )]
    Root {
        /// How many events.
        size: u64,
    },
    /// The digests do not lead to the root.
    #[error("the proof does not lead to the checkpoint: {0}")]
    Path(#[from] PathFault),
}
