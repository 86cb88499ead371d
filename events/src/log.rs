//! The log: where events are appended, and the one function through which every append goes.

mod ahead;
mod body;
mod demand;
mod error;
pub(crate) mod intake;
mod memory;
mod record;
mod sqlite;
pub(crate) mod whole;

pub use error::{ExecuteError, LogError};
pub use memory::MemoryLog;
pub use sqlite::{Against, CheckpointCount, Fault, FaultKind, Verification};
pub use sqlite::{
    Blamed, CheckedImport, Consistency, Covering, EventRef, ExportError, ExportRequest, Exported, FileState, FileView,
    FindEventError, FindMomentError, HistoryFilter, ImportError, Imported, Inclusion, InvalidEventRef, Lost, NewLog,
    Notes, Overview, Rebuilt, RebuiltTable, Repaired, SqliteLog,
};
pub use sqlite::{Held, Timeline};

use std::future::Future;

use uuid::Uuid;

use crate::{Command, CommandId, Digest, Event, EventId, Position, Provenance, Recorded, Stream, Timestamp, Version};

/// Makes the id of the next event.
pub type EventIds<'a> = &'a mut (dyn FnMut() -> EventId + Send);

/// A request: commands that are decided, appended and projected together, in order, each seeing what the former did.
pub struct Append<'a> {
    /// What is asked for.
    pub commands: Vec<Command>,
    /// Of the request. The same id with the same commands gets the first receipt; with others it is an error.
    /// (A request that led to no event is not remembered: asked again, it is decided again.)
    pub command_id: CommandId,
    /// What belongs together across requests.
    pub correlation_id: Uuid,
    /// The event that led to it.
    pub causation_id: Option<EventId>,
    /// When it happens.
    pub time: Timestamp,
    /// Ids for its events.
    pub ids: EventIds<'a>,
}

/// Events to append as they are, without rules of their stream: what was decided elsewhere.
pub struct Entry<'a> {
    /// The stream that they belong to.
    pub stream: Stream,
    /// Where the stream must be.
    pub expected: Expected,
    /// What happened.
    pub events: Vec<Event>,
    /// As in [`Append`].
    pub command_id: CommandId,
    /// As in [`Append`].
    pub correlation_id: Uuid,
    /// As in [`Append`].
    pub causation_id: Option<EventId>,
    /// As in [`Append`].
    pub time: Timestamp,
    /// As in [`Append`].
    pub ids: EventIds<'a>,
}

/// Where a stream must be for an append to happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expected {
    /// Anywhere.
    Any,
    /// Before its first event.
    NoStream,
    /// At this version.
    Exact(Version),
}

/// What became of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// Of the request.
    pub command_id: CommandId,
    /// Position of its first event; none when all was as it should be already.
    pub first: Option<Position>,
    /// Position of its last event.
    pub last: Option<Position>,
    /// Ids of its events, in order.
    pub events: Vec<EventId>,
    /// Whether the request had been carried out before, and this is what became of it then.
    pub replayed: bool,
}

/// Where a log ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// Of the last event.
    pub position: Option<Position>,
    /// Of the last event, and so of everything; [`Digest::ZERO`] when there is none.
    pub hash: Digest,
    /// Of the last event.
    pub time: Option<Timestamp>,
}

/// A log. One conformance suite holds for every implementation.
pub trait EventLog {
    /// Where the log ends.
    fn head(&mut self) -> impl Future<Output = Result<Head, LogError>> + Send;

    /// Up to `limit` events after a position, oldest first.
    fn read(
        &mut self,
        after: Option<Position>,
        limit: u32,
    ) -> impl Future<Output = Result<Vec<Recorded>, LogError>> + Send;

    /// Decides commands and appends what follows, all or nothing.
    fn execute(
        &mut self,
        provenance: &Provenance,
        append: Append<'_>,
    ) -> impl Future<Output = Result<Receipt, ExecuteError>> + Send;

    /// Appends events as they are, all or nothing.
    fn append(
        &mut self,
        provenance: &Provenance,
        entry: Entry<'_>,
    ) -> impl Future<Output = Result<Receipt, ExecuteError>> + Send;
}
