//! Reading every event of a log back: through the model, and with rusqlite and `serde_json` alone.

use std::hint::black_box;
use std::path::Path;
use std::time::{Duration, Instant};

use rusqlite::{Connection, OpenFlags};
use systemprompt_events::{Position, SqliteLog};

use crate::{Outcome, plain};

/// With more at a time nothing gets faster.
const EVENTS_PER_READ: u32 = 10_000;
const ALL: &str = "SELECT position, id, stream, version, type, schema, time, actor, host, cli, command, command_id, \
     correlation_id, causation_id, payload, hash FROM events ORDER BY position";

/// How long the model takes.
pub(crate) async fn by_the_model(path: &Path) -> Outcome<Duration> {
    let begun = Instant::now();
    let mut log = SqliteLog::open_read_only(path).await?;
    let (mut last, mut events) = (None, 0_u64);
    loop {
        let read = log.read(last, EVENTS_PER_READ).await?;
        let Some(newest) = read.last() else { break };
        (last, events) = (Some(newest.position), events + read.len() as u64);
        black_box(read);
    }
    let taken = begun.elapsed();
    whole(events, log.head().await?.position.map_or(0, Position::get))?;
    Ok(taken)
}

/// How long the same columns take with rusqlite, each payload decoded into the struct of its type.
pub(crate) fn by_rusqlite(path: &Path) -> Outcome<Duration> {
    let begun = Instant::now();
    let connection = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    let mut statement = connection.prepare(ALL)?;
    let (mut rows, mut events) = (statement.query([])?, 0_u64);
    while let Some(row) = rows.next()? {
        black_box(plain::event(row)?);
        events += 1;
    }
    let taken = begun.elapsed();
    let head: i64 = connection.query_row("SELECT position FROM chain", [], |row| row.get(0))?;
    whole(events, head.try_into()?)?;
    Ok(taken)
}

fn whole(read: u64, head: u64) -> Outcome {
    if read == head { Ok(()) } else { Err(format!("{read} events were read of {head}").into()) }
}
