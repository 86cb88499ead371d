//! Ids, nonces and passwords: each once, and the same in every run, so that a failure can be looked at twice.

use sha2::{Digest, Sha256};

/// The count that all of them are made of.
#[derive(Debug, Default)]
pub(crate) struct Ids(u64);

impl Ids {
    fn digest(&mut self) -> String {
        self.0 += 1;
        hex::encode(Sha256::digest(self.0.to_be_bytes()))
    }

    fn some(&mut self, length: usize) -> String {
        let mut text = self.digest();
        text.truncate(length);
        text
    }

    /// A number that nothing else has.
    pub(crate) fn number(&mut self) -> u64 {
        self.0 += 1;
        self.0
    }

    pub(crate) fn app(&mut self) -> String {
        self.some(16)
    }

    pub(crate) fn machine(&mut self) -> String {
        self.some(14)
    }

    pub(crate) fn volume(&mut self) -> String {
        format!("vol_{}", self.some(16))
    }

    pub(crate) fn snapshot(&mut self) -> String {
        format!("vs_{}", self.some(16))
    }

    pub(crate) fn cluster(&mut self) -> String {
        self.some(16)
    }

    pub(crate) fn nonce(&mut self) -> String {
        self.some(12)
    }

    pub(crate) fn token(&mut self) -> String {
        format!("fm2_{}", self.digest())
    }

    pub(crate) fn password(&mut self) -> String {
        self.some(24)
    }

    /// In the form of a ULID, later ones sorting behind earlier ones: versions of machines, events, requests.
    pub(crate) fn ulid(&mut self) -> String {
        self.0 += 1;
        format!("01K5{:022}", self.0)
    }
}

/// What Fly shows of a secret in place of its value.
pub(crate) fn digest_of(value: &str) -> String {
    let mut text = hex::encode(Sha256::digest(value));
    text.truncate(16);
    text
}

/// The digest of an image of which only the name is known.
pub(crate) fn image_digest(image: &str) -> String {
    format!("sha256:{}", hex::encode(Sha256::digest(image)))
}
