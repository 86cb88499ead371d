//! Reading an export, event by event, whichever form it has.

use std::io::BufRead;

use serde::Deserialize;

use super::{
    ExchangeFormat, ReadError, cloudevents,
    documents::{Documents, Layout},
    ndjson::{self, Announced, Trailer},
};
use crate::{
    LogId, Position,
    recorded::{Rows, StoredEvent},
};

/// An export that is being read; in memory one event at a time.
pub struct Reader<R> {
    documents: Documents<R>,
    format: ExchangeFormat,
    log_id: LogId,
    from: Position,
    /// How many events the file says that it holds, as soon as it says so.
    count: Option<u64>,
    /// An event that was read already.
    peeked: Option<StoredEvent>,
    events: u64,
    /// Hash of the last event.
    head: Vec<u8>,
}

/// What tells which form a first document is of.
#[derive(Deserialize)]
struct Marks {
    systemprompt: Option<serde::de::IgnoredAny>,
    version: Option<u64>,
    specversion: Option<serde::de::IgnoredAny>,
}

impl<R: BufRead> Reader<R> {
    /// Reads the beginning, and says what the file is.
    pub fn open(input: R) -> Result<Self, ReadError> {
        let mut documents = Documents::open(input)?;
        let layout = documents.layout();
        let Some(first) = documents.next()? else { return Err(ReadError::Empty) };
        let marks: Marks = serde_json::from_slice(first)
            .map_err(|error| ReadError::NotAnExport { reason: format!("its first document is no JSON: {error}") })?;
        match (marks, layout) {
            (Marks { systemprompt: Some(_), version, .. }, Layout::Lines) => {
                let announced = announced(first, version)?;
                Ok(Self::new(documents, ExchangeFormat::Ndjson, &announced, None))
            }
            (Marks { specversion: Some(_), .. }, layout) => {
                let read = cloud_event(first, 1)?;
                let from = Position::from_sql(read.event.position).ok_or_else(|| wrong(1, "its `sequence` is 0"))?;
                let announced = Announced { log_id: read.log_id, from, count: 0, redacted: false };
                let format = match layout {
                    Layout::Lines => ExchangeFormat::CloudEvents,
                    Layout::Array => ExchangeFormat::CloudEventsBatch,
                };
                Ok(Self { count: read.count, ..Self::new(documents, format, &announced, Some(read.event)) })
            }
            _ => Err(ReadError::NotAnExport {
                reason: "its first document is neither a header of ours nor a CloudEvent".into(),
            }),
        }
    }

    fn new(
        documents: Documents<R>,
        format: ExchangeFormat,
        announced: &Announced,
        peeked: Option<StoredEvent>,
    ) -> Self {
        let Announced { log_id, from, count, redacted: _ } = *announced;
        let count = peeked.is_none().then_some(count);
        Self { documents, format, log_id, from, count, peeked, events: 0, head: vec![] }
    }

    /// Which form the file has.
    pub const fn format(&self) -> ExchangeFormat {
        self.format
    }

    /// The log that was exported.
    pub const fn log_id(&self) -> LogId {
        self.log_id
    }

    /// Position of the first event.
    pub const fn from(&self) -> Position {
        self.from
    }

    /// Adds the next event; says that there was none after the last one, when all that the file says of itself was
    /// found to hold.
    pub(crate) fn next_into(&mut self, rows: &mut Rows) -> Result<bool, ReadError> {
        let is_one = match self.peeked.take() {
            Some(peeked) => {
                rows.push(&peeked.row());
                true
            }
            None if self.format == ExchangeFormat::Ndjson => self.next_line(rows)?,
            None => self.next_cloud_event(rows)?,
        };
        if let Some(event) = rows.last().filter(|_| is_one) {
            self.events += 1;
            self.head.clear();
            self.head.extend_from_slice(event.hash);
        }
        Ok(is_one)
    }

