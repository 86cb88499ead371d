//! Reading a damaged file: as much as `SQLite` still gives, around what it does not.

use std::path::{Path, PathBuf};

use sqlx::{ConnectOptions as _, Row as _, SqliteConnection, sqlite::SqliteConnectOptions};

use super::pages::Pages;
use crate::log::sqlite::{
    BEGIN_WRITE, Fault, FaultKind, no_checkpoint,
    row::COLUMNS,
    scan::{self, Scan, Scanned},
    schema::FORMAT,
    sql_error::log_error,
};
use crate::{Digest, FileState, Head, LogError, Position, recorded::StoredEvent};

/// Events that are asked for at a time beyond the damage.
const EVENTS_PER_QUERY: i64 = 500;
/// Events that are taken from the file's bytes at a time.
const EVENTS_PER_ROUND: usize = 500;
/// Numbers of formats to come. A larger one is none, but a flipped bit.
const FORMATS_MAX: i64 = 1_000;
/// Queries beyond the damage that may fail before the rest is given up: each bad page costs about ten.
const FAILURES_MAX: u32 = 100_000;

/// A damaged log that is open for reading, and locked where that is possible.
pub(super) struct Damaged {
    path: PathBuf,
    /// None where `SQLite` does not take the file for a database.
    connection: Option<SqliteConnection>,
    scan: Scan,
    /// Its pages, once they are needed.
    pages: Option<Pages>,
}

/// What stands next in a damaged log.
#[expect(clippy::large_enum_variant, reason = "there are a few at a time, and nearly all are events")]
pub(super) enum Found {
    /// An event, whatever it says.
    Event(StoredEvent),
    /// Something that cannot be read.
    Fault(Fault),
}

impl Damaged {
    /// Opens whatever is there: neither the marks nor the length of the file have to be right.
    pub(super) async fn open(path: &Path) -> Result<Self, LogError> {
        let options = SqliteConnectOptions::new()
            .filename(path)
            // A file that ends too early, or whose tables are not all there, is read as far as it goes.
            .pragma("writable_schema", "on")
            .pragma("wal_autocheckpoint", "0")
            .pragma("trusted_schema", "off");
        let connection = match options.clone().connect().await {
            Ok(connection) => Some(connection),
            Err(_) => options.read_only(true).connect().await.ok(),
        };
        let mut damaged = Self { path: path.to_owned(), connection, scan: Scan::new(), pages: None };
        if let Some(connection) = &mut damaged.connection {
            no_checkpoint::on_close(connection).await.map_err(log_error(path))?;
            match sqlx::raw_sql(BEGIN_WRITE).execute(&mut *connection).await {
                Err(error) if is_busy(&error) => return Err(LogError::Busy),
                // What cannot be locked cannot be written to by others either.
                Ok(_) | Err(_) => {}
            }
            let format: Option<i64> = sqlx::query_scalar("PRAGMA user_version").fetch_one(connection).await.ok();
            if let Some(found) = format.filter(|found| (FORMAT + 1..=FORMATS_MAX).contains(found)) {
                return Err(LogError::Newer { found, known: FORMAT });
            }
        }
        Ok(damaged)
    }

    /// The next events; nothing at the end.
    pub(super) async fn next(&mut self, expected: Position) -> Vec<Found> {
        let unreadable = |message: String| {
            vec![Found::Fault(Fault { position: Some(expected), kind: FaultKind::Unreadable, message })]
        };
        let Some(connection) = &mut self.connection else { return unreadable("the file is not a database".to_owned()) };
        match self.scan.next(connection).await {
            Ok(events) => events.into_iter().map(|event| found(event, expected)).collect(),
            Err(error) => unreadable(format!("the file cannot be read here: {error}")),
        }
    }

    /// Events after `kept` that lie in the file's bytes; none when there is no next one. What comes after them is read
    /// as before.
    pub(super) async fn elsewhere(&mut self, kept: &Head) -> Result<Option<Vec<Found>>, LogError> {
        let last = self.last().await;
        if self.pages.is_none() {
            let pages = Pages::read(&self.path);
            self.pages = Some(pages.map_err(|source| LogError::Io { path: self.path.clone(), source })?);
        }
        let Some(pages) = &mut self.pages else { return Ok(None) };
        let (mut events, mut position, mut hash) = (vec![], kept.position, kept.hash);
        while events.len() < EVENTS_PER_ROUND && last.is_none_or(|last| position < Some(last)) {
            let next = Position::after(position);
            let Some(stored) = pages.event_after(next.sql(), &hash) else { break };
            (position, hash) = (Some(next), stored.hash_after(&hash));
            events.push(Found::Event(stored));
        }
        self.scan = Scan::after(position);
        Ok((!events.is_empty()).then_some(events))
    }

