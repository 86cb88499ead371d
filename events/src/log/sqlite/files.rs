//! What we wrote last to files beside the log: neither an event nor a projection, only how we know a hand edit.

use sqlx::Row as _;

use super::{SqliteLog, sql_error::log_error};
use crate::{Digest, LogError, Position};

/// What we wrote last to a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileState {
    /// Of its bytes.
    pub digest: Digest,
    /// Of the file itself, as length and time of change: while it is the same, the bytes need not be read.
    pub stamp: String,
    /// The last event that it shows.
    pub position: Position,
}

impl SqliteLog {
    /// What we wrote last to the file of this name; none when we never did.
    pub async fn file_state(&mut self, name: &str) -> Result<Option<FileState>, LogError> {
        let query = sqlx::query("SELECT digest, position, stamp FROM files WHERE name = ?").bind(name.to_owned());
        let row = query.fetch_optional(&mut self.connection).await.map_err(log_error(&self.path))?;
        let Some(row) = row else { return Ok(None) };
        let digest: Vec<u8> = row.try_get(0).map_err(log_error(&self.path))?;
        let position = row.try_get(1).map(Position::from_sql).map_err(log_error(&self.path))?;
        let stamp: String = row.try_get(2).map_err(log_error(&self.path))?;
        // What cannot be read is as good as never written: the file is then compared with what it should be.
        Ok(digest.try_into().ok().zip(position).map(|(digest, position)| FileState {
            digest: Digest::from_bytes(digest),
            stamp,
            position,
        }))
    }

    /// Notes what we wrote to the file of this name.
    ///
    /// A commit of its own that does not wait for the disk: what a power cut takes away is a note, and the file is
    /// compared with what it should be anyway.
    pub async fn set_file_state(&mut self, name: &str, state: FileState) -> Result<(), LogError> {
        self.must_be_writable()?;
        let sql = "PRAGMA synchronous = NORMAL; INSERT OR REPLACE INTO files (name, digest, stamp, position) VALUES (?, ?, ?, ?); \
                   PRAGMA synchronous = FULL";
        let query = sqlx::query(sql);
        let query = query.bind(name.to_owned()).bind(state.digest.as_bytes().to_vec());
        let query = query.bind(state.stamp).bind(state.position.sql());
        let noted = query.execute(&mut self.connection).await;
        if noted.is_err() {
            // However the note failed, events are on the disk when they are committed.
            sqlx::query("PRAGMA synchronous = FULL")
                .execute(&mut self.connection)
                .await
                .map_err(log_error(&self.path))?;
        }
        noted.map_err(log_error(&self.path))?;
        Ok(())
    }

    /// Whether anything happened to a tenant after this position.
    pub async fn tenants_changed_after(&mut self, position: Position) -> Result<bool, LogError> {
        let query = "SELECT EXISTS (SELECT 1 FROM events WHERE position > ? AND stream GLOB 'tenant/*')";
        let query = sqlx::query_scalar(query).bind(position.sql());
        query.fetch_one(&mut self.connection).await.map_err(log_error(&self.path))
    }
}
