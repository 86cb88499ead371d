//! What makes two requests the same: the digest of what they ask for.

use std::hash::{Hash, Hasher};

use sha2::{Digest as _, Sha256};

use super::Expected;
use crate::{
    Command, Digest, Event, Stream,
    codec::{EncodeError, encode},
};

/// Digest of commands. It serves to recognise a repeated request, and stands in no event: should a later version of
/// this program compute it differently, a repeated request is refused rather than carried out twice.
pub(super) fn of_commands(commands: &[Command]) -> Digest {
    let mut hasher = Sha256Hasher(Sha256::new_with_prefix("commands"));
    commands.hash(&mut hasher);
    Digest::from_bytes(hasher.0.finalize().into())
}

/// Digest of events that are appended as they are.
pub(super) fn of_events(stream: &Stream, expected: Expected, events: &[Event]) -> Result<Digest, EncodeError> {
    let mut hasher = Sha256Hasher(Sha256::new_with_prefix("events"));
    stream.to_string().hash(&mut hasher);
    match expected {
        Expected::Any => "any".hash(&mut hasher),
        Expected::NoStream => "no-stream".hash(&mut hasher),
        Expected::Exact(version) => version.hash(&mut hasher),
    }
    for event in events {
        let encoded = encode(event)?;
        (encoded.kind, encoded.schema, encoded.payload).hash(&mut hasher);
    }
    Ok(Digest::from_bytes(hasher.0.finalize().into()))
}

/// Feeds what `Hash` writes to SHA-256, the same on every platform.
struct Sha256Hasher(Sha256);

impl Hasher for Sha256Hasher {
    fn write(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    fn write_u32(&mut self, number: u32) {
        self.write(&number.to_be_bytes());
    }

    fn write_u64(&mut self, number: u64) {
        self.write(&number.to_be_bytes());
    }

    fn write_usize(&mut self, number: usize) {
        self.write(&(number as u64).to_be_bytes());
    }

    fn write_isize(&mut self, number: isize) {
        self.write(&(number as i64).to_be_bytes());
    }

    fn finish(&self) -> u64 {
        0
    }
}
