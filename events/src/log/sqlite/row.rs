//! Rows of table `events`.

use rusqlite::params;
use sqlx::{Row as _, sqlite::SqliteRow};

use super::{
    direct::Direct,
    script::{ROWS_MAX, Script},
};
use crate::{
    LogError, Position, Recorded,
    codec::DecodeError,
    recorded::{LastProvenance, RowError, Rows, StoredEvent},
};

/// Every column, in the order of the table.
pub(super) const COLUMNS: &str = "position, id, stream, version, type, schema, time, actor, host, cli, command, \
     command_id, correlation_id, causation_id, payload, hash";

/// A row of all [`COLUMNS`].
pub(super) fn stored(row: &SqliteRow) -> Result<StoredEvent, sqlx::Error> {
    Ok(StoredEvent {
        position: row.try_get(0)?,
        id: row.try_get(1)?,
        stream: row.try_get(2)?,
        version: row.try_get(3)?,
        kind: row.try_get(4)?,
        schema: row.try_get(5)?,
        time: row.try_get(6)?,
        actor: row.try_get(7)?,
        host: row.try_get(8)?,
        cli: row.try_get(9)?,
        command: row.try_get(10)?,
        command_id: row.try_get(11)?,
        correlation_id: row.try_get(12)?,
        causation_id: row.try_get(13)?,
        payload: row.try_get(14)?,
        hash: row.try_get(15)?,
    })
}

/// The event in a row of all [`COLUMNS`].
pub(super) fn recorded(row: &SqliteRow) -> Result<Recorded, LogError> {
    let position = row.try_get(0).ok().and_then(Position::from_sql);
    let stored = stored(row).map_err(|error| LogError::Damaged { position, reason: error.to_string() })?;
    stored.decode(&mut LastProvenance::default()).map_err(|error| unreadable(position, error))
}

/// Why an event cannot be read: because it is newer than this program, or because it is damaged.
pub(super) fn unreadable(position: Option<Position>, error: RowError) -> LogError {
    match error {
        RowError::Event(DecodeError::Unknown { kind, schema }) => LogError::UnknownEvent { position, kind, schema },
        RowError::Event(DecodeError::Payload { .. } | DecodeError::Field { .. }) | RowError::Column { .. } => {
            LogError::Damaged { position, reason: error.to_string() }
        }
    }
}

/// Inserts events.
pub(super) async fn insert(script: &mut Script<'_>, events: &[&StoredEvent]) -> Result<(), sqlx::Error> {
    for chunk in events.chunks(ROWS_MAX) {
        let insert = script.statement().push(format_args!("INSERT INTO events ({COLUMNS}) "));
        insert.push_values(chunk, |mut row, event| {
            row.push_bind(event.position).push_bind(event.id.clone()).push_bind(event.stream.clone());
            row.push_bind(event.version).push_bind(event.kind.clone()).push_bind(event.schema).push_bind(event.time);
            row.push_bind(event.actor.clone()).push_bind(event.host.clone()).push_bind(event.cli.clone());
            row.push_bind(event.command.clone()).push_bind(event.command_id.clone());
            row.push_bind(event.correlation_id.clone()).push_bind(event.causation_id.clone());
            row.push_bind(event.payload.clone()).push_bind(event.hash.clone());
        });
        script.end(chunk.len()).await?;
    }
    Ok(())
}

/// Inserts many events, one by one: a statement of many rows would be longer in the making.
pub(super) fn insert_all(direct: &Direct<'_>, events: &Rows) -> Result<(), rusqlite::Error> {
    let places = vec!["?"; COLUMNS.split(',').count()].join(", ");
    let mut insert = direct.prepare(&format!("INSERT INTO events ({COLUMNS}) VALUES ({places})"))?;
    for event in events.iter() {
        insert.execute(params![
            event.position,
            event.id,
            event.stream,
            event.version,
            event.kind,
            event.schema,
            event.time,
            event.actor,
            event.host,
            event.cli,
            event.command,
            event.command_id,
            event.correlation_id,
            event.causation_id,
            event.payload,
            event.hash,
        ])?;
    }
    Ok(())
}
