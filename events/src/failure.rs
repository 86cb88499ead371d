//! How something in the world outside failed, in the words of the plugin contract.

use crate::word::closed_word;

/// What went wrong, for a person and for a program.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Failure {
    /// What the caller can do about it.
    pub kind: FailureKind,
    /// Stable and machine-readable, in kebab-case: `image-missing`.
    pub code: String,
    /// What is wrong and why.
    pub message: String,
    /// What to do now.
    pub help: Option<String>,
}

/// How a call failed, by what the caller can do about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FailureKind {
    /// Somebody has to change something first.
    Refused,
    /// The same call may work later.
    Retryable,
    /// It is not known whether the effect happened.
    Ambiguous,
    /// Something that should not happen did.
    Broken,
    /// The operation was asked to stop.
    Cancelled,
}

impl FailureKind {
    /// Every kind.
    pub const ALL: [Self; 5] = [Self::Refused, Self::Retryable, Self::Ambiguous, Self::Broken, Self::Cancelled];

    /// As it is stored and shown.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Refused => "refused",
            Self::Retryable => "retryable",
            Self::Ambiguous => "ambiguous",
            Self::Broken => "broken",
            Self::Cancelled => "cancelled",
        }
    }
}

/// What can be done about a step afterwards.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum UndoKind {
    /// It leaves nothing that would have to be taken back.
    None,
    /// It has an undo.
    Undoable,
    /// It cannot be taken back.
    Irreversible,
}

impl UndoKind {
    /// Every kind.
    pub const ALL: [Self; 3] = [Self::None, Self::Undoable, Self::Irreversible];

    /// As it is stored and shown.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Undoable => "undoable",
            Self::Irreversible => "irreversible",
        }
    }
}

closed_word!(FailureKind, "a kind of failure", "`refused`, `retryable`, `ambiguous`, `broken`, `cancelled`");
closed_word!(UndoKind, "a kind of undo", "`none`, `undoable`, `irreversible`");
