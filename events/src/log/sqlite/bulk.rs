//! Writing many events that were recorded elsewhere: rows, what follows from them, receipts and head in one go.

use std::{collections::BTreeSet, mem};

use sqlx::SqliteConnection;

use super::{
    direct::{Direct, sqlx_error},
    projected, row,
    turns::{self, Turns},
};
use crate::{Digest, Head, Position, Timestamp, projection::Change, recorded::StoredEvent};

/// Events of one transaction: enough that its sync does not count, few enough to hold.
const EVENTS_PER_CHUNK: usize = 10_000;
/// The same in bytes of payload, which may be large.
const BYTES_PER_CHUNK: usize = 32 << 20;
/// A request that is longer than so many transactions is not waited for.
const CHUNKS_PER_REQUEST: usize = 4;

/// What waits to be written.
#[derive(Default)]
pub(super) struct Bulk {
    events: Vec<StoredEvent>,
    bytes: usize,
    changes: Vec<(Position, Change)>,
    /// Types that are noted already, in the file or here.
    kinds: BTreeSet<(String, u32)>,
    new_kinds: BTreeSet<(String, u32)>,
    turns: Turns,
    requests: Vec<Request>,
    /// The request of the last event, which may go on; and whether its receipt is written.
    open: Option<(Request, bool)>,
    /// A request that went on after its receipt was written.
    extended: Option<Request>,
    /// Whether any of it was committed.
    pub(super) is_committed: bool,
}

/// Events of one request.
#[derive(Clone)]
struct Request {
    command_id: Vec<u8>,
    first: i64,
    last: i64,
}

impl Bulk {
    /// Passes over an event that is written already.
    pub(super) fn pass(&mut self, stored: &StoredEvent) {
        self.kinds.insert(kind_of(stored));
        self.turns.pass(Timestamp::from_millis(stored.time));
        match &mut self.open {
            Some((request, _)) if request.command_id == stored.command_id => request.last = stored.position,
            _ => self.open = Some((Request::of(stored), true)),
        }
    }

    /// Adds an event and what it changes.
    pub(super) fn add(&mut self, stored: StoredEvent, changes: Vec<(Position, Change)>) {
        let kind = kind_of(&stored);
        if !self.kinds.contains(&kind) {
            self.kinds.insert(kind.clone());
            self.new_kinds.insert(kind);
        }
        match &mut self.open {
            Some((request, _)) if request.command_id == stored.command_id => request.last = stored.position,
            _ => match self.open.replace((Request::of(&stored), false)) {
                Some((request, true)) => self.extended = Some(request),
                Some((request, false)) => self.requests.push(request),
                None => {}
            },
        }
        if let Some(position) = Position::from_sql(stored.position) {
            self.turns.take(position, Timestamp::from_millis(stored.time));
        }
        self.bytes += stored.payload.len();
        self.changes.extend(changes);
        self.events.push(stored);
    }

    /// Whether there is enough for a transaction.
    pub(super) fn is_full(&self) -> bool {
        self.events.len() >= EVENTS_PER_CHUNK || self.bytes >= BYTES_PER_CHUNK
    }

    /// Whether an event belongs to the request of the last one, so that a transaction had better not end between them.
    pub(super) fn goes_on(&self, next: &StoredEvent) -> bool {
        let is_short = self.events.len() < CHUNKS_PER_REQUEST * EVENTS_PER_CHUNK
            && self.bytes < CHUNKS_PER_REQUEST * BYTES_PER_CHUNK;
        is_short && self.open.as_ref().is_some_and(|(request, _)| request.command_id == next.command_id)
    }

    /// Whether nothing waits.
    pub(super) fn is_empty(&self) -> bool {
        self.events.is_empty()
    }

    /// Writes what waits, inside the caller's transaction; `head` is where the log ends then.
    ///
    /// What a request asked for is known where it was made, and only there: its receipt says that it was carried out,
    /// and refuses whoever asks for anything under its id again.
    pub(super) async fn write(&mut self, connection: &mut SqliteConnection, head: &Head) -> Result<(), sqlx::Error> {
        let direct = Direct::lock(connection).await?;
        self.write_all(&direct, head).map_err(sqlx_error)
    }

    fn write_all(&mut self, direct: &Direct<'_>, head: &Head) -> Result<(), rusqlite::Error> {
        row::insert_all(direct, &mem::take(&mut self.events))?;
        self.bytes = 0;
        projected::write_all(direct, &mem::take(&mut self.changes))?;
        note_kinds(direct, &mem::take(&mut self.new_kinds))?;
        turns::note(direct, &self.turns.found())?;
        self.write_receipts(direct)?;
        let position = head.position.map_or(0, Position::sql);
        direct.execute("UPDATE chain SET position = ?, hash = ?", (position, head.hash.as_bytes()))?;
        Ok(())
    }

    fn write_receipts(&mut self, direct: &Direct<'_>) -> Result<(), rusqlite::Error> {
        let mut requests = mem::take(&mut self.requests);
        match &mut self.open {
            Some((request, true)) => self.extended = Some(request.clone()),
            Some((request, is_written)) => {
                requests.push(request.clone());
                *is_written = true;
            }
            None => {}
        }
        if let Some(request) = self.extended.take() {
            let update = "UPDATE receipts SET last = ? WHERE command_id = ?";
            direct.execute(update, (request.last, request.command_id))?;
        }
        let mut insert = direct.prepare("INSERT INTO receipts VALUES (?, ?, ?, ?)")?;
        for request in requests {
            insert.execute((request.command_id, Digest::ZERO.as_bytes(), request.first, request.last))?;
        }
        Ok(())
    }
}

/// Notes types that occur for the first time.
pub(super) fn note_kinds(direct: &Direct<'_>, kinds: &BTreeSet<(String, u32)>) -> Result<(), rusqlite::Error> {
    let mut insert = direct.prepare("INSERT INTO kinds VALUES (?, ?)")?;
    for kind in kinds {
        insert.execute((&kind.0, kind.1))?;
    }
    Ok(())
}

impl Request {
    fn of(stored: &StoredEvent) -> Self {
        Self { command_id: stored.command_id.clone(), first: stored.position, last: stored.position }
    }
}

fn kind_of(stored: &StoredEvent) -> (String, u32) {
    (stored.kind.clone(), u32::try_from(stored.schema).unwrap_or(u32::MAX))
}
