//! Signed notes as C2SP specifies them (signed-note): a text, an empty line, and signatures of whoever vouches for it.

use std::{fmt, str::FromStr};

use super::key::VerifierKey;
use base64::{Engine as _, engine::general_purpose::STANDARD};

/// Notes come from elsewhere. A checkpoint has some hundred bytes; the specification wants room for 16 signatures of
/// 5 kB each.
pub const NOTE_BYTES_MAX: usize = 128 << 10;
/// More witnesses than anybody has; each known one costs a verification.
const SIGNATURES_MAX: usize = 64;
/// Em dash and space: what a line with a signature begins with.
const SIGNATURE_BEGINS: &str = "\u{2014} ";
const KEY_ID_BYTES: usize = 4;

/// A text and its signatures, of which nothing is verified yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    text: String,
    signatures: Vec<NoteSignature>,
}

/// A signature that claims to be by the key of this name and id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoteSignature {
    pub(super) name: String,
    pub(super) key_id: [u8; KEY_ID_BYTES],
    pub(super) bytes: Vec<u8>,
}

impl Note {
    /// A text that ends in a line break, and signatures of it, at least one.
    pub(super) fn new(text: String, signatures: Vec<NoteSignature>) -> Self {
        Self { text, signatures }
    }

    /// What is signed: lines, each with its line break.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// All signatures, known or not.
    pub fn signatures(&self) -> &[NoteSignature] {
        &self.signatures
    }

    /// The same text with the signatures of both notes, each once. None if the other has another text.
    #[must_use]
    pub fn joined(mut self, other: &Self) -> Option<Self> {
        if self.text != other.text {
            return None;
        }
        for signature in &other.signatures {
            if !self.signatures.contains(signature) {
                self.signatures.push(signature.clone());
            }
        }
        Some(self)
    }

    /// Whether it can be read again when it is written: signatures and bytes are limited.
    pub fn fits(&self) -> bool {
        self.signatures.len() <= SIGNATURES_MAX && self.to_string().len() <= NOTE_BYTES_MAX
    }

    /// The same text with those signatures only that claim to be by one of these keys.
    #[must_use]
    pub fn signed_by(mut self, keys: &[&VerifierKey]) -> Self {
        self.signatures.retain(|signature| keys.iter().any(|key| key.claims(signature)));
        self
    }
}

/// The note as it is written to a file.
impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.text)?;
        for signature in &self.signatures {
            let bytes = [signature.key_id.as_slice(), &signature.bytes].concat();
            writeln!(f, "{SIGNATURE_BEGINS}{} {}", signature.name, STANDARD.encode(bytes))?;
        }
        Ok(())
    }
}

impl FromStr for Note {
    type Err = InvalidNote;

    fn from_str(note: &str) -> Result<Self, InvalidNote> {
        if note.len() > NOTE_BYTES_MAX {
            return Err(InvalidNote::TooLarge);
        }
        if note.bytes().any(|byte| byte < b' ' && byte != b'\n') {
            return Err(InvalidNote::ControlCharacter);
        }
        let blank = note.rfind("\n\n").ok_or(InvalidNote::NoSignatures)?;
        let (text, lines) = (&note[..=blank], &note[blank + 2..]);
        let lines = lines.strip_suffix('\n').ok_or(InvalidNote::NoSignatures)?;
        let mut signatures = vec![];
        for (line, number) in lines.split('\n').zip(1..) {
            if signatures.len() == SIGNATURES_MAX {
                return Err(InvalidNote::TooManySignatures);
            }
            signatures.push(signature(line).ok_or(InvalidNote::Signature { number })?);
        }
        Ok(Self { text: text.to_owned(), signatures })
    }
}

fn signature(line: &str) -> Option<NoteSignature> {
    let (name, bytes) = line.strip_prefix(SIGNATURE_BEGINS)?.split_once(' ')?;
    let bytes = STANDARD.decode(bytes).ok()?;
    let (key_id, bytes) = bytes.split_first_chunk()?;
    (is_key_name(name) && !bytes.is_empty()).then(|| NoteSignature {
        name: name.to_owned(),
        key_id: *key_id,
        bytes: bytes.to_vec(),
    })
}

/// Names of keys: anything without spaces and plus signs.
pub(super) fn is_key_name(name: &str) -> bool {
    !name.is_empty() && !name.contains(|character: char| character.is_whitespace() || character == '+')
}

/// Why a text is not a signed note.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidNote {
    /// More than 128 KiB.
    #[error("it has more than {} KiB", NOTE_BYTES_MAX >> 10)]
    TooLarge,
    /// A control character other than a line break.
    #[error("it holds a control character")]
    ControlCharacter,
    /// No empty line with whole lines after it.
    #[error("no signatures stand after its last empty line, or the last line does not end")]
    NoSignatures,
    /// More than 64.
    #[error("it has more than {SIGNATURES_MAX} signatures")]
    TooManySignatures,
    /// A line that should be a signature is not one.
    #[error("line {number} after its last empty line is not a signature")]
    Signature {
        /// Which of them, from 1.
        number: usize,
    },
}
