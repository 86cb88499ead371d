//! Our own checkpoints: moving what was written from the WAL into the database file, when there is much of it.

use std::path::{Path, PathBuf};

use sqlx::SqliteConnection;

/// A WAL of this size costs a new process some milliseconds to recover, and a checkpoint some syncs.
const WAL_BYTES_MAX: u64 = 4 << 20;

/// The same while a whole history is written: it takes what lies in several transactions together, as the pages of indexes.
const BULK_BYTES_MAX: u64 = 64 << 20;

/// Checkpoints when the WAL is large and nobody is in the way; otherwise some later command will.
pub(super) async fn when_large(connection: &mut SqliteConnection, path: &Path) {
    when_above(WAL_BYTES_MAX, connection, path).await;
}

/// Checkpoints between two transactions of a history.
pub(super) async fn while_bulk(connection: &mut SqliteConnection, path: &Path) {
    when_above(BULK_BYTES_MAX, connection, path).await;
}

async fn when_above(limit: u64, connection: &mut SqliteConnection, path: &Path) {
    if wal_bytes(path) > limit {
        let checkpoint = "PRAGMA busy_timeout = 0; PRAGMA wal_checkpoint(TRUNCATE); PRAGMA busy_timeout = 10000";
        // What was committed is safe in the WAL: a checkpoint that fails is nobody's concern now.
        let _ = sqlx::raw_sql(checkpoint).execute(connection).await;
    }
}

/// Size of the WAL; 0 when there is none.
pub(super) fn wal_bytes(path: &Path) -> u64 {
    std::fs::metadata(wal(path)).map_or(0, |metadata| metadata.len())
}

fn wal(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push("-wal");
    name.into()
}
