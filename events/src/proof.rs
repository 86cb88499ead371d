//! Proofs about the log for somebody who does not have it: a Merkle tree over its events, and signed checkpoints.
//!
//! ```text
//! event ──► leaf ──► Tree ──► root ──► Checkpoint ──► Note, signed by a Signer
//!             │        │                                  │
//!             └── Prover: path to the root                └── VerifierKey: whose it is
//! ```
//!
//! The tree is that of RFC 6962; checkpoints are those of C2SP (tlog-checkpoint, signed-note, tlog-cosignature). All of
//! it is pure: no log, no files, no clock, no source of randomness.

mod checkpoint;
mod document;
mod key;
mod leaf;
mod note;
mod prover;
mod signed;
mod tree;
mod verify;

pub use checkpoint::{Checkpoint, InvalidCheckpoint};
pub use document::{ConsistencyProof, InclusionProof, Moment, ProofFault};
pub use key::{Algorithm, InvalidKey, SignatureFault, Signed, Signer, VerifierKey};
pub use leaf::{EventColumns, InvalidColumns};
pub use note::{InvalidNote, NOTE_BYTES_MAX, Note, NoteSignature};
pub use prover::Prover;
pub use signed::{CheckpointFault, SignedCheckpoint};
pub use tree::Tree;
pub(crate) use tree::leaf_hash;
pub use verify::{PathFault, verify_consistency, verify_inclusion};

#[cfg(test)]
#[path = "proof/document_test.rs"]
mod document_tests;
#[cfg(test)]
#[path = "proof/note_test.rs"]
mod note_tests;
#[cfg(test)]
#[path = "proof/tree_test.rs"]
mod tree_tests;
