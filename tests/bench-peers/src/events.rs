//! Events of one of our logs, dealt out to 1,000 streams.

use std::path::Path;

use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions as _, Connection as _};

use crate::Outcome;

/// Streams that the events belong to here.
pub(crate) const STREAMS: usize = 1_000;

/// What an event store is given.
pub(crate) struct Event {
    pub(crate) stream: String,
    /// Its place in its stream, from 1.
    pub(crate) version: usize,
    pub(crate) kind: String,
    /// JSON.
    pub(crate) payload: String,
}

/// The first events of a log; it must have so many.
pub(crate) async fn read(log: &Path, count: u32) -> Outcome<Vec<Event>> {
    let mut connection = SqliteConnectOptions::new().filename(log).read_only(true).connect().await?;
    let query = sqlx::query_as("SELECT type, payload FROM events ORDER BY position LIMIT ?").bind(count);
    let rows: Vec<(String, String)> = query.fetch_all(&mut connection).await?;
    connection.close().await?;
    if rows.len() != usize::try_from(count)? {
        return Err(format!("the log has {} events, and {count} are asked for", rows.len()).into());
    }
    let event = |(index, (kind, payload)): (usize, (String, String))| Event {
        stream: stream(index % STREAMS),
        version: index / STREAMS + 1,
        kind,
        payload,
    };
    Ok(rows.into_iter().enumerate().map(event).collect())
}

/// The name of a stream.
pub(crate) fn stream(number: usize) -> String {
    format!("tenant-{number}")
}
