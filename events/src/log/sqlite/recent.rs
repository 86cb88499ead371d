//! A look at the newest events before the first write of a connection: nothing is added to what is damaged there.

use sqlx::SqliteConnection;

use super::scan::Scan;
use crate::{Digest, Head, LogError, Position, codec};

/// Events that are looked at. The whole log would cost every command seconds; that is what verifying is for.
const EVENTS: u64 = 100;

/// Checks that the newest events are as they were written, up to the head.
pub(super) async fn check(connection: &mut SqliteConnection, head: &Head) -> Result<(), LogError> {
    let Some(last) = head.position.map(Position::get) else { return Ok(()) };
    let before = last.saturating_sub(EVENTS);
    let failed = |source| LogError::Database { source };
    // The event before the first one is read for its hash alone.
    let mut scan = Scan::after(i64::try_from(before).unwrap_or(i64::MAX).saturating_sub(1));
    let mut previous = (before == 0).then(|| Digest::from_bytes([0; 32]));
    let mut newest = None;
    loop {
        let events = scan.next(connection).await.map_err(failed)?;
        if events.is_empty() {
            break;
        }
        for scanned in events {
            let event = scanned.map_err(|row| damaged(row.position, "it is not as it was written"))?;
            let position = Position::from_sql(event.position);
            let schema = u32::try_from(event.schema).unwrap_or(u32::MAX);
            if !codec::understands(&event.kind, schema) {
                return Err(LogError::UnknownEvent { position, kind: event.kind, schema });
            }
            let stored: [u8; 32] =
                event.hash.clone().try_into().map_err(|_| damaged(position, "its hash is not one"))?;
            let stored = Digest::from_bytes(stored);
            if previous.is_some_and(|previous| event.hash_after(&previous) != stored) {
                return Err(damaged(position, "it is not what was written, or not after what it was written after"));
            }
            (previous, newest) = (Some(stored), Some(stored));
        }
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
