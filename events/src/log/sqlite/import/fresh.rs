//! A history into a log that is not there yet: it is built beside while it is checked, and put in place when it was found to
//! be good. So the file is read once, and nothing is written twice.

use std::{
    fs::{self, File},
    io::{self, BufRead},
    path::{Path, PathBuf},
};

use sqlx::{
    ConnectOptions as _, Connection as _, SqliteConnection,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteLockingMode, SqliteSynchronous},
};

use super::{
    BULK_CACHE_KIB, Bulk, ImportError, Imported, Intake, LogError, Reader, SqliteLog, Taken, Taking, why_not_written,
};
use crate::{
    Position,
    log::sqlite::{connect, sql_error::log_error},
};

/// What the name of a log ends with while it is built. One that was left by a process that was killed goes with the next.
const DRAFT: &str = ".import";

impl SqliteLog {
    /// Makes a log of what a file holds. Nobody sees anything of it before all of the file was checked and `approve` was
    /// asked; where there is a log by then, this ends in [`ImportError::Changed`]. An import that is interrupted leaves
    /// nothing, and begins anew the next time.
    pub async fn create_from<R: BufRead + Send + 'static, E: From<ImportError>>(
        path: &Path,
        reader: Reader<R>,
        approve: impl FnOnce(&Imported) -> Result<(), E>,
    ) -> Result<(Self, Imported), E> {
        let draft = Draft::beside(path).map_err(|error| E::from(io_error(path)(error).into()))?;
        let imported = draft.write(reader).await?;
        approve(&imported)?;
        draft.put_in_place(path)?;
        let log = Self::open(path).await.map_err(ImportError::from)?;
        Ok((log, imported))
    }
}

/// A log that is not in its place. Dropped, it was never there.
struct Draft(PathBuf);

impl Draft {
    fn beside(path: &Path) -> io::Result<Self> {
        let mut name = path.as_os_str().to_owned();
        name.push(DRAFT);
        let draft = Self(name.into());
        draft.remove()?;
        Ok(draft)
    }

    async fn write<R: BufRead + Send + 'static>(&self, reader: Reader<R>) -> Result<Imported, ImportError> {
        if reader.from() != Position::FIRST {
            return Err(ImportError::Gap { from: reader.from(), end: None });
        }
        connect::make(&self.0).await?;
        let mut connection = self.connect().await.map_err(log_error(&self.0))?;
        let imported = self.fill(&mut connection, reader).await?;
        // From now on it is as every other log.
        for pragma in ["PRAGMA locking_mode = NORMAL", "PRAGMA journal_mode = WAL"] {
            sqlx::query(pragma).execute(&mut connection).await.map_err(log_error(&self.0))?;
        }
        connect::close_whole(connection, &self.0).await?;
        File::open(&self.0).and_then(|file| file.sync_all()).map_err(io_error(&self.0))?;
        Ok(imported)
    }

    /// Nobody else knows of the file, and it is thrown away where anything fails: it needs no journal, and no sync before
    /// its last one.
    async fn connect(&self) -> Result<SqliteConnection, sqlx::Error> {
        SqliteConnectOptions::new()
            .filename(&self.0)
            .locking_mode(SqliteLockingMode::Exclusive)
            .journal_mode(SqliteJournalMode::Off)
            .synchronous(SqliteSynchronous::Off)
            .pragma("cache_size", format!("-{BULK_CACHE_KIB}"))
            .connect()
            .await
    }

    async fn fill<R: BufRead + Send + 'static>(
        &self,
        connection: &mut SqliteConnection,
        reader: Reader<R>,
    ) -> Result<Imported, ImportError> {
        let intake = Intake::new();
        let head = *intake.head();
        let mut imported = Imported { log_id: reader.log_id(), format: reader.format(), events: 0, known: 0, head };
        let mut transaction = connection.begin().await.map_err(log_error(&self.0))?;
        for taken in Taking::begin(reader, intake, Bulk::default(), head)? {
            let Taken { chunk, end } = taken?;
            why_not_written(chunk.write(transaction.as_mut(), &end).await, &self.0, &end)?;
            imported.events += chunk.len() as u64;
            imported.head = end;
        }
        transaction.commit().await.map_err(log_error(&self.0))?;
        Ok(imported)
    }

    fn put_in_place(&self, path: &Path) -> Result<(), ImportError> {
        match connect::put_in_place(&self.0, path).map_err(io_error(path))? {
            true => Ok(()),
            false => Err(ImportError::Changed),
        }
    }

    fn remove(&self) -> io::Result<()> {
        match fs::remove_file(&self.0) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            Ok(()) | Err(_) => Ok(()),
        }
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        // Where it was put in place, the link keeps it; what cannot be removed goes with the next import.
        let _ = self.remove();
    }
}

fn io_error(path: &Path) -> impl Fn(io::Error) -> LogError {
    move |source| LogError::Io { path: path.to_owned(), source }
}
