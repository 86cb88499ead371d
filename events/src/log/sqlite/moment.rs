//! Looking back: which event a moment means, and the tables as they were at it.

use std::fmt::Write as _;

use super::{
    Mode, SqliteLog,
    direct::{Direct, sqlx_error},
    sql_error::log_error,
};
use crate::{EventRef, FindEventError, LogError, Moment, Position, Recorded, Timestamp, projection::Table};

/// The last event that was not later than a time, whatever clocks said before it: in the last stretch of growing times that
/// begins until then, by halving.
const LAST_UNTIL: &str = "
    WITH RECURSIVE stretch(position) AS (
        SELECT coalesce((SELECT t.position FROM turns t, chain c
                         WHERE t.position <= c.position AND t.time <= ?1 ORDER BY t.position DESC LIMIT 1), 0)
    ), search(low, high) AS (
        SELECT s.position,
               coalesce((SELECT min(t.position) - 1 FROM turns t
                         WHERE t.position > s.position AND t.position <= c.position), c.position)
        FROM stretch s, chain c
        UNION ALL
        SELECT iif(e.time <= ?1, e.position, s.low), iif(e.time <= ?1, s.high, e.position - 1)
        FROM search s JOIN events e ON e.position = (s.low + s.high + 1) / 2
        WHERE s.low < s.high
    )
    SELECT low FROM search WHERE low = high";

/// The same where another version of the program built the tables, which may have noted no turns: by all events.
const LAST_UNTIL_OF_ALL: &str = "
    SELECT max(e.position) FROM events e, chain c WHERE e.time <= ?1 AND e.position <= c.position";

/// A table with no more rows than these, and than so many for each open one, is gone through: that is quicker than to step
/// through the keys. A step takes about as long as reading five rows.
const FEW_ROWS: u32 = 64;
const ROWS_OF_A_KEY: u32 = 4;

impl SqliteLog {
    /// The last event of a moment. `now` is what a span is counted from, and what a time cannot be later than.
    pub async fn resolve(&mut self, moment: &Moment, now: Timestamp) -> Result<Recorded, FindMomentError> {
        if let Moment::Event(event) = moment
            && let Some(found) = self.event(event).await?
        {
            return Ok(found);
        }
        let head = self.head().await?;
        let Some(last) = head.position else { return Err(FindMomentError::Empty) };
        let position = match moment {
            Moment::Now => last,
            Moment::Back(count) => {
                let target = last.get().checked_sub(*count).and_then(Position::new);
                target.ok_or(FindMomentError::BeforeTheFirst { last })?
            }
            Moment::Event(_) => return Err(FindMomentError::NoSuchEvent { last }),
            Moment::Time(time) if *time > now.max(head.time.unwrap_or(now)) => return Err(FindMomentError::Future),
            Moment::Time(time) => self.last_until(*time).await?,
            Moment::Ago(span) => {
                let millis = i64::try_from(span.as_millis()).unwrap_or(i64::MAX);
                self.last_until(Timestamp::from_millis(now.millis().saturating_sub(millis))).await?
            }
        };
        self.event(&EventRef::Position(position)).await?.ok_or(FindMomentError::NoSuchEvent { last })
    }

    async fn last_until(&mut self, time: Timestamp) -> Result<Position, FindMomentError> {
        let query = if self.is_current { LAST_UNTIL } else { LAST_UNTIL_OF_ALL };
        let query = sqlx::query_scalar(query).bind(time.millis());
        let position: Option<Option<i64>> =
            query.fetch_optional(&mut self.connection).await.map_err(log_error(&self.path))?;
        position.flatten().and_then(Position::from_sql).ok_or(FindMomentError::BeforeTheBeginning { time })
    }

    /// From now on, all that is read of this log is what it was after the event at `position`, with which it ends; nothing
    /// can be written.
    ///
    /// Each table is shadowed by a view of the rows that held then, so that every query is the same as ever.
    pub async fn look_back(&mut self, position: Position) -> Result<(), LogError> {
        self.mode = Mode::ReadOnly;
        // Each statement would be answered by the database's thread by itself.
        let direct = Direct::lock(&mut self.connection).await.map_err(log_error(&self.path))?;
        shadow(&direct, position.sql()).map_err(|error| log_error(&self.path)(sqlx_error(error)))
    }
}

/// How the rows of a table that held at a position are found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Size {
    /// There are none, and those to come are of later.
    Empty,
    /// All are gone through.
    Short,
    /// Keys are stepped through.
    Long,
}

