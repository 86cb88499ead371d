//! SHA-256 digests.

use std::{fmt, str::FromStr};

use sha2::{Digest as _, Sha256};

use crate::{name::shown, proof::leaf_hash};

/// A SHA-256 digest; 64 hexadecimal digits as text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest([u8; 32]);

impl Digest {
    /// What stands before the first event of a chain: 32 zero bytes.
    pub const ZERO: Self = Self([0; 32]);

    /// The digest of `bytes`.
    pub fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }

    /// Wraps a digest that was computed elsewhere.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The bytes themselves.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&hex::encode(self.0))
    }
}

impl FromStr for Digest {
    type Err = InvalidDigest;

    fn from_str(text: &str) -> Result<Self, InvalidDigest> {
        let mut bytes = [0; 32];
        hex::decode_to_slice(text, &mut bytes).map_err(|_| InvalidDigest { given: shown(text) })?;
        Ok(Self(bytes))
    }
}

/// A text that is not a SHA-256 digest.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{given}` is not a SHA-256 digest: 64 hexadecimal digits")]
pub struct InvalidDigest {
    /// What was given, escaped and shortened.
    pub given: String,
}

/// Fields one after the other, so that no two different lists of fields have the same bytes: each is preceded by its
/// length. One buffer serves any number of lists.
#[derive(Clone, Debug)]
pub(crate) struct Fields {
    /// Begins with room for what is hashed before the fields.
    bytes: Vec<u8>,
}

/// Room for a digest.
const ROOM: usize = 32;

impl Default for Fields {
    fn default() -> Self {
        Self { bytes: vec![0; ROOM] }
    }
}

impl Fields {
    /// Begins another list.
    pub(crate) fn clear(&mut self) {
        self.bytes.truncate(ROOM);
    }

    /// A field of any length: its length as 8 bytes, most significant first, and its bytes.
    pub(crate) fn bytes(&mut self, bytes: &[u8]) -> &mut Self {
        self.bytes.extend_from_slice(&(bytes.len() as u64).to_be_bytes());
        self.bytes.extend_from_slice(bytes);
        self
    }

    /// The same of a text.
    pub(crate) fn text(&mut self, text: &impl AsRef<str>) -> &mut Self {
        self.bytes(text.as_ref().as_bytes())
    }

    /// A number: 8 bytes, most significant first, two's complement.
    pub(crate) fn number(&mut self, number: i64) -> &mut Self {
        self.bytes.extend_from_slice(&number.to_be_bytes());
        self
    }

    /// The digest of `previous` and the fields.
    pub(crate) fn digest_after(&mut self, previous: &Digest) -> Digest {
        self.bytes[..ROOM].copy_from_slice(previous.as_bytes());
        Digest::of(&self.bytes)
    }

    /// The hash of a leaf of the Merkle tree whose data are the fields.
    pub(crate) fn leaf(&mut self) -> Digest {
        leaf_hash(&mut self.bytes[ROOM - 1..])
    }
}
