//! Why a log cannot be used, and why a request is not carried out.

use std::path::PathBuf;

use crate::{CommandId, Corrupt, Position, Refusal, Stream, Version, codec::EncodeError};

/// Why a log cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// There is no such file.
    #[error("there is no log at `{}`", path.display())]
    Missing {
        /// Where it should be.
        path: PathBuf,
    },
    /// The file is not a log of ours.
    #[error("`{}` is not an event log", path.display())]
    NotALog {
        /// The file.
        path: PathBuf,
    },
    /// The file's format is newer than this program.
    #[error("the log was made by a newer version: its format is {found}, and this version knows up to {known}")]
    Newer {
        /// The format's number in the file.
        found: i64,
        /// The newest that this program knows.
        known: i64,
    },
    /// What follows from the events was built by another version of this program, and opened for reading it cannot be
    /// built anew.
    #[error("the tables of {} were built by another version", path.display())]
    Outdated {
        /// The file.
        path: PathBuf,
    },
    /// The log holds events that this program does not know, so that it must not write.
    #[error("the log was written by a newer version: this one does not know event `{kind}` of schema {schema}")]
    UnknownEvent {
        /// The first such event, where it is known.
        position: Option<Position>,
        /// The type's name.
        kind: String,
        /// Its schema version.
        schema: u32,
    },
    /// What the log holds cannot be.
    #[error("the log is damaged{}: {reason}", position.map(|at| format!(" at position {at}")).unwrap_or_default())]
    Damaged {
        /// Where, if that is known.
        position: Option<Position>,
        /// What is wrong.
        reason: String,
    },
    /// The log was opened for reading, or the file or its directory cannot be written.
    #[error("the log at `{}` is read-only", path.display())]
    ReadOnly {
        /// The file.
        path: PathBuf,
    },
    /// Another process kept the log for longer than a writer waits.
    #[error("the log is busy: another process has been writing to it for more than 10 seconds")]
    Busy,
    /// The disk is full.
    #[error("the disk that holds the log is full")]
    Full,
    /// The operating system refused.
    #[error("could not use the log at `{}`", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the operating system says.
        source: std::io::Error,
    },
    /// The database refused.
    #[error("could not use the log's database")]
    Database {
        /// What it says.
        source: sqlx::Error,
    },
}

/// Why a request is not carried out. Nothing was recorded.
#[derive(Debug, thiserror::Error)]
pub enum ExecuteError {
    /// A rule says no.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The stream is not where it was expected.
    #[error("`{stream}` is at {}, and not at {}", shown(*found), shown(*expected))]
    Conflict {
        /// Which stream.
        stream: Stream,
        /// Where it was expected; none: before its first event.
        expected: Option<Version>,
        /// Where it is.
        found: Option<Version>,
    },
    /// Something was recorded since the request was thought out.
    #[error("another process recorded something in between")]
    Moved,
    /// The id was that of another request.
    #[error("request `{command_id}` was made before, and asked for something else")]
    CommandReused {
        /// The id.
        command_id: CommandId,
    },
    /// An event to append does not follow from what happened before.
    #[error("cannot append to `{stream}`")]
    CannotFollow {
        /// The stream.
        stream: String,
        /// Why.
        source: Corrupt,
    },
    /// An event cannot be stored.
    #[error(transparent)]
    Encode(#[from] EncodeError),
    /// The log cannot be used.
    #[error(transparent)]
    Log(#[from] LogError),
}

fn shown(version: Option<Version>) -> String {
    version.map_or("its beginning".to_owned(), |version| format!("version {version}"))
}
