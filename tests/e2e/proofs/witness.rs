//! Keys of others: a witness that co-signs checkpoints as C2SP's tlog-cosignature says, and hands that forge.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signer, SigningKey};
use sha2::{Digest, Sha256};

/// What a witness's keys are called by their first byte.
const COSIGNATURE: u8 = 4;

/// Somebody who co-signs.
pub(super) struct Witness {
    name: &'static str,
    key: SigningKey,
}

impl Witness {
    /// Of this name, with a key that follows from a number.
    pub(super) fn new(name: &'static str, seed: u8) -> Witness {
        Witness { name, key: SigningKey::from_bytes(&[seed; 32]) }
    }

    /// The public key as text.
    pub(super) fn key(&self) -> String {
        let public = [&[COSIGNATURE], self.key.verifying_key().as_bytes().as_slice()].concat();
        format!("{}+{}+{}\n", self.name, hex::encode(self.id()), STANDARD.encode(public))
    }

    /// The note with one more signature, made at this second since 1970.
    pub(super) fn co_sign(&self, note: &str, seconds: u64) -> String {
        let (text, _) = note.rsplit_once("\n\n").expect("a note has signatures");
        let signature = self.key.sign(format!("cosignature/v1\ntime {seconds}\n{text}\n").as_bytes());
        let bytes = [self.id().as_slice(), &seconds.to_be_bytes(), &signature.to_bytes()].concat();
        format!("{note}\u{2014} {} {}\n", self.name, STANDARD.encode(bytes))
    }

    fn id(&self) -> [u8; 4] {
        let hash = Sha256::new().chain_update(self.name).chain_update(b"\n").chain_update([COSIGNATURE]);
        let hash: [u8; 32] = hash.chain_update(self.key.verifying_key().as_bytes()).finalize().into();
        [hash[0], hash[1], hash[2], hash[3]]
    }
}

/// The note with its first signature under another name and key id: the signature itself stays as it is.
pub(super) fn renamed(note: &str, name: &str, id: &str) -> String {
    let id = hex::decode(id).expect("an id is in hexadecimal");
    with_signature(note, |_, bytes| (name.to_owned(), [id.as_slice(), &bytes[4..]].concat()))
}

/// The note with one bit of its first signature changed.
pub(super) fn spoiled(note: &str) -> String {
    with_signature(note, |name, mut bytes| {
        bytes[20] ^= 1;
        (name.to_owned(), bytes)
    })
}

fn with_signature(note: &str, change: impl FnOnce(&str, Vec<u8>) -> (String, Vec<u8>)) -> String {
    let (text, line) = note.rsplit_once("\n\n\u{2014} ").expect("a note has a signature");
    let (name, bytes) = line.trim_end().split_once(' ').expect("a signature has a name");
    let (name, bytes) = change(name, STANDARD.decode(bytes).expect("a signature is in base64"));
    format!("{text}\n\n\u{2014} {name} {}\n", STANDARD.encode(bytes))
}
