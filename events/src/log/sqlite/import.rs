//! Importing an export: every event is checked before the first one is written, and again while they are.

mod error;
mod fresh;
mod taking;

pub use error::ImportError;
pub use fresh::NewLog;

use std::{collections::VecDeque, io::BufRead, path::Path};

use sqlx::{AssertSqlSafe, Connection as _, SqliteConnection, error::DatabaseError};

use self::taking::{Taken, Taking};
use super::{
    BEGIN_WRITE, Fault, SqliteLog,
    beginning::Kept,
    bulk::{Bulk, Chunk},
    checkpoint, export, read_head, recent,
    scan::Scan,
    sql_error::log_error,
};
use crate::{
    Event, ExchangeFormat, Head, LogError, LogId, Position, ProjectEvent, ReadError, Reader, codec,
    log::ahead::{Ahead, Read},
    log::intake::Intake,
    projection::Change,
    recorded::{EventRow, StoredEvent},
};

/// The database's cache while many events are written: a transaction that does not fit in it is written twice.
const BULK_CACHE_KIB: u32 = 64 << 10;
/// The database's cache otherwise, as it is without being asked.
const CACHE_KIB: u32 = 2_000;

/// What an event changes.
type Changes = Vec<(Position, Change)>;

/// What was imported.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Imported {
    /// The log that was exported.
    pub log_id: LogId,
    /// The file's form.
    pub format: ExchangeFormat,
    /// How many events the file holds.
    pub events: u64,
    /// How many of them were there already.
    pub known: u64,
    /// Where the log ends now.
    pub head: Head,
}

/// A file that was checked whole against a log: nothing of it is written yet.
pub struct CheckedImport {
    /// Where the log ended then.
    head: Head,
    /// What stands before the file's first event.
    before: (Intake, Bulk),
    found: Imported,
}

impl CheckedImport {
    /// Whether the file holds an event that is not here yet.
    pub fn brings_something(&self) -> bool {
        self.found.events > self.found.known
    }
}

impl SqliteLog {
    /// Takes in the events of a file that are not here yet. `open` opens the file, twice: once to check all of it
    /// while nothing is written, and once to write.
    pub async fn import<R: BufRead + Send + 'static>(
        &mut self,
        open: &mut dyn FnMut() -> Result<Reader<R>, ReadError>,
    ) -> Result<Imported, ImportError> {
        let checked = self.check_import(open()?).await?;
        self.finish_import(checked, open, &mut false).await
    }

    /// Checks all of a file, and writes nothing.
    pub async fn check_import<R: BufRead + Send + 'static>(
        &mut self,
        reader: Reader<R>,
    ) -> Result<CheckedImport, ImportError> {
        self.must_be_writable()?;
        if !self.checked {
            recent::check(&mut self.connection, &self.path).await?;
            self.checked = true;
        }
        let head = read_head(&mut self.connection, &self.path).await?;
        self.check_beginning(&reader, &head).await?;
        let (mut intake, mut bulk) = (Intake::new(), Bulk::default());
        self.pass_before(reader.from(), &mut intake, &mut bulk).await?;
        let found = self.look(reader, intake.clone(), head).await?;
        Ok(CheckedImport { head, before: (intake, bulk), found })
    }

    /// Writes what a file that was checked brings. What is written is committed every so many events, with what follows
    /// from them; whether any of it was is said in `is_written`, also where this ends in an error.
    pub async fn finish_import<R: BufRead + Send + 'static>(
        &mut self,
        checked: CheckedImport,
        open: &mut dyn FnMut() -> Result<Reader<R>, ReadError>,
        is_written: &mut bool,
    ) -> Result<Imported, ImportError> {
        let CheckedImport { head, before: (intake, bulk), mut found } = checked;
        if found.events == found.known {
            return Ok(found);
        }
        self.kept = Kept::default();
        self.set_cache(BULK_CACHE_KIB).await?;
        let taking = Taking::begin(open()?, intake, bulk, head)?;
        let ran = self.write(taking, head, is_written).await;
        self.set_cache(CACHE_KIB).await?;
        checkpoint::when_large(&mut self.connection, &self.path).await;
        let (written, head) = ran?;
        found.events = found.known + written;
        found.head = head;
        Ok(found)
    }

    /// Writes one transaction after the other; says how many events that were, and where the log ends now.
    async fn write(&mut self, taking: Taking, head: Head, is_written: &mut bool) -> Result<(u64, Head), ImportError> {
        let (mut written, mut end) = (0, head);
        for taken in taking {
            let Taken { chunk, end: next } = taken?;
            self.commit(&chunk, &end, &next).await?;
            *is_written = true;
            (written, end) = (written + chunk.len() as u64, next);
        }
        Ok((written, end))
    }

    async fn set_cache(&mut self, kib: u32) -> Result<(), LogError> {
        let sql = AssertSqlSafe(format!("PRAGMA cache_size = -{kib}"));
        sqlx::raw_sql(sql).execute(&mut self.connection).await.map_err(log_error(&self.path))?;
        Ok(())
    }

    /// The file has to be of this log, and begin where this log ends or before.
    async fn check_beginning<R: BufRead>(&mut self, reader: &Reader<R>, head: &Head) -> Result<(), ImportError> {
        let here = export::log_id(&mut self.connection).await.map_err(log_error(&self.path))?;
        if let Some(here) = here.filter(|here| *here != reader.log_id()) {
            return Err(ImportError::OtherLog { here, file: reader.log_id() });
        }
        if reader.from() > Position::after(head.position) {
            return Err(ImportError::Gap { from: reader.from(), end: head.position });
        }
        Ok(())
    }

    /// What stands here before the file begins.
    async fn pass_before(&mut self, from: Position, intake: &mut Intake, bulk: &mut Bulk) -> Result<(), ImportError> {
        let mut existing = Existing::after(None);
        while Position::after(intake.head().position) < from {
            let Some(stored) = existing.next(&mut self.connection, &self.path).await? else { return Ok(()) };
            let row = stored.row();
            intake.take(&row).map_err(here_damaged)?;
            bulk.pass(&row);
        }
        Ok(())
    }

    /// Goes through the file, beside what is here.
    async fn look<R: BufRead + Send + 'static>(
        &mut self,
        reader: Reader<R>,
        mut intake: Intake,
        head: Head,
    ) -> Result<Imported, ImportError> {
        let mut existing = Existing::after(intake.head().position);
        let mut found = Imported { log_id: reader.log_id(), format: reader.format(), events: 0, known: 0, head };
        let mut ahead = Ahead::of(reader)?;
        while let Some(read) = ahead.next()? {
            let (row, _) = take(&mut intake, read, found.log_id)?;
            found.events += 1;
            if intake.head().position <= head.position {
                found.known += 1;
                let here = existing.next(&mut self.connection, &self.path).await?;
                if here.as_ref().map(StoredEvent::row).as_ref() != Some(&row) {
                    return Err(differs(&row));
                }
            }
        }
        if intake.head().position > head.position {
            found.head = *intake.head();
        }
        Ok(found)
    }

    /// Commits what comes next, unless the log does not end any more where we left it.
    async fn commit(&mut self, chunk: &Chunk, written: &Head, end: &Head) -> Result<(), ImportError> {
        let path = &self.path;
        let mut transaction = self.connection.begin_with(BEGIN_WRITE).await.map_err(log_error(path))?;
        let found = read_head(transaction.as_mut(), path).await?;
        if (found.position, found.hash) != (written.position, written.hash) {
            return Err(ImportError::Changed);
        }
        why_not_written(chunk.write(transaction.as_mut(), end).await, path, end)?;
        transaction.commit().await.map_err(log_error(path))?;
        checkpoint::while_bulk(&mut self.connection, path).await;
        Ok(())
    }
}

