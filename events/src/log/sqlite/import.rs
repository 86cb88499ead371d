//! Importing an export: every event is checked before the first one is written, and again while they are.

use std::{collections::VecDeque, io::BufRead, path::Path};

use sqlx::{AssertSqlSafe, Connection as _, SqliteConnection, error::DatabaseError};

use super::{
    BEGIN_WRITE, Fault, SqliteLog, beginning::Kept, bulk::Bulk, checkpoint, export, read_head, recent, scan::Scan,
    sql_error::log_error,
};
use crate::{
    Event, ExchangeFormat, Head, LogError, LogId, Position, ProjectEvent, ReadError, Reader, codec,
    log::ahead::{Ahead, Read},
    log::intake::Intake,
    recorded::StoredEvent,
};

/// The database's cache while many events are written: a transaction that does not fit in it is written twice.
const BULK_CACHE_KIB: u32 = 64 << 10;
/// The database's cache otherwise, as it is without being asked.
const CACHE_KIB: u32 = 2_000;

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

/// Why a file was not imported, or not to its end. What was committed stays: the same command goes on from there.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The file cannot be read as an export.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The log cannot be used.
    #[error(transparent)]
    Log(#[from] LogError),
    /// An event of the file is not what was recorded, or cannot follow.
    #[error("the file cannot be what was exported: {}", fault_text(.0))]
    Fault(Fault),
    /// The history here is another one.
    #[error("the file is of log `{file}`, and the log here is `{here}`")]
    OtherLog {
        /// The id of the log here.
        here: LogId,
        /// The id of the log that was exported.
        file: LogId,
    },
    /// Events are missing before the file's first.
    #[error("the file begins at position {from}, and the log here ends {}", end_text(*end))]
    Gap {
        /// The file's first position.
        from: Position,
        /// Where the log ends.
        end: Option<Position>,
    },
    /// Another event stands there.
    #[error("the event at position {position} is another one here than in the file")]
    Differs {
        /// Where.
        position: Position,
    },
    /// Somebody else writes to the log.
    #[error("another process wrote to the log meanwhile")]
    Changed,
    /// What may occur once only occurs twice.
    #[error("the events up to position {last} hold something twice that occurs once: {reason}")]
    Twice {
        /// Where the events end that were about to be written.
        last: Position,
        /// What the database says.
        reason: String,
    },
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
        let found = self.run(reader, intake.clone(), head, None).await?;
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
        if !checked.brings_something() {
            return Ok(checked.found);
        }
        self.kept = Kept::default();
        let (intake, mut bulk) = checked.before;
        self.set_cache(BULK_CACHE_KIB).await?;
        let ran = self.run(open()?, intake, checked.head, Some(&mut bulk)).await;
        *is_written = bulk.is_committed;
        self.set_cache(CACHE_KIB).await?;
        checkpoint::when_large(&mut self.connection, &self.path).await;
        ran
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
            intake.take(&stored).map_err(here_damaged)?;
            bulk.pass(&stored);
        }
        Ok(())
    }

    /// Goes through the file; writes when there is something to write to.
    async fn run<R: BufRead + Send + 'static>(
        &mut self,
        reader: Reader<R>,
        mut intake: Intake,
        head: Head,
        mut bulk: Option<&mut Bulk>,
    ) -> Result<Imported, ImportError> {
        let mut existing = Existing::after(intake.head().position);
        let mut imported = Imported { log_id: reader.log_id(), format: reader.format(), events: 0, known: 0, head };
        let (mut written, mut ahead) = (head, Ahead::of(reader)?);
        while let Some(Read { stored, seen }) = ahead.next()? {
            let before = *intake.head();
            let changes = intake.take_seen(&stored, seen).map_err(ImportError::Fault)?;
            imported.events += 1;
            if imported.events == 1 {
                check_log_id(&stored, imported.log_id)?;
            }
            if intake.head().position <= head.position {
                imported.known += 1;
                let here = existing.next(&mut self.connection, &self.path).await?;
                if here.as_ref() != Some(&stored) {
                    return Err(differs(&stored));
                }
                if let Some(bulk) = &mut bulk {
                    bulk.pass(&stored);
                }
            } else if let Some(bulk) = &mut bulk {
                // Between two requests, so that what is here after a crash is a history that could have ended there.
                if bulk.is_full() && !bulk.goes_on(&stored) {
                    self.commit(bulk, &written, &before).await?;
                    written = before;
                }
                bulk.add(stored, changes);
            }
        }
        if let Some(bulk) = bulk.filter(|bulk| !bulk.is_empty()) {
            self.commit(bulk, &written, intake.head()).await?;
        }
        imported.head = if intake.head().position > head.position { *intake.head() } else { head };
        Ok(imported)
    }

    /// Commits what waits, unless the log does not end any more where we left it.
    async fn commit(&mut self, bulk: &mut Bulk, written: &Head, end: &Head) -> Result<(), ImportError> {
        let path = &self.path;
        let mut transaction = self.connection.begin_with(BEGIN_WRITE).await.map_err(log_error(path))?;
        let found = read_head(transaction.as_mut(), path).await?;
        if (found.position, found.hash) != (written.position, written.hash) {
            return Err(ImportError::Changed);
        }
        match bulk.write(transaction.as_mut(), end).await {
            Ok(()) => {}
            Err(error) if error.as_database_error().is_some_and(DatabaseError::is_unique_violation) => {
                let last = end.position.unwrap_or(Position::FIRST);
                return Err(ImportError::Twice { last, reason: error.to_string() });
            }
            Err(error) => return Err(log_error(path)(error).into()),
        }
        transaction.commit().await.map_err(log_error(path))?;
        bulk.is_committed = true;
        checkpoint::while_bulk(&mut self.connection, path).await;
        Ok(())
    }
}

fn fault_text(fault: &Fault) -> String {
    match fault.position {
        Some(position) => format!("position {position}: {}", fault.message),
        None => fault.message.clone(),
    }
}

fn end_text(end: Option<Position>) -> String {
    end.map_or("before its first event".to_owned(), |end| format!("at position {end}"))
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
fn check_log_id(stored: &StoredEvent, file: LogId) -> Result<(), ImportError> {
    let schema = u32::try_from(stored.schema).unwrap_or(u32::MAX);
    match codec::decode(&stored.kind, schema, &stored.payload) {
        Ok(Event::Project(ProjectEvent::ProjectInitialised { log_id })) if log_id != file => {
            Err(ImportError::OtherLog { here: log_id, file })
        }
        Ok(_) | Err(_) => Ok(()),
    }
}

fn differs(stored: &StoredEvent) -> ImportError {
    ImportError::Differs { position: Position::from_sql(stored.position).unwrap_or(Position::FIRST) }
}

/// A fault of what is here, not of the file.
fn here_damaged(fault: Fault) -> LogError {
    LogError::Damaged { position: fault.position, reason: fault.message }
}
