//! A look at the newest events before the first write of a connection: nothing is added to what is damaged there.

use std::path::Path;

use rusqlite::types::ValueRef;
use sqlx::SqliteConnection;

use super::{
    direct::{Direct, sqlx_error},
    row::COLUMNS,
    scan::{Scanned, event},
    sql_error::log_error,
};
use crate::{Digest, Head, LogError, Position, codec};

/// Events that are looked at. The whole log would cost every command seconds; that is what verifying is for.
const EVENTS: u64 = 100;
/// A tail that stands behind the head shows without being read to its end.
const EVENTS_READ_MAX: u64 = 2 * EVENTS;

/// Checks that the newest events are as they were written, up to the head.
pub(super) async fn check(connection: &mut SqliteConnection, path: &Path) -> Result<(), LogError> {
    let (head, events) = newest(connection).await.map_err(log_error(path))?;
    check_chain(events, &head)
}

/// The head, and the newest events. They are of one moment, because they are of one query.
async fn newest(connection: &mut SqliteConnection) -> Result<(Head, Vec<Scanned>), sqlx::Error> {
    // The event before the first one is read for its hash alone.
    let newest = format!(
        "SELECT {COLUMNS} FROM events WHERE position >= (SELECT position FROM chain) - {EVENTS} \
         ORDER BY position LIMIT {EVENTS_READ_MAX}"
    );
    let sql = format!("SELECT e.*, c.position, c.hash FROM chain c LEFT JOIN ({newest}) e ORDER BY e.position");
    let direct = Direct::lock(connection).await?;
    let mut statement = direct.prepare(&sql).map_err(sqlx_error)?;
    let after = statement.column_count() - 2;
    let mut rows = statement.query([]).map_err(sqlx_error)?;
    let (mut head, mut events) = (None, vec![]);
    while let Some(row) = rows.next().map_err(sqlx_error)? {
        let position = row.get(after).map_err(sqlx_error)?;
        let hash = Digest::from_bytes(row.get(after + 1).map_err(sqlx_error)?);
        head = Some(Head { position: Position::from_sql(position), hash, time: None });
        if row.get_ref(0) != Ok(ValueRef::Null) {
            events.push(event(row).map(|row| row.to_stored()));
        }
    }
    Ok((head.ok_or(sqlx::Error::RowNotFound)?, events))
}

fn check_chain(events: Vec<Scanned>, head: &Head) -> Result<(), LogError> {
    let Some(last) = head.position.map(Position::get) else { return Ok(()) };
    let mut previous = (last <= EVENTS).then_some(Digest::ZERO);
    let mut newest = None;
    for scanned in events {
        let event = scanned.map_err(|row| damaged(row.position, "it is not as it was written"))?;
        let position = Position::from_sql(event.position);
        let schema = u32::try_from(event.schema).unwrap_or(u32::MAX);
        if !codec::understands(&event.kind, schema) {
            return Err(LogError::UnknownEvent { position, kind: event.kind, schema });
        }
        let stored: [u8; 32] = event.hash.clone().try_into().map_err(|_| damaged(position, "its hash is not one"))?;
        let stored = Digest::from_bytes(stored);
        if previous.is_some_and(|previous| event.hash_after(&previous) != stored) {
            return Err(damaged(position, "it is not what was written, or not after what it was written after"));
        }
        (previous, newest) = (Some(stored), Some(stored));
    }
    if newest == Some(head.hash) {
        Ok(())
    } else {
        Err(damaged(head.position, "the log does not end where its head says"))
    }
}

fn damaged(position: Option<Position>, reason: &str) -> LogError {
    LogError::Damaged { position, reason: reason.to_owned() }
}
