//! Reading all events fast: each is looked at where it lies, and copied only by whoever keeps it.

use rusqlite::{Row, types::ValueRef};
use sqlx::SqliteConnection;

use super::{
    direct::{Direct, sqlx_error},
    row::COLUMNS,
};
use crate::{
    Position,
    recorded::{EventRow, RowError, StoredEvent},
};

/// Events a round: above this nothing gets faster.
const EVENTS_PER_ROUND: usize = 1_000;
/// The same in bytes of payload, which may be large.
const BYTES_PER_ROUND: usize = 4 << 20;

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
        let mut events = vec![];
        self.each(connection, |event| events.push(event.map(|row| row.to_stored()))).await?;
        Ok(events)
    }

    /// Takes the next events where they lie; says how many there were, none at the end. Before a page that cannot be
    /// read are those that can.
    pub(super) async fn each(
        &mut self,
        connection: &mut SqliteConnection,
        mut take: impl FnMut(Result<EventRow<'_>, UnreadableRow>),
    ) -> Result<usize, sqlx::Error> {
        let direct = Direct::lock(connection).await?;
        let sql = format!("SELECT {COLUMNS} FROM events WHERE position > ? ORDER BY position");
        let mut statement = direct.prepare(&sql).map_err(sqlx_error)?;
        let mut rows = statement.query([self.last]).map_err(sqlx_error)?;
        let (mut events, mut bytes, mut last) = (0, 0, self.last);
        while events < EVENTS_PER_ROUND && bytes < BYTES_PER_ROUND {
            match rows.next() {
                Ok(Some(row)) => {
                    let position = row.get(0).map_err(sqlx_error)?;
                    // In a damaged table they may, and then the same events would be found again, and so for ever.
                    if position <= self.last && events == 0 {
                        let message = format!("positions do not grow: after {} comes {position}", self.last);
                        return Err(sqlx::Error::Decode(message.into()));
                    } else if position <= self.last {
                        break;
                    }
                    last = last.max(position);
                    let event = event(row);
                    bytes += event.as_ref().map_or(0, |event| event.payload.len());
                    events += 1;
                    take(event);
                }
                Err(error) if events == 0 => return Err(sqlx_error(error)),
                Ok(None) | Err(_) => break,
            }
        }
        self.last = last;
        Ok(events)
    }
}

/// What `take` makes of the events of a query over all [`COLUMNS`].
pub(super) async fn events<T>(
    connection: &mut SqliteConnection,
    sql: &str,
    arguments: impl rusqlite::Params + Send,
    mut take: impl FnMut(Result<EventRow<'_>, UnreadableRow>) -> T + Send,
) -> Result<Vec<T>, sqlx::Error> {
    let direct = Direct::lock(connection).await?;
    let mut statement = direct.prepare(sql).map_err(sqlx_error)?;
    let rows = statement.query_map(arguments, |row| Ok(take(event(row)))).map_err(sqlx_error)?;
    rows.map(|row| row.map_err(sqlx_error)).collect()
}

/// The event in a row that begins with all [`COLUMNS`]; every cell is looked at even after one that is wrong.
pub(super) fn event<'a>(row: &'a Row<'_>) -> Result<EventRow<'a>, UnreadableRow> {
    let mut cells = Cells { row, next: 0, wrong: None };
    let event = EventRow {
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
    match cells.wrong {
        None => Ok(event),
        Some(column) => Err(UnreadableRow {
            position: Position::from_sql(event.position),
            hash: (column != "hash").then(|| event.hash.to_owned()),
            error: RowError::Column { column },
        }),
    }
}

/// Takes the cells of a row one after the other, and remembers the first column that does not hold what it should.
struct Cells<'a, 'b> {
    row: &'a Row<'b>,
    next: usize,
    wrong: Option<&'static str>,
}

impl<'a> Cells<'a, '_> {
    fn number(&mut self, column: &'static str) -> i64 {
        match self.cell() {
            Some(ValueRef::Integer(number)) => number,
            _ => self.is_wrong(column),
        }
    }

    fn text(&mut self, column: &'static str) -> &'a str {
        match self.cell() {
            Some(ValueRef::Text(bytes)) => match std::str::from_utf8(bytes) {
                Ok(text) => text,
                Err(_) => self.is_wrong(column),
            },
            _ => self.is_wrong(column),
        }
    }

    fn blob(&mut self, column: &'static str) -> &'a [u8] {
        match self.cell() {
            Some(ValueRef::Blob(bytes)) => bytes,
            _ => self.is_wrong(column),
        }
    }

    fn optional_blob(&mut self, column: &'static str) -> Option<&'a [u8]> {
        match self.cell() {
            Some(ValueRef::Null) => None,
            Some(ValueRef::Blob(bytes)) => Some(bytes),
            _ => Some(self.is_wrong(column)),
        }
    }

    fn cell(&mut self) -> Option<ValueRef<'a>> {
        self.next += 1;
        self.row.get_ref(self.next - 1).ok()
    }

    fn is_wrong<T: Default>(&mut self, column: &'static str) -> T {
        self.wrong.get_or_insert(column);
        T::default()
    }
}
