//! Why a file cannot be read as an export, and why an event cannot be written to one.

use super::DOCUMENT_BYTES_MAX;

/// Why a file is not an export, or not a whole one.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The file could not be read.
    #[error("the file cannot be read")]
    Io {
        /// What the operating system says.
        #[from]
        source: std::io::Error,
    },
    /// There is no event in it.
    #[error("the file holds no events")]
    Empty,
    /// It is something else.
    #[error("the file is not an export of a log: {reason}")]
    NotAnExport {
        /// What is there instead.
        reason: String,
    },
    /// A newer program wrote it.
    #[error("the file was exported by a newer version: its format is {found}, and this version knows up to {known}")]
    Newer {
        /// The format's number in the file.
        found: u64,
        /// The newest that this program knows.
        known: u64,
    },
    /// It was made for sharing, and what it says is not what happened.
    #[error("the file is redacted: what it says is not all that happened, so that no history can be made of it")]
    Redacted,
    /// A document is longer than any that is written.
    #[error("document {document} is longer than {DOCUMENT_BYTES_MAX} bytes")]
    TooLong {
        /// Which one, from 1.
        document: u64,
    },
    /// A document is not what it should be.
    #[error("document {document} cannot be read: {reason}")]
    Document {
        /// Which one, from 1.
        document: u64,
        /// What is wrong with it.
        reason: String,
    },
    /// The file ends before it should.
    #[error("the file is cut off after {events} events")]
    CutOff {
        /// How many there are.
        events: u64,
    },
    /// The file's own account of what it holds does not hold.
    #[error("the file does not hold what its end says: {reason}")]
    Trailer {
        /// What differs.
        reason: String,
    },
}

/// Why an event cannot be written to an export.
#[derive(Debug, thiserror::Error)]
pub enum RenderError {
    /// A column does not hold what every event has there.
    #[error("column `{column}` does not hold what it should")]
    Column {
        /// Its name.
        column: &'static str,
    },
    /// CloudEvents know only moments that RFC 3339 can write.
    #[error("its time, {millis} ms, is none that CloudEvents can hold; `ndjson` can")]
    Time {
        /// Milliseconds since 1970.
        millis: i64,
    },
}
