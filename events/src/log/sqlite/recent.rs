//! A look at the newest events before the first write of a connection: nothing is added to what is damaged there.

use std::path::Path;

use sqlx::{AssertSqlSafe, Row as _, SqliteConnection};

use super::{
    beginning::head_of,
    row::COLUMNS,
    scan::{Scanned, packed_events, unpacked_events},
    sql_error::log_error,
};
use crate::{Digest, Head, LogError, Position, codec};

/// Events that are looked at. The whole log would cost every command seconds; that is what verifying is for.
const EVENTS: u64 = 100;
/// A tail that stands behind the head shows without being read to its end.
const EVENTS_READ_MAX: u64 = 2 * EVENTS;

/// Checks that the newest events are as they were written, up to the head.
pub(super) async fn check(connection: &mut SqliteConnection, path: &Path) -> Result<(), LogError> {
    // The event before the first one is read for its hash alone. Head and events in one query are of one moment.
    let newest = format!(
        "SELECT {COLUMNS} FROM events WHERE position >= (SELECT position FROM chain) - {EVENTS} \
         ORDER BY position LIMIT {EVENTS_READ_MAX}"
    );
    let sql = format!("SELECT position, hash, NULL, (SELECT {} FROM ({newest})) FROM chain", packed_events());
    let row = sqlx::query(AssertSqlSafe(sql)).fetch_one(connection).await.map_err(log_error(path))?;
    let head = head_of(&row).map_err(log_error(path))?;
    // Bytes, because a text that is not UTF-8 must not hide its neighbours.
    let packed = row.try_get_unchecked::<Option<Vec<u8>>, _>(3).map_err(log_error(path))?;
    check_chain(unpacked_events(&packed.unwrap_or_default()), &head)
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
