//! Writing many events that were recorded elsewhere: rows, what follows from them, receipts and head in one go.

use std::{
    collections::{BTreeMap, BTreeSet},
    mem,
};

use sqlx::SqliteConnection;

use super::{
    direct::{Direct, sqlx_error},
    projected, row,
    turns::{self, Turn, Turns},
};
use crate::{
    Digest, Head, Position, Timestamp,
    projection::Change,
    recorded::{EventRow, Rows},
};

/// Events of one transaction: enough that its sync does not count, few enough to hold.
const EVENTS_PER_CHUNK: usize = 10_000;
/// The same in bytes of text, which may be large.
const BYTES_PER_CHUNK: usize = 32 << 20;
/// A request that is longer than so many transactions is not waited for.
const CHUNKS_PER_REQUEST: usize = 4;

/// Makes events that come one after the other into what is written at once.
#[derive(Default)]
pub(super) struct Bulk {
    next: Chunk,
    /// Types that are noted already, in the file or here.
    kinds: BTreeMap<String, BTreeSet<u32>>,
    turns: Turns,
    /// The request of the last event, which may go on; and whether its receipt is written.
    open: Option<(Request, bool)>,
}

/// What one transaction writes: events, and what follows from them.
#[derive(Default)]
pub(super) struct Chunk {
    events: Rows,
    changes: Vec<(Position, Change)>,
    kinds: BTreeSet<(String, u32)>,
    turns: Vec<Turn>,
    requests: Vec<Request>,
    /// A request that went on after its receipt was written.
    extended: Option<Request>,
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
    pub(super) fn pass(&mut self, row: &EventRow<'_>) {
        self.know(row);
        self.turns.pass(Timestamp::from_millis(row.time));
        match &mut self.open {
            Some((request, _)) if request.command_id == row.command_id => request.last = row.position,
            _ => self.open = Some((Request::of(row), true)),
        }
    }

    /// Adds an event and what it changes.
    pub(super) fn add(&mut self, row: &EventRow<'_>, changes: Vec<(Position, Change)>) {
        if self.know(row) {
            self.next.kinds.insert((row.kind.to_owned(), schema_of(row)));
        }
        match &mut self.open {
            Some((request, _)) if request.command_id == row.command_id => request.last = row.position,
            _ => match self.open.replace((Request::of(row), false)) {
                Some((request, true)) => self.next.extended = Some(request),
                Some((request, false)) => self.next.requests.push(request),
                None => {}
            },
        }
        if let Some(position) = Position::from_sql(row.position) {
            self.turns.take(position, Timestamp::from_millis(row.time));
        }
        self.next.changes.extend(changes);
        self.next.events.push(row);
    }

    /// Notes an event's type; says whether it was not known yet.
    fn know(&mut self, row: &EventRow<'_>) -> bool {
        match self.kinds.get_mut(row.kind) {
            Some(schemas) => schemas.insert(schema_of(row)),
            None => self.kinds.insert(row.kind.to_owned(), BTreeSet::from([schema_of(row)])).is_none(),
        }
    }

    /// Whether there is enough for a transaction.
    pub(super) const fn is_full(&self) -> bool {
        self.next.events.len() >= EVENTS_PER_CHUNK || self.next.events.text_bytes() >= BYTES_PER_CHUNK
    }

    /// Whether an event belongs to the request of the last one, so that a transaction had better not end between them.
    pub(super) fn goes_on(&self, row: &EventRow<'_>) -> bool {
        let is_short = self.next.events.len() < CHUNKS_PER_REQUEST * EVENTS_PER_CHUNK
            && self.next.events.text_bytes() < CHUNKS_PER_REQUEST * BYTES_PER_CHUNK;
        is_short && self.open.as_ref().is_some_and(|(request, _)| request.command_id == row.command_id)
    }

    /// Whether nothing waits.
    pub(super) const fn is_empty(&self) -> bool {
        self.next.events.is_empty()
    }

    /// Hands over what waits to be written.
    pub(super) fn cut(&mut self) -> Chunk {
        match &mut self.open {
            Some((request, true)) => self.next.extended = Some(request.clone()),
            Some((request, is_written)) => {
                self.next.requests.push(request.clone());
                *is_written = true;
            }
            None => {}
        }
        self.next.turns = self.turns.found();
        mem::take(&mut self.next)
    }
}

impl Chunk {
    /// How many events these are.
    pub(super) const fn len(&self) -> usize {
        self.events.len()
    }

    /// Writes all of it, inside the caller's transaction; `head` is where the log ends then.
    ///
    /// What a request asked for is known where it was made, and only there: its receipt says that it was carried out,
    /// and refuses whoever asks for anything under its id again.
    pub(super) async fn write(&self, connection: &mut SqliteConnection, head: &Head) -> Result<(), sqlx::Error> {
        let direct = Direct::lock(connection).await?;
        self.write_all(&direct, head).map_err(sqlx_error)
    }

    fn write_all(&self, direct: &Direct<'_>, head: &Head) -> Result<(), rusqlite::Error> {
        row::insert_all(direct, &self.events)?;
        projected::write_all(direct, &self.changes)?;
        note_kinds(direct, &self.kinds)?;
        turns::note(direct, &self.turns)?;
        self.write_receipts(direct)?;
        let position = head.position.map_or(0, Position::sql);
        direct.execute("UPDATE chain SET position = ?, hash = ?", (position, head.hash.as_bytes()))?;
        Ok(())
    }

    fn write_receipts(&self, direct: &Direct<'_>) -> Result<(), rusqlite::Error> {
        if let Some(request) = &self.extended {
            let update = "UPDATE receipts SET last = ? WHERE command_id = ?";
            direct.execute(update, (request.last, &request.command_id))?;
        }
        let mut insert = direct.prepare("INSERT INTO receipts VALUES (?, ?, ?, ?)")?;
        for request in &self.requests {
            insert.execute((&request.command_id, Digest::ZERO.as_bytes(), request.first, request.last))?;
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
    fn of(row: &EventRow<'_>) -> Self {
        Self { command_id: row.command_id.to_owned(), first: row.position, last: row.position }
    }
}

fn schema_of(row: &EventRow<'_>) -> u32 {
    u32::try_from(row.schema).unwrap_or(u32::MAX)
}
