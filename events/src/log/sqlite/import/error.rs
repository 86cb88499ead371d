//! Why a file is not taken in.

use super::{Fault, LogError, LogId, Position, ReadError};

/// Why a file was not imported, or not to its end. What was committed stays: the same command goes on from there.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The file cannot be read as an export.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The log cannot be used.
    #[error(transparent)]
    Log(#[from] LogError),
    /// An event of the file is not what was recorded, or cannot follow.
    #[error("the file cannot be what was exported: {}", fault_text(.0))]
    Fault(Fault),
    /// The history here is another one.
    #[error("the file is of log `{file}`, and the log here is `{here}`")]
    OtherLog {
        /// The id of the log here.
        here: LogId,
        /// The id of the log that was exported.
        file: LogId,
    },
    /// Events are missing before the file's first.
    #[error("the file begins at position {from}, and the log here ends {}", end_text(*end))]
    Gap {
        /// The file's first position.
        from: Position,
        /// Where the log ends.
        end: Option<Position>,
    },
    /// Another event stands there.
    #[error("the event at position {position} is another one here than in the file")]
    Differs {
        /// Where.
        position: Position,
    },
    /// Somebody else writes to the log.
    #[error("another process wrote to the log meanwhile")]
    Changed,
    /// What may occur once only occurs twice.
    #[error("the events up to position {last} hold something twice that occurs once: {reason}")]
    Twice {
        /// Where the events end that were about to be written.
        last: Position,
        /// What the database says.
        reason: String,
    },
}

fn fault_text(fault: &Fault) -> String {
    match fault.position {
        Some(position) => format!("position {position}: {}", fault.message),
        None => fault.message.clone(),
    }
}

fn end_text(end: Option<Position>) -> String {
    end.map_or("before its first event".to_owned(), |end| format!("at position {end}"))
}