/// Shadows each table by a view.
///
/// `SQLite` reads the text of a view twice, and compiles it into every query: what is not needed is dear.
fn shadow(direct: &rusqlite::Connection, at: i64) -> rusqlite::Result<()> {
    let mut sql = unshadow(direct)?;
    let _ = write!(
        sql,
        "CREATE TEMP VIEW events AS SELECT * FROM main.events WHERE position <= {at}; \
         CREATE TEMP VIEW chain AS SELECT 1 AS only, position, hash FROM main.events WHERE position = {at};"
    );
    for (table, size) in sizes(direct)? {
        let name = table.name();
        let rows = match size {
            Size::Empty => format!("SELECT * FROM main.{name} WHERE valid_from <= {at}"),
            Size::Short => all_rows_at(table, at),
            Size::Long => rows_at(table, at),
        };
        let _ = write!(sql, "CREATE TEMP VIEW {name} AS {rows};");
    }
    direct.execute_batch(&sql)
}

/// What takes the views of another moment away, if there are any.
fn unshadow(direct: &rusqlite::Connection) -> rusqlite::Result<String> {
    direct.execute_batch("PRAGMA temp_store = MEMORY")?;
    let mut views = direct.prepare("SELECT name FROM sqlite_temp_schema WHERE type = 'view'")?;
    let drops = views.query_map([], |row| Ok(format!("DROP VIEW temp.{};", row.get::<_, String>(0)?)))?;
    drops.collect()
}

/// How long each table is. Those whose keys cannot be stepped through grow with the log: their rows are not even counted.
fn sizes(direct: &rusqlite::Connection) -> rusqlite::Result<Vec<(Table, Size)>> {
    let size = |table: Table| {
        let name = table.name();
        let any = format!("EXISTS (SELECT 1 FROM main.{name})");
        if !table.has_history_index() {
            return any;
        }
        format!(
            "{any} + EXISTS (SELECT 1 FROM main.{name} LIMIT 1 OFFSET \
             {FEW_ROWS} + {ROWS_OF_A_KEY} * (SELECT count(*) FROM main.{name} WHERE valid_to IS NULL))"
        )
    };
    let asked: Vec<_> = Table::ALL.into_iter().map(size).collect();
    direct.query_row(&format!("SELECT {}", asked.join(", ")), [], |row| {
        let size = |(column, table)| {
            Ok((
                table,
                match row.get(column)? {
                    0 => Size::Empty,
                    1 => Size::Short,
                    _ => Size::Long,
                },
            ))
        };
        Table::ALL.into_iter().enumerate().map(size).collect()
    })
}

/// A query for the rows that held at a position, with all columns of the table; they are open, as seen from there.
///
/// Of a table with an index by key, the keys are stepped through, and each one's row is looked up: that takes the same
/// time however often the rows changed.
pub(super) fn rows_at(table: Table, at: i64) -> String {
    if !table.has_history_index() {
        return all_rows_at(table, at);
    }
    let name = table.name();
    format!(
        "WITH RECURSIVE keys(key) AS (SELECT min(key) FROM main.{name} UNION ALL \
         SELECT (SELECT min(n.key) FROM main.{name} n WHERE n.key > k.key) FROM keys k WHERE k.key IS NOT NULL) \
         SELECT {columns} FROM keys k CROSS JOIN main.{name} t ON t.key = k.key AND t.valid_from = \
         (SELECT max(l.valid_from) FROM main.{name} l WHERE l.key = k.key AND l.valid_from <= {at}) \
         WHERE (t.valid_to IS NULL OR t.valid_to > {at})",
        columns = columns(table)
    )
}

/// The same by going through all rows.
fn all_rows_at(table: Table, at: i64) -> String {
    let (name, columns) = (table.name(), columns(table));
    format!(
        "SELECT {columns} FROM main.{name} t WHERE t.valid_from <= {at} AND (t.valid_to IS NULL OR t.valid_to > {at})"
    )
}

fn columns(table: Table) -> String {
    let own = table.columns().iter().filter_map(|column| column.split(' ').next());
    let columns: Vec<_> = std::iter::once("key").chain(own).map(|column| format!("t.{column}")).collect();
    format!("{}, t.valid_from, NULL AS valid_to", columns.join(", "))
}

/// Why a moment cannot be looked at.
#[derive(Debug, thiserror::Error)]
pub enum FindMomentError {
    /// There is no event at all.
    #[error("nothing has happened here yet")]
    Empty,
    /// There are fewer events than steps back.
    #[error("there are only {last} events")]
    BeforeTheFirst {
        /// The last one.
        last: Position,
    },
    /// No event has this position or id.
    #[error("there is no such event; the last one is {last}")]
    NoSuchEvent {
        /// The last one.
        last: Position,
    },
    /// It is later than now.
    #[error("that is in the future")]
    Future,
    /// It is earlier than the first event.
    #[error("nothing had happened here by {time}")]
    BeforeTheBeginning {
        /// The time.
        time: Timestamp,
    },
    /// Several events are meant, or the log cannot be used.
    #[error(transparent)]
    Event(#[from] FindEventError),
    /// The log cannot be used.
    #[error(transparent)]
    Log(#[from] LogError),
}
