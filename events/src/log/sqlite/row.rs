//! Rows of table `events`.

use std::sync::LazyLock;

use sqlx::{AssertSqlSafe, Row as _, Sqlite, SqliteConnection, sqlite::SqliteRow};

use super::script::{ROWS_MAX, Script};
use crate::{
    LogError, Position, Recorded,
    codec::DecodeError,
    recorded::{RowError, StoredEvent},
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
    stored.decode().map_err(|error| unreadable(position, error))
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

/// Inserts many events, giving their texts away instead of copying them.
pub(super) async fn insert_all(connection: &mut SqliteConnection, events: Vec<StoredEvent>) -> Result<(), sqlx::Error> {
    static FULL: LazyLock<String> = LazyLock::new(|| insertion(ROWS_MAX));
    let mut events = events.into_iter();
    loop {
        let chunk: Vec<_> = events.by_ref().take(ROWS_MAX).collect();
        let rows = chunk.len();
        let mut query = match rows {
            0 => return Ok(()),
            ROWS_MAX => sqlx::query::<Sqlite>(AssertSqlSafe(FULL.as_str())),
            _ => sqlx::query::<Sqlite>(AssertSqlSafe(insertion(rows))).persistent(false),
        };
        for event in chunk {
            query = query.bind(event.position).bind(event.id).bind(event.stream).bind(event.version).bind(event.kind);
            query = query.bind(event.schema).bind(event.time).bind(event.actor).bind(event.host).bind(event.cli);
            query = query.bind(event.command).bind(event.command_id).bind(event.correlation_id);
            query = query.bind(event.causation_id).bind(event.payload).bind(event.hash);
        }
        query.execute(&mut *connection).await?;
    }
}

/// The statement for so many rows.
fn insertion(rows: usize) -> String {
    let row = format!("({})", vec!["?"; COLUMNS.split(',').count()].join(", "));
    format!("INSERT INTO events ({COLUMNS}) VALUES {}", vec![row.as_str(); rows].join(", "))
}
