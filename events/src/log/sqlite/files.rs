//! What we wrote last to files beside the log: neither an event nor a projection, only how we know a hand edit.

use std::sync::LazyLock;

use sqlx::{AssertSqlSafe, Row as _, sqlite::SqliteRow};

use super::{SqliteLog, sql_error::log_error};
use crate::{Digest, LogError, Position, Timestamp, codec};

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

/// What we wrote last to a file, and whether it is still true.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileView {
    /// What we wrote.
    pub state: FileState,
    /// Whether anything happened to a tenant since, or the registry was synced.
    pub tenants_changed: bool,
}

/// Names of notes of what we wrote last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Notes<'n> {
    /// To `tenants.json`.
    pub registry: &'n str,
    /// To the files of profiles and sessions.
    pub daily: &'n str,
}

/// What `tenants.json` is about: streams by how their names begin, and a type of event, which says when it was synced.
pub(super) const TENANTS: [&str; 2] = ["tenant/", SYNCED];
/// The type of event that is recorded when the registry was held against what providers have.
const SYNCED: &str = "RegistrySynced";
/// Streams that the files of profiles and sessions are about; the project's says which tenant is selected.
pub(super) const PROFILES: [&str; 4] = ["tenant/", "profile/", "session/", "project"];

/// Columns of a file's state, whose table is `f`.
const STATE: &str = "f.digest, f.position, f.stamp";
/// Whether there ever was a profile.
pub(super) const HAD_PROFILE: &str = "EXISTS (SELECT 1 FROM kinds WHERE type = 'ProfileCreated')";
/// The state of one file, and whether anything happened to a tenant since.
static FILE: LazyLock<String> = LazyLock::new(|| {
    format!("SELECT {STATE}, {} FROM files f WHERE f.name = ?", changed_after("f.position", &TENANTS))
});
/// The state of one file, whether anything happened since to what profiles are about, and whether there ever was one.
static DAILY: LazyLock<String> = LazyLock::new(|| {
    format!(
        "SELECT {STATE}, {}, {HAD_PROFILE} \
         FROM (SELECT 1) LEFT JOIN files f ON f.name = ?",
        changed_after("f.position", &PROFILES)
    )
});

impl SqliteLog {
    /// What we wrote last to the file of this name; none when we never did.
    pub async fn file_state(&mut self, name: &str) -> Result<Option<FileState>, LogError> {
        Ok(self.file(name).await?.map(|file| file.state))
    }

    /// The same, and whether it is still true.
    pub async fn file(&mut self, name: &str) -> Result<Option<FileView>, LogError> {
        let query = sqlx::query(AssertSqlSafe(FILE.as_str())).bind(name.to_owned());
        let row = query.fetch_optional(&mut self.connection).await.map_err(log_error(&self.path))?;
        row.map_or(Ok(None), |row| file_view(&row, 0).map_err(log_error(&self.path)))
    }

    /// What we wrote last to the files of profiles and sessions, noted under this name, where `tenants_changed` speaks of
    /// profiles and sessions, too; and whether there ever was a profile.
    pub async fn daily_files(&mut self, name: &str) -> Result<(Option<FileView>, bool), LogError> {
        let query = sqlx::query(AssertSqlSafe(DAILY.as_str())).bind(name.to_owned());
        let row = query.fetch_one(&mut self.connection).await.map_err(log_error(&self.path))?;
        let view = || Ok((file_view(&row, 0)?, row.try_get(4)?));
        view().map_err(log_error(&self.path))
    }

    /// When the registry was last held against what providers have; none: never.
    pub async fn synced_at(&mut self) -> Result<Option<Timestamp>, LogError> {
        let query = sqlx::query_scalar("SELECT time FROM events WHERE type = ? ORDER BY position DESC LIMIT 1");
        let time: Option<i64> =
            query.bind(SYNCED).fetch_optional(&mut self.connection).await.map_err(log_error(&self.path))?;
        Ok(time.map(Timestamp::from_millis))
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
}

/// Whether anything happened after a position in streams that begin so, or of types that are called so, in SQL.
///
/// Each type of event that occurs is looked up in an index, so that it costs the same however long the log is. A type
/// that we do not know counts: it may be about them.
pub(super) fn changed_after(position: &str, about: &[&str]) -> String {
    let others =
        codec::kinds().filter(|kind| !about.iter().any(|one| kind.stream.starts_with(one) || kind.name == *one));
    // One text, because a list of names takes longer to parse than all the rest to do.
    let others: Vec<_> = others.map(|kind| format!("\"{}\"", kind.name)).collect();
    format!(
        "EXISTS (SELECT 1 FROM kinds k WHERE k.type NOT IN (SELECT value FROM json_each('[{}]')) \
         AND EXISTS (SELECT 1 FROM events e INDEXED BY events_by_type WHERE e.type = k.type AND e.position > {position}))",
        others.join(", ")
    )
}

/// The columns of a file's state and of [`changed_after`], of which the first is at `at`.
///
/// What cannot be read is as good as never written: the file is then compared with what it should be.
pub(super) fn file_view(row: &SqliteRow, at: usize) -> Result<Option<FileView>, sqlx::Error> {
    let digest: Option<Vec<u8>> = row.try_get(at)?;
    let position: Option<i64> = row.try_get(at + 1)?;
    let stamp: Option<String> = row.try_get(at + 2)?;
    let tenants_changed = row.try_get(at + 3)?;
    let digest = digest.and_then(|digest| digest.try_into().ok()).map(Digest::from_bytes);
    let state = digest.zip(position.and_then(Position::from_sql)).zip(stamp);
    let view = |((digest, position), stamp)| FileView { state: FileState { digest, stamp, position }, tenants_changed };
    Ok(state.map(view))
}
