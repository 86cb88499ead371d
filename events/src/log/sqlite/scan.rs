//! Reading all events fast: what costs is each row that crosses from the database's thread to ours, so that SQL packs
//! many events into one text, cell by cell, and we take it apart again.

use sqlx::{AssertSqlSafe, Row as _, SqliteConnection};

use super::row::{COLUMNS, unreadable};
use crate::{
    LogError, Position, Recorded,
    recorded::{RowError, StoredEvent},
};

/// Events a round: above this nothing gets faster, and events may be large.
const EVENTS_PER_ROUND: i64 = 500;

/// An event of a scan, or where one stands that cannot be read, and its hash where that can.
pub(super) type Scanned = Result<StoredEvent, UnreadableRow>;

/// A row of table `events` that is not as it was written.
#[derive(Debug)]
pub(super) struct UnreadableRow {
    pub(super) position: Option<Position>,
    pub(super) hash: Option<Vec<u8>>,
    pub(super) error: RowError,
}

/// Where a scan is.
pub(super) struct Scan {
    last: i64,
}

impl Scan {
    /// Before everything, even before positions that cannot be.
    pub(super) const fn new() -> Self {
        Self { last: i64::MIN }
    }

    /// After a position; before everything when there is none.
    pub(super) fn after(position: Option<Position>) -> Self {
        position.map_or_else(Self::new, |position| Self { last: position.sql() })
    }

    /// The next events in the order of positions; none at the end.
    pub(super) async fn next(&mut self, connection: &mut SqliteConnection) -> Result<Vec<Scanned>, sqlx::Error> {
        match self.round(connection, EVENTS_PER_ROUND).await {
            Ok(events) => Ok(events),
            // A page that cannot be read: whatever stands before it can.
            Err(_) => self.round(connection, 1).await,
        }
    }

    async fn round(&mut self, connection: &mut SqliteConnection, limit: i64) -> Result<Vec<Scanned>, sqlx::Error> {
        let which = "WHERE position > ? ORDER BY position LIMIT ?";
        let sql = format!("SELECT {}, max(position) FROM (SELECT {COLUMNS} FROM events {which})", packed_events());
        let query = sqlx::query(AssertSqlSafe(sql)).bind(self.last).bind(limit);
        let row = query.fetch_one(connection).await?;
        // Bytes, because a text that is not UTF-8 must not hide its neighbours.
        let Some(packed) = row.try_get_unchecked::<Option<Vec<u8>>, _>(0)? else { return Ok(vec![]) };
        let last = row.try_get(1)?;
        // In a damaged table they may, and then the next round would find the same events, and so for ever.
        if last <= self.last {
            return Err(sqlx::Error::Decode(format!("positions do not grow: after {} comes {last}", self.last).into()));
        }
        self.last = last;
        Ok(unpacked_events(&packed))
    }
}

/// All events of a query over [`COLUMNS`], packed in its order; NULL where there are none.
pub(super) fn packed_events() -> String {
    let cells: Vec<_> = COLUMNS.split(", ").map(|column| packed_event_cell(column.trim())).collect();
    format!("group_concat(concat({}), '')", cells.join(", "))
}

/// What [`packed_events`] packed.
pub(super) fn unpacked_events(packed: &[u8]) -> Vec<Scanned> {
    let mut rest = packed;
    let mut events = vec![];
    while !rest.is_empty() {
        events.push(event(&mut rest));
    }
    events
}

/// The event that was found.
pub(super) fn scanned(event: Scanned) -> Result<Recorded, LogError> {
    let stored = event.map_err(|event| unreadable(event.position, event.error))?;
    let position = Position::from_sql(stored.position);
    stored.decode().map_err(|error| unreadable(position, error))
}

/// A cell as arguments of `concat`: the first letter of its type, its length in bytes, a colon, and itself. NULL is `n`
/// alone.
pub(super) fn packed_cell(column: &str) -> String {
    packed(column, column)
}