    fn next_line(&mut self, rows: &mut Rows) -> Result<bool, ReadError> {
        let is_last = self.count == Some(self.events);
        let number = self.documents.number() + 1;
        let Some(document) = self.documents.next()? else { return Err(ReadError::CutOff { events: self.events }) };
        if !is_last {
            // A line that is cut off is the last one and has no end.
            let is_whole = document.ends_with(b"\n");
            return match ndjson::read_event(document, rows) {
                Ok(()) => Ok(true),
                Err(_) if !is_whole => Err(ReadError::CutOff { events: self.events }),
                Err(reason) => Err(ReadError::Document { document: number, reason }),
            };
        }
        let (count, head, digest) = trailer(document, self.events)?;
        self.check_trailer(count, head.as_deref(), &digest)?;
        match self.documents.next()? {
            None => Ok(false),
            Some(_) => Err(ReadError::Trailer { reason: "something follows it".into() }),
        }
    }

    fn check_trailer(&self, count: u64, head: Option<&str>, digest: &str) -> Result<(), ReadError> {
        let differs = |reason: String| Err(ReadError::Trailer { reason });
        if count != self.events {
            return differs(format!("it says {count} events, and there are {}", self.events));
        }
        if head != Some(hex::encode(&self.head).as_str()) {
            return differs("its hash is not that of the last event".to_owned());
        }
        if digest != self.documents.digest_before().to_string() {
            return differs("its digest is not that of the lines before it".to_owned());
        }
        Ok(())
    }

    fn next_cloud_event(&mut self, rows: &mut Rows) -> Result<bool, ReadError> {
        let number = self.documents.number() + 1;
        let (count, log_id, events) = (self.count, self.log_id, self.events);
        let is_batch = self.format == ExchangeFormat::CloudEventsBatch;
        let Some(document) = self.documents.next()? else {
            return match count {
                Some(count) if count == events => Ok(false),
                Some(count) => Err(ReadError::Trailer {
                    reason: format!("its last document says {count} events, and there are {events}"),
                }),
                None => Err(ReadError::CutOff { events }),
            };
        };
        if count.is_some() {
            return Err(wrong(number, "it follows the one that says that it is the last"));
        }
        let is_whole = is_batch || document.ends_with(b"\n");
        let read = match cloud_event(document, number) {
            Err(ReadError::Document { .. }) if !is_whole => return Err(ReadError::CutOff { events }),
            other => other?,
        };
        if read.log_id != log_id {
            return Err(wrong(number, &format!("it is of log `{}`, and those before are of `{log_id}`", read.log_id)));
        }
        self.count = read.count;
        rows.push(&read.event.row());
        Ok(true)
    }
}

fn announced(document: &[u8], version: Option<u64>) -> Result<Announced, ReadError> {
    let known = ndjson::VERSION;
    if let Some(found) = version.filter(|found| *found > known) {
        return Err(ReadError::Newer { found, known });
    }
    let announced = ndjson::read_header(document).map_err(|reason| ReadError::Document { document: 1, reason })?;
    if announced.redacted { Err(ReadError::Redacted) } else { Ok(announced) }
}

fn trailer(document: &[u8], events: u64) -> Result<(u64, Option<String>, String), ReadError> {
    let trailer: Trailer<'_> = match serde_json::from_slice(document) {
        Ok(trailer) => trailer,
        Err(_) if !document.ends_with(b"\n") => return Err(ReadError::CutOff { events }),
        Err(error) => return Err(ReadError::Trailer { reason: format!("its last line cannot be read: {error}") }),
    };
    Ok((trailer.count, trailer.head.map(Into::into), trailer.digest.into()))
}

fn cloud_event(document: &[u8], number: u64) -> Result<cloudevents::Read, ReadError> {
    cloudevents::read(document).map_err(|reason| {
        if cloudevents::is_redacted(document) {
            ReadError::Redacted
        } else {
            ReadError::Document { document: number, reason }
        }
    })
}

fn wrong(document: u64, reason: &str) -> ReadError {
    ReadError::Document { document, reason: reason.to_owned() }
}
