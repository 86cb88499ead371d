//! Keys that sign notes: Ed25519, as a log signs its checkpoints, and as a witness co-signs them (C2SP tlog-cosignature).

use std::{fmt, str::FromStr};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};

use super::note::{Note, NoteSignature, is_key_name};
use crate::{Digest, Timestamp, name::shown};

const SIGNATURE_BYTES: usize = 64;
/// Seconds since 1970, in front of a cosignature.
const TIME_BYTES: usize = 8;

/// How a key signs; the number is C2SP's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Algorithm {
    /// The text itself.
    Ed25519 = 0x01,
    /// The text and the time: that the log had grown to this by then, and had lost nothing.
    Cosignature = 0x04,
}

/// The public half of a key, and whose it is: `name+id+key` as text (C2SP's "vkey").
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifierKey {
    name: String,
    algorithm: Algorithm,
    public: VerifyingKey,
}

/// A signature that holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Signed {
    /// When, where the signature says so.
    pub at: Option<Timestamp>,
}

impl VerifierKey {
    /// Of these 32 bytes. None if they are no key, or one under which anything is signed.
    pub fn new(name: &str, algorithm: Algorithm, public: &[u8; 32]) -> Option<Self> {
        let public = VerifyingKey::from_bytes(public).ok().filter(|public| !public.is_weak())?;
        is_key_name(name).then(|| Self { name: name.to_owned(), algorithm, public })
    }

    /// Whose key it is.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The 32 bytes of the key.
    pub fn public(&self) -> &[u8; 32] {
        self.public.as_bytes()
    }

    /// How it signs.
    pub const fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// Verifies that the note is signed by this key.
    ///
    /// Signatures by other keys are passed over. Of several by this key, each has to hold.
    pub fn verify(&self, note: &Note) -> Result<Signed, SignatureFault> {
        let name = || shown(&self.name);
        let mut signed = Err(SignatureFault::Missing { name: name() });
        for signature in note.signatures().iter().filter(|signature| self.claims(signature)) {
            let holds = self.holds(note.text(), &signature.bytes);
            signed = Ok(holds.ok_or_else(|| SignatureFault::Wrong { name: name() })?);
        }
        signed
    }

    /// Whether a signature says that it is by this key.
    pub(super) fn claims(&self, signature: &NoteSignature) -> bool {
        signature.name == self.name && signature.key_id == self.id()
    }

    fn holds(&self, text: &str, bytes: &[u8]) -> Option<Signed> {
        let (at, message, bytes) = match self.algorithm {
            Algorithm::Ed25519 => (None, text.to_owned(), bytes),
            Algorithm::Cosignature => {
                let (seconds, bytes) = bytes.split_first_chunk::<TIME_BYTES>()?;
                let seconds = i64::try_from(u64::from_be_bytes(*seconds)).ok()?;
                let at = Timestamp::from_millis(seconds.checked_mul(1_000)?);
                (Some(at), format!("cosignature/v1\ntime {seconds}\n{text}"), bytes)
            }
        };
        let bytes: &[u8; SIGNATURE_BYTES] = bytes.try_into().ok()?;
        self.public.verify_strict(message.as_bytes(), &Signature::from_bytes(bytes)).ok()?;
        Some(Signed { at })
    }

    /// Finds this key's signatures among others.
    fn id(&self) -> [u8; 4] {
        let public = self.public.as_bytes().as_slice();
        let digest = Digest::of(&[self.name.as_bytes(), b"\n", &[self.algorithm as u8], public].concat());
        let [a, b, c, d, ..] = *digest.as_bytes();
        [a, b, c, d]
    }
}

impl fmt::Display for VerifierKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let key = [&[self.algorithm as u8], self.public.as_bytes().as_slice()].concat();
        write!(f, "{}+{}+{}", self.name, hex::encode(self.id()), STANDARD.encode(key))
    }
}

impl FromStr for VerifierKey {
    type Err = InvalidKey;

    fn from_str(text: &str) -> Result<Self, InvalidKey> {
        let mut parts = text.splitn(3, '+');
        let (Some(name), Some(id), Some(key)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(InvalidKey::Form { given: shown(text) });
        };
        let key = STANDARD.decode(key).ok().ok_or_else(|| InvalidKey::Form { given: shown(text) })?;
        let Some((algorithm, public)) = key.split_first() else {
            return Err(InvalidKey::Form { given: shown(text) });
        };
        let algorithm = match algorithm {
            0x01 => Algorithm::Ed25519,
            0x04 => Algorithm::Cosignature,
            other => return Err(InvalidKey::Algorithm { found: *other }),
        };
        let public = <&[u8; 32]>::try_from(public).ok();
        let key = public.and_then(|public| Self::new(name, algorithm, public));
        let key = key.ok_or_else(|| InvalidKey::Form { given: shown(text) })?;
        if hex::encode(key.id()) == id { Ok(key) } else { Err(InvalidKey::Id { name: shown(name) }) }
    }
}

/// A key with which a log signs its checkpoints.
pub struct Signer {
    name: String,
    key: SigningKey,
}

impl Signer {
    /// The key that follows from these 32 random bytes, which are the secret. None if the name cannot be one.
    pub fn new(name: &str, seed: &[u8; 32]) -> Option<Self> {
        is_key_name(name).then(|| Self { name: name.to_owned(), key: SigningKey::from_bytes(seed) })
    }

    /// What others verify with.
    pub fn verifier(&self) -> VerifierKey {
        VerifierKey { name: self.name.clone(), algorithm: Algorithm::Ed25519, public: self.key.verifying_key() }
    }

    /// The 32 bytes of the public key.
    pub fn public(&self) -> [u8; 32] {
        self.key.verifying_key().to_bytes()
    }

    /// Signs a text that ends in a line break.
    pub fn sign(&self, text: &impl ToString) -> Note {
        let text = text.to_string();
        let bytes = self.key.sign(text.as_bytes()).to_bytes().to_vec();
        let signature = NoteSignature { name: self.name.clone(), key_id: self.verifier().id(), bytes };
        Note::new(text, vec![signature])
    }
}

/// The secret is never shown.
impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Signer").field("name", &self.name).finish_non_exhaustive()
    }
}

/// Why a note is not signed by a key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SignatureFault {
    /// No signature names this key.
    #[error("it is not signed by `{name}` with the key that was given")]
    Missing {
        /// Whose key.
        name: String,
    },
    /// One does, and is not by it.
    #[error("the signature of `{name}` does not hold: the text was changed, or it was signed with another key")]
    Wrong {
        /// Whose key.
        name: String,
    },
}

/// Why a text is not a public key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidKey {
    /// Not three parts, or parts that cannot be.
    #[error("`{given}` is no public key: `name+id+key`, the id in hexadecimal, the key in base64")]
    Form {
        /// What was given, escaped and shortened.
        given: String,
    },
    /// Another way to sign.
    #[error("keys of type {found} are not known: 1 (Ed25519) and 4 (Ed25519 cosignatures) are")]
    Algorithm {
        /// Which one.
        found: u8,
    },
    /// Name, id and key are not of one key.
    #[error("the id of key `{name}` is not that of the key: something was changed or left out when it was copied")]
    Id {
        /// Whose key.
        name: String,
    },
}
