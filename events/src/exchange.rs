//! Exchange: a log as a file for other programs, and such a file as events again. Pure: bytes in, bytes out.
//!
//! | form | what it is |
//! |---|---|
//! | [`ExchangeFormat::Ndjson`] | a header, one line an event with every column of the log, a trailer |
//! | [`ExchangeFormat::CloudEvents`] | one CloudEvents 1.0 document a line |
//! | [`ExchangeFormat::CloudEventsBatch`] | the same documents as one JSON array |
//!
//! `docs/export-format.md` describes them field by field. What is read is untrusted: a document's length and depth are
//! bounded, and nothing of it is believed before the chain of hashes holds.

mod cloudevents;
mod documents;
mod error;
mod ndjson;
mod reader;
mod redaction;
mod writer;

pub use error::{ReadError, RenderError};
pub use reader::Reader;

pub(crate) use writer::Writer;

use crate::{Digest, LogId, Position, word::closed_word};

/// Longest document that is read: an event's payload of 2 MiB, each byte of it escaped, and room for the rest.
pub(crate) const DOCUMENT_BYTES_MAX: usize = 16 << 20;

/// A form of exchange.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ExchangeFormat {
    /// Header, one line an event, trailer.
    Ndjson,
    /// One CloudEvents document a line.
    CloudEvents,
    /// An array of CloudEvents documents.
    CloudEventsBatch,
}

impl ExchangeFormat {
    /// Every form.
    pub const ALL: [Self; 3] = [Self::Ndjson, Self::CloudEvents, Self::CloudEventsBatch];

    /// As it is typed and shown.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ndjson => "ndjson",
            Self::CloudEvents => "cloudevents",
            Self::CloudEventsBatch => "cloudevents-batch",
        }
    }
}

closed_word!(ExchangeFormat, "a form of export", "`ndjson`, `cloudevents`, `cloudevents-batch`");

/// Which part of which log an export holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Extent {
    /// The log's id.
    pub log_id: LogId,
    /// Position of the first event.
    pub from: Position,
    /// Position of the last event.
    pub to: Position,
    /// Hash of the event before the first; [`Digest::ZERO`] when there is none.
    pub previous: Digest,
    /// Hash of the last event.
    pub head: Digest,
}

impl Extent {
    /// How many events there are.
    pub fn count(&self) -> u64 {
        self.to.get() - self.from.get() + 1
    }
}

#[cfg(test)]
#[path = "exchange/exchange_test.rs"]
mod tests;