    /// Whether events are missing after the last one, from what the head of the chain says.
    pub(super) async fn missing_tail(&mut self, end: &Head) -> Option<Fault> {
        let last = self.last().await;
        (last > end.position).then(|| {
            let shown = last.map_or("none".to_owned(), |last| last.to_string());
            let message = format!("the events up to position {shown} are missing");
            Fault { position: Some(Position::after(end.position)), kind: FaultKind::Head, message }
        })
    }

    /// The last position that there is any trace of.
    pub(super) async fn last(&mut self) -> Option<Position> {
        const TRACES: [&str; 3] = [
            "SELECT position FROM chain",
            "SELECT max(position) FROM events",
            "SELECT seq FROM sqlite_sequence WHERE name = 'events'",
        ];
        let mut last: Option<Position> = None;
        for trace in TRACES {
            let Some(connection) = &mut self.connection else { break };
            let found: Result<Option<i64>, _> = sqlx::query_scalar(trace).fetch_one(connection).await;
            last = last.max(found.ok().flatten().and_then(Position::from_sql));
        }
        last
    }

    /// Every event between two positions that can be read.
    pub(super) async fn for_each(&mut self, from: Position, to: Position, take: &mut dyn FnMut(StoredEvent)) {
        let mut failures = 0;
        let mut next = from.sql();
        while next <= to.sql() && failures < FAILURES_MAX {
            // A head of which one bit is flipped may name more events than any file holds: only rows that are there count.
            match self.first_from(next).await {
                Ok(Some(first)) => next = first,
                Ok(None) => break,
                Err(_) => failures += 1,
            }
            let end = to.sql().min(next + EVENTS_PER_QUERY - 1);
            // The later half waits while the earlier one is read.
            let mut waiting = vec![(next, end)];
            while let Some((first, last)) = waiting.pop() {
                if let Ok(events) = self.between(first, last).await {
                    events.into_iter().filter_map(Result::ok).for_each(&mut *take);
                    continue;
                }
                failures += 1;
                if first < last {
                    let middle = first + (last - first) / 2;
                    waiting.extend([(middle + 1, last), (first, middle)]);
                }
            }
            next = end + 1;
        }
    }

    /// The first position from `next` on at which there is a row.
    async fn first_from(&mut self, next: i64) -> Result<Option<i64>, sqlx::Error> {
        let Some(connection) = &mut self.connection else { return Ok(None) };
        let query = sqlx::query_scalar("SELECT min(position) FROM events WHERE position >= ?").bind(next);
        query.fetch_one(connection).await
    }

    async fn between(&mut self, first: i64, last: i64) -> Result<Vec<Scanned>, sqlx::Error> {
        let Some(connection) = &mut self.connection else { return Ok(vec![]) };
        let sql = format!("SELECT {COLUMNS} FROM events WHERE position BETWEEN ? AND ? ORDER BY position");
        scan::events(connection, &sql, [first, last], |event| event.map(|row| row.to_stored())).await
    }

    /// What was noted of files beside the log; nothing where that cannot be read.
    pub(super) async fn files(&mut self) -> Vec<(String, FileState)> {
        let Some(connection) = &mut self.connection else { return vec![] };
        let query = sqlx::query("SELECT name, digest, stamp, position FROM files");
        let rows = query.fetch_all(connection).await.unwrap_or_default();
        let file = |row: &sqlx::sqlite::SqliteRow| {
            let digest: Vec<u8> = row.try_get(1).ok()?;
            let position = Position::from_sql(row.try_get(3).ok()?)?;
            let digest = Digest::from_bytes(digest.try_into().ok()?);
            Some((row.try_get(0).ok()?, FileState { digest, stamp: row.try_get(2).ok()?, position }))
        };
        rows.iter().filter_map(file).collect()
    }
}

fn found(event: Scanned, expected: Position) -> Found {
    match event {
        Ok(stored) => Found::Event(stored),
        Err(row) => Found::Fault(Fault {
            position: row.position.or(Some(expected)),
            kind: FaultKind::Undecodable,
            message: row.error.to_string(),
        }),
    }
}

fn is_busy(error: &sqlx::Error) -> bool {
    let code = error.as_database_error().and_then(|error| error.code()?.parse::<i32>().ok());
    code.is_some_and(|code| [libsqlite3_sys::SQLITE_BUSY, libsqlite3_sys::SQLITE_LOCKED].contains(&(code & 0xff)))
}