/// Why what comes next was not written, with which the log ends at `end`.
fn why_not_written(result: Result<(), sqlx::Error>, path: &Path, end: &Head) -> Result<(), ImportError> {
    let is_twice = |error: &sqlx::Error| error.as_database_error().is_some_and(DatabaseError::is_unique_violation);
    let last = end.position.unwrap_or(Position::FIRST);
    result.map_err(|error| {
        if is_twice(&error) {
            return ImportError::Twice { last, reason: error.to_string() };
        }
        log_error(path)(error).into()
    })
}

/// Takes the next event of a file in, and says what it changes.
fn take<'a>(intake: &mut Intake, read: Read<'a>, log: LogId) -> Result<(EventRow<'a>, Changes), ImportError> {
    let Read { row, seen } = read;
    let changes = intake.take_seen(&row, seen).map_err(ImportError::Fault)?;
    if intake.head().position == Some(Position::FIRST) {
        check_log_id(&row, log)?;
    }
    Ok((row, changes))
}

/// The events that are here, one after the other.
struct Existing {
    scan: Scan,
    events: VecDeque<StoredEvent>,
}

impl Existing {
    fn after(position: Option<Position>) -> Self {
        Self { scan: Scan::after(position), events: VecDeque::new() }
    }

    async fn next(&mut self, connection: &mut SqliteConnection, path: &Path) -> Result<Option<StoredEvent>, LogError> {
        if self.events.is_empty() {
            for event in self.scan.next(connection).await.map_err(log_error(path))? {
                let damaged = |position, reason: String| LogError::Damaged { position, reason };
                self.events.push_back(event.map_err(|row| damaged(row.position, row.error.to_string()))?);
            }
        }
        Ok(self.events.pop_front())
    }
}

/// A first event says which log it is of; the file must not say something else.
fn check_log_id(row: &EventRow<'_>, file: LogId) -> Result<(), ImportError> {
    let schema = u32::try_from(row.schema).unwrap_or(u32::MAX);
    match codec::decode(row.kind, schema, row.payload) {
        Ok(Event::Project(ProjectEvent::ProjectInitialised { log_id })) if log_id != file => {
            Err(ImportError::OtherLog { here: log_id, file })
        }
        Ok(_) | Err(_) => Ok(()),
    }
}

fn differs(row: &EventRow<'_>) -> ImportError {
    ImportError::Differs { position: Position::from_sql(row.position).unwrap_or(Position::FIRST) }
}

/// A fault of what is here, not of the file.
fn here_damaged(fault: Fault) -> LogError {
    LogError::Damaged { position: fault.position, reason: fault.message }
}
