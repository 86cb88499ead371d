//! The log in one `SQLite` file.

mod accounts;
mod aside;
mod beginning;
mod bulk;
mod checkpoint;
mod connect;
mod decoding;
mod difference;
mod direct;
mod export;
mod files;
mod history;
mod import;
mod moment;
mod no_checkpoint;
mod operations;
mod overview;
mod packed;
mod patch;
mod plugins;
mod profiles;
mod projected;
mod proofs;
mod rebuild;
mod recent;
mod repair;
mod row;
mod scan;
mod schema;
mod script;
mod sessions;
mod sql_error;
mod structure;
mod summaries;
mod tenants;
mod timeline;
mod transaction;
pub(crate) mod turns;
mod undo;
mod verify;

pub use difference::Blamed;
pub use export::{ExportError, ExportRequest, Exported};
pub use files::{FileState, FileView, Notes};
pub use history::{EventRef, FindEventError, HistoryFilter, InvalidEventRef};
pub use import::{CheckedImport, ImportError, Imported, NewLog};
pub use moment::FindMomentError;
pub use overview::Overview;
pub use proofs::{Consistency, Inclusion};
pub use rebuild::{Rebuilt, RebuiltTable};
pub use repair::{Covering, Lost, Repaired};
pub use timeline::{Held, Timeline};
pub use verify::{Against, CheckpointCount, Fault, FaultKind, Verification};
pub(crate) use verify::{fold_fault, row_fault};

use std::{
    collections::BTreeSet,
    mem,
    path::{Path, PathBuf},
};

use sqlx::{Connection as _, SqliteConnection};

use self::{
    beginning::{Kept, head_of},
    sql_error::log_error,
    transaction::SqliteTransaction,
};
use super::{Append, Entry, EventLog, ExecuteError, Head, LogError, Receipt, record};
use crate::{Position, Provenance, Recorded};

/// Writers take the lock at once: a read that turns into a write would fail without waiting.
const BEGIN_WRITE: &str = "BEGIN IMMEDIATE";
/// Readers see one moment of the log, whatever is written meanwhile.
const BEGIN_READ: &str = "BEGIN DEFERRED";

/// The log in one `SQLite` file: one connection, in WAL mode, where a commit is on the disk when it returns.
#[derive(Debug)]
pub struct SqliteLog {
    connection: SqliteConnection,
    path: PathBuf,
    mode: Mode,
    /// The newest events were looked at.
    checked: bool,
    /// What need not be read again for the next write.
    kept: Kept,
    /// What follows from the events was built as this program builds it.
    is_current: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    ReadWrite,
    ReadOnly,
}

impl SqliteLog {
    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whether what follows from the events was built as this program builds it. If not, opening it for writing builds
    /// it anew.
    pub const fn is_current(&self) -> bool {
        self.is_current
    }

    /// Where the log ends.
    pub async fn head(&mut self) -> Result<Head, LogError> {
        read_head(&mut self.connection, &self.path).await
    }

    /// Decides, appends and projects commands in one transaction, in order, each seeing what the former did.
    ///
    /// All or nothing; on disk when it returns. Waits up to 10 seconds for another writer.
    pub async fn execute(&mut self, provenance: &Provenance, append: Append<'_>) -> Result<Receipt, ExecuteError> {
        let mut transaction = self.begin_write().await?;
        let receipt = record::execute(&mut transaction, provenance, append).await?;
        self.kept = transaction.end(&receipt).await?;
        checkpoint::when_large(&mut self.connection, &self.path).await;
        Ok(receipt)
    }

    /// Appends events as they are, without the rules of their stream, in one transaction.
    pub async fn append(&mut self, provenance: &Provenance, entry: Entry<'_>) -> Result<Receipt, ExecuteError> {
        let mut transaction = self.begin_write().await?;
        let receipt = record::append(&mut transaction, provenance, entry).await?;
        self.kept = transaction.end(&receipt).await?;
        checkpoint::when_large(&mut self.connection, &self.path).await;
        Ok(receipt)
    }

    async fn begin_write(&mut self) -> Result<SqliteTransaction<'_>, LogError> {
        self.must_be_writable()?;
        if !self.checked {
            recent::check(&mut self.connection, &self.path).await?;
            self.checked = true;
        }
        let kept = mem::take(&mut self.kept);
        let transaction = self.connection.begin_with(BEGIN_WRITE).await.map_err(log_error(&self.path))?;
        Ok(SqliteTransaction { transaction, path: &self.path, kinds: BTreeSet::new(), kept })
    }

    fn must_be_writable(&self) -> Result<(), LogError> {
        match self.mode {
            Mode::ReadWrite => Ok(()),
            Mode::ReadOnly => Err(LogError::ReadOnly { path: self.path.clone() }),
        }
    }
}

async fn read_head(connection: &mut SqliteConnection, path: &Path) -> Result<Head, LogError> {
    let head = "SELECT c.position, c.hash, e.time FROM chain c LEFT JOIN events e ON e.position = c.position";
    let row = sqlx::query(head).fetch_one(connection).await.map_err(log_error(path))?;
    head_of(&row).map_err(log_error(path))
}

impl EventLog for SqliteLog {
    async fn head(&mut self) -> Result<Head, LogError> {
        Self::head(self).await
    }

    async fn read(&mut self, after: Option<Position>, limit: u32) -> Result<Vec<Recorded>, LogError> {
        Self::read(self, after, limit).await
    }

    async fn execute(&mut self, provenance: &Provenance, append: Append<'_>) -> Result<Receipt, ExecuteError> {
        Self::execute(self, provenance, append).await
    }

    async fn append(&mut self, provenance: &Provenance, entry: Entry<'_>) -> Result<Receipt, ExecuteError> {
        Self::append(self, provenance, entry).await
    }
}
