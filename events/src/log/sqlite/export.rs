//! Exporting the log: its own bytes, checked on the way out, in memory that does not grow with it.

use std::io::Write;

use sqlx::{Connection as _, Row as _, SqliteConnection};

use super::{BEGIN_READ, SqliteLog, beginning::head_of, scan::Scan, sql_error::log_error};
use crate::{
    Digest, Event, ExchangeFormat, Extent, Head, LogError, LogId, Position, ProjectEvent, codec,
    exchange::{RenderError, Writer},
    recorded::StoredEvent,
};

/// What to export, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExportRequest {
    /// The form.
    pub format: ExchangeFormat,
    /// First position; the log's first when none is named.
    pub from: Option<Position>,
    /// Last position; the log's last when none is named.
    pub to: Option<Position>,
    /// Whether what may be private is hidden.
    pub is_redacted: bool,
}

/// What was exported.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exported {
    /// Which events of which log.
    pub extent: Extent,
    /// How many bytes were written.
    pub bytes: u64,
}

/// Why a log was not exported, or not to its end.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The log cannot be used, or is damaged.
    #[error(transparent)]
    Log(#[from] LogError),
    /// Nothing has happened yet.
    #[error("there is nothing to export: the log holds no events")]
    Empty,
    /// There are no such positions.
    #[error("there are no positions from {from} to {to}: the log ends at {end}")]
    Range {
        /// First one asked for.
        from: Position,
        /// Last one asked for.
        to: Position,
        /// Where the log ends.
        end: Position,
    },
    /// An event has no form in this format.
    #[error("the event at position {position} cannot be exported in this form")]
    Render {
        /// Where it stands.
        position: Position,
        /// Why.
        source: RenderError,
    },
    /// The file cannot be written.
    #[error("the export cannot be written")]
    Write {
        /// What the operating system says.
        #[from]
        source: std::io::Error,
    },
}

impl SqliteLog {
    /// Writes events of one moment of the log, each checked against the hash before it, byte for byte as they were
    /// recorded. Types that this program does not know are exported, too.
    pub async fn export(
        &mut self,
        request: &ExportRequest,
        output: &mut (dyn Write + Send),
    ) -> Result<Exported, ExportError> {
        let mut transaction = self.connection.begin_with(BEGIN_READ).await.map_err(log_error(&self.path))?;
        let connection = transaction.as_mut();
        let extent = match extent(connection, request).await {
            Ok(extent) => extent?,
            Err(error) => return Err(log_error(&self.path)(error).into()),
        };
        let mut export = Export {
            writer: Writer::new(request.format, extent.clone(), request.is_redacted),
            hash: extent.previous,
            next: extent.from,
            bytes: 0,
            output,
        };
        let begin = export.writer.begin();
        export.write(&begin)?;
        let mut scan = Scan::after(Position::new(extent.from.get() - 1));
        while export.next <= extent.to {
            let events = scan.next(connection).await.map_err(log_error(&self.path))?;
            if events.is_empty() {
                return Err(damaged(Some(export.next), "the event is missing").into());
            }
            for event in events {
                if export.next > extent.to {
                    break;
                }
                let event = event.map_err(|row| damaged(row.position, &row.error.to_string()))?;
                export.event(event)?;
            }
        }
        let Export { writer, bytes, output, .. } = export;
        let end = writer.end();
        output.write_all(end.as_bytes())?;
        Ok(Exported { extent, bytes: bytes + end.len() as u64 })
    }
}

/// An export on its way out.
struct Export<'a> {
    writer: Writer,
    /// Of the event before the next one.
    hash: Digest,
    next: Position,
    bytes: u64,
    output: &'a mut (dyn Write + Send),
}

impl Export<'_> {
    fn event(&mut self, stored: StoredEvent) -> Result<(), ExportError> {
        let position = self.next;
        if stored.position != position.sql() {
            return Err(damaged(Some(position), "the event is missing").into());
        }
        self.hash = stored.hash_after(&self.hash);
        if stored.hash != self.hash.as_bytes() {
            return Err(damaged(Some(position), "the event is not what was written here").into());
        }
        let text = self.writer.event(stored).map_err(|source| ExportError::Render { position, source })?;
        self.write(&text)?;
        self.next = Position::after(Some(position));
        Ok(())
    }

    fn write(&mut self, text: &str) -> Result<(), ExportError> {
        self.bytes += text.len() as u64;
        Ok(self.output.write_all(text.as_bytes())?)
    }
}

/// Which events are asked for, and what the log says of them.
async fn extent(
    connection: &mut SqliteConnection,
    request: &ExportRequest,
) -> Result<Result<Extent, ExportError>, sqlx::Error> {
    let query = "SELECT c.position, c.hash, e.time FROM chain c LEFT JOIN events e ON e.position = c.position";
    let head: Head = head_of(&sqlx::query(query).fetch_one(&mut *connection).await?)?;
    let Some(end) = head.position else { return Ok(Err(ExportError::Empty)) };
    let (from, to) = (request.from.unwrap_or(Position::FIRST), request.to.unwrap_or(end));
    if from > to || to > end {
        return Ok(Err(ExportError::Range { from, to, end }));
    }
    let Some(log_id) = log_id(connection).await? else {
        return Ok(Err(damaged(Some(Position::FIRST), "it does not say which log this is").into()));
    };
    let previous = match Position::new(from.get() - 1) {
        None => Some(Digest::ZERO),
        Some(before) => hash_at(connection, before).await?,
    };
    match (previous, hash_at(connection, to).await?) {
        (Some(previous), Some(head)) => Ok(Ok(Extent { log_id, from, to, previous, head })),
        _ => Ok(Err(damaged(None, "an event is missing, or its hash is none").into())),
    }
}

/// The log's id, from the event that says so.
pub(super) async fn log_id(connection: &mut SqliteConnection) -> Result<Option<LogId>, sqlx::Error> {
    let query = "SELECT type, schema, payload FROM events WHERE type = 'ProjectInitialised' ORDER BY position LIMIT 1";
    let Some(row) = sqlx::query(query).fetch_optional(connection).await? else { return Ok(None) };
    let (kind, schema, payload): (String, u32, String) = (row.try_get(0)?, row.try_get(1)?, row.try_get(2)?);
    Ok(match codec::decode(&kind, schema, &payload) {
        Ok(Event::Project(ProjectEvent::ProjectInitialised { log_id })) => Some(log_id),
        Ok(_) | Err(_) => None,
    })
}

async fn hash_at(connection: &mut SqliteConnection, position: Position) -> Result<Option<Digest>, sqlx::Error> {
    let query = sqlx::query_scalar("SELECT hash FROM events WHERE position = ?").bind(position.sql());
    let hash: Option<Vec<u8>> = query.fetch_optional(connection).await?;
    Ok(hash.and_then(|hash| hash.try_into().ok()).map(Digest::from_bytes))
}

fn damaged(position: Option<Position>, reason: &str) -> LogError {
    LogError::Damaged { position, reason: reason.to_owned() }
}