/// The same of an event's column, where blobs are in hexadecimal.
fn packed_event_cell(column: &str) -> String {
    match column {
        "id" | "command_id" | "correlation_id" | "causation_id" | "hash" => {
            packed(column, &format!("iif({column} IS NULL, NULL, hex({column}))"))
        }
        _ => packed(column, column),
    }
}

fn packed(column: &str, shown: &str) -> String {
    // `concat` passes over NULL: what is left of it is the letter. (A chain of `||` would copy what stands before it
    // again and again.)
    let colon = format!("iif({column} IS NULL, NULL, ':')");
    format!("substr(typeof({column}), 1, 1), octet_length({shown}), {colon}, {shown}")
}

/// The events' columns in their order; every cell is taken even after one that is wrong.
fn event(rest: &mut &[u8]) -> Scanned {
    let mut wrong = None;
    let mut cells = Cells { rest, wrong: &mut wrong };
    let event = StoredEvent {
        position: cells.number("position"),
        id: cells.blob("id"),
        stream: cells.text("stream"),
        version: cells.number("version"),
        kind: cells.text("type"),
        schema: cells.number("schema"),
        time: cells.number("time"),
        actor: cells.text("actor"),
        host: cells.text("host"),
        cli: cells.text("cli"),
        command: cells.text("command"),
        command_id: cells.blob("command_id"),
        correlation_id: cells.blob("correlation_id"),
        causation_id: cells.optional_blob("causation_id"),
        payload: cells.text("payload"),
        hash: cells.blob("hash"),
    };
    match wrong {
        None => Ok(event),
        Some(column) => Err(UnreadableRow {
            position: Position::from_sql(event.position),
            hash: (column != "hash").then_some(event.hash),
            error: RowError::Column { column },
        }),
    }
}

/// Takes packed cells apart, and remembers the first column that does not hold what it should.
pub(super) struct Cells<'a, 'b> {
    pub(super) rest: &'a mut &'b [u8],
    pub(super) wrong: &'a mut Option<&'static str>,
}

impl<'b> Cells<'_, 'b> {
    pub(super) fn number(&mut self, column: &'static str) -> i64 {
        let number = self.next(b'i').and_then(|digits| std::str::from_utf8(digits).ok()?.parse().ok());
        self.or_wrong(number, column)
    }

    pub(super) fn text(&mut self, column: &'static str) -> String {
        let text = self.next(b't').and_then(|bytes| std::str::from_utf8(bytes).ok()).map(str::to_owned);
        self.or_wrong(text, column)
    }

    fn blob(&mut self, column: &'static str) -> Vec<u8> {
        let blob = self.next(b'b').and_then(|digits| hex::decode(digits).ok());
        self.or_wrong(blob, column)
    }

    fn optional_blob(&mut self, column: &'static str) -> Option<Vec<u8>> {
        if let Some(rest) = self.rest.strip_prefix(b"n") {
            *self.rest = rest;
            return None;
        }
        Some(self.blob(column))
    }

    fn or_wrong<T: Default>(&mut self, value: Option<T>, column: &'static str) -> T {
        if value.is_none() {
            self.wrong.get_or_insert(column);
        }
        value.unwrap_or_default()
    }

    /// The next cell; none when it is of another type than `letter`.
    fn next(&mut self, letter: u8) -> Option<&'b [u8]> {
        let rest: &'b [u8] = self.rest;
        let (first, after) = rest.split_first()?;
        if *first == b'n' {
            *self.rest = after;
            return None;
        }
        let colon = after.iter().position(|byte| *byte == b':');
        let length = colon.and_then(|colon| std::str::from_utf8(&after[..colon]).ok()?.parse::<usize>().ok());
        let cell = colon.zip(length).and_then(|(colon, length)| after[colon + 1..].split_at_checked(length));
        let (cell, after) = cell.unwrap_or((&[], &[]));
        *self.rest = after;
        (*first == letter).then_some(cell)
    }
}
