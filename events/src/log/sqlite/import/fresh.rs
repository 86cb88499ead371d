//! A history into a log that is not there yet: it is built beside while it is checked, and put in place when it was found to
//! be good. So the file is read once, and nothing is written twice.

use std::{
    fs::File,
    io::{self, BufRead},
    path::{Path, PathBuf},
};

use sqlx::{
    ConnectOptions as _, Connection as _, SqliteConnection,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteLockingMode, SqliteSynchronous},
};

use super::{BULK_CACHE_KIB, Bulk, ImportError, Imported, Intake, Reader, SqliteLog, Taken, Taking, why_not_written};
use crate::{
    Position,
    log::sqlite::{
        connect::{self, io_error},
        sql_error::log_error,
    },
};

/// What the name of a log ends with while it is built. One that was left by a process that was killed goes with the next.
const DRAFT: &str = ".import";

/// A log that was made of a file, checked whole, and is not in its place yet. Dropped, it was never there.
pub struct NewLog {
    draft: Draft,
    path: PathBuf,
    imported: Imported,
}

impl NewLog {
    /// Builds a log that is to stand at `path`, beside it. An import that is interrupted leaves nothing that counts, and
    /// begins anew the next time. The caller sees to it that nobody else makes a log there meanwhile.
    pub async fn of<R: BufRead + Send + 'static>(path: &Path, reader: Reader<R>) -> Result<Self, ImportError> {
        let draft = Draft::beside(path).map_err(io_error(path))?;
        let imported = draft.write(reader).await?;
        Ok(Self { draft, path: path.to_owned(), imported })
    }

    /// What is in it.
    pub const fn imported(&self) -> &Imported {
        &self.imported
    }

    /// Makes it the log. Where there is one by now, that stays, and this ends in [`ImportError::Changed`].
    pub async fn put_in_place(self) -> Result<SqliteLog, ImportError> {
        if !connect::put_in_place(&self.draft.0, &self.path).map_err(io_error(&self.path))? {
            return Err(ImportError::Changed);
        }
        Ok(SqliteLog::open(&self.path).await?)
    }
}

/// Its file. Dropped, it is gone.
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
        let imported = match self.fill(&mut connection, reader).await {
            Ok(imported) => imported,
            Err(error) => {
                // What was filled goes, and so does why it could not be closed.
                let _closed = connection.close().await;
                return Err(error);
            }
        };
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

    /// With what `SQLite` may have left beside it.
    fn remove(&self) -> io::Result<()> {
        for suffix in ["", "-wal", "-shm", "-journal"] {
            let mut name = self.0.clone().into_os_string();
            name.push(suffix);
            connect::remove(Path::new(&name))?;
        }
        Ok(())
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        // Where it was put in place, the link keeps it; what cannot be removed goes with the next import.
        let _ = self.remove();
    }
}
