//! How a call fails, sorted by what the caller can do about it.

use std::fmt;

use serde::{Deserialize, Serialize};

/// How a call failed, by what the caller can do about it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Failure {
    /// The request cannot be carried out as it stands; somebody has to change something first.
    Refused(Detail),
    /// The other side is not there or not ready; the same call may work later.
    Retryable(Detail),
    /// It is not known whether the effect happened.
    Ambiguous(Detail),
    /// Something that should not happen did.
    Broken(Detail),
    /// The host asked the operation to stop.
    Cancelled(Detail),
}

/// What went wrong, for a person and for a program.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Detail {
    /// Stable and machine-readable, in kebab-case: `image-missing`, `port-taken`.
    pub code: String,
    /// What is wrong and why: lower case, no full stop.
    pub message: String,
    /// What to do now, best a command to type.
    pub help: Option<String>,
    /// A JSON document with whatever else a program may want to know.
    pub ext: Option<String>,
}

impl Failure {
    /// Somebody has to change something before the request can work.
    pub fn refused(code: &str, message: impl Into<String>) -> Self {
        Self::Refused(Detail::new(code, message.into()))
    }

    /// The same call may work later.
    pub fn retryable(code: &str, message: impl Into<String>) -> Self {
        Self::Retryable(Detail::new(code, message.into()))
    }

    /// The effect may have happened, or may not.
    pub fn ambiguous(code: &str, message: impl Into<String>) -> Self {
        Self::Ambiguous(Detail::new(code, message.into()))
    }

    /// A bug, here or on the other side.
    pub fn broken(code: &str, message: impl Into<String>) -> Self {
        Self::Broken(Detail::new(code, message.into()))
    }

    /// The host asked to stop.
    pub fn cancelled(code: &str, message: impl Into<String>) -> Self {
        Self::Cancelled(Detail::new(code, message.into()))
    }

    /// Says what to do now, best a command to type.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.detail_mut().help = Some(help.into());
        self
    }

    /// Says what to do now, unless something is said already.
    #[must_use]
    pub fn or_help(mut self, help: impl Into<String>) -> Self {
        self.detail_mut().help.get_or_insert_with(|| help.into());
        self
    }

    /// What went wrong.
    pub fn detail(&self) -> &Detail {
        match self {
            Self::Refused(detail)
            | Self::Retryable(detail)
            | Self::Ambiguous(detail)
            | Self::Broken(detail)
            | Self::Cancelled(detail) => detail,
        }
    }

    /// The stable code of what went wrong.
    pub fn code(&self) -> &str {
        &self.detail().code
    }

    /// Whether the same call may work later.
    pub fn is_retryable(&self) -> bool {
        matches!(self, Self::Retryable(_))
    }

    fn detail_mut(&mut self) -> &mut Detail {
        match self {
            Self::Refused(detail)
            | Self::Retryable(detail)
            | Self::Ambiguous(detail)
            | Self::Broken(detail)
            | Self::Cancelled(detail) => detail,
        }
    }
}

impl Detail {
    fn new(code: &str, message: String) -> Self {
        Self { code: code.to_owned(), message, help: None, ext: None }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.detail().message)
    }
}

impl std::error::Error for Failure {}
