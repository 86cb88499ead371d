//! Checkpoints as C2SP specifies them (tlog-checkpoint): which log, how many events, and the root of the tree over them.

use std::{fmt, str::FromStr};

use base64::{Engine as _, engine::general_purpose::STANDARD};

use crate::{Digest, LogId, name::shown};

/// What the origin of a log of ours begins with; its id follows.
const ORIGIN: &str = "systemprompt/";

/// What a log was at some time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// Which log: a name that nobody else uses.
    pub origin: String,
    /// How many events the tree is over: those at the positions from 1 to this.
    pub size: u64,
    /// The root of the tree.
    pub root: Digest,
}

impl Checkpoint {
    /// The name of a log in its checkpoints, and of the keys that sign them.
    pub fn origin_of(log: LogId) -> String {
        format!("{ORIGIN}{log}")
    }
}

/// The text that is signed.
impl fmt::Display for Checkpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}\n{}\n{}\n", self.origin, self.size, STANDARD.encode(self.root.as_bytes()))
    }
}

/// Takes the text of a note. Lines after the third may say more, and are passed over.
impl FromStr for Checkpoint {
    type Err = InvalidCheckpoint;

    fn from_str(text: &str) -> Result<Self, InvalidCheckpoint> {
        let text = text.strip_suffix('\n').ok_or(InvalidCheckpoint::Lines)?;
        let lines: Vec<_> = text.split('\n').collect();
        let [origin, size, root, ..] = lines[..] else { return Err(InvalidCheckpoint::Lines) };
        if lines.iter().any(|line| line.is_empty()) {
            return Err(InvalidCheckpoint::Lines);
        }
        let number = size.parse::<u64>().ok().filter(|number| number.to_string() == size);
        let number = number.ok_or_else(|| InvalidCheckpoint::Size { given: shown(size) })?;
        let bytes = STANDARD.decode(root).ok().and_then(|bytes| <[u8; 32]>::try_from(bytes).ok());
        let root = Digest::from_bytes(bytes.ok_or_else(|| InvalidCheckpoint::Root { given: shown(root) })?);
        Ok(Self { origin: origin.to_owned(), size: number, root })
    }
}

/// Why the text of a note is not a checkpoint.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidCheckpoint {
    /// Not at least three lines, or an empty one.
    #[error("a checkpoint has three lines or more, and no empty one")]
    Lines,
    /// The second line.
    #[error("`{given}` is no number of events")]
    Size {
        /// What was given, escaped and shortened.
        given: String,
    },
    /// The third line.
    #[error("`{given}` is no root: 32 bytes in base64")]
    Root {
        /// What was given, escaped and shortened.
        given: String,
    },
}
