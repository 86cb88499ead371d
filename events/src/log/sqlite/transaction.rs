//! What the log's write transaction does in SQL.

use std::{collections::BTreeSet, path::Path};

use sqlx::{QueryBuilder, Row as _, Sqlite, SqliteConnection, sqlite::SqliteRow};
use uuid::Uuid;

use super::{
    projected, row,
    schema::FORMAT,
    sql_error::log_error,
    tenants::{optional, parse},
};
use crate::{
    CommandId, Digest, EventId, Head, LogError, Position, Project, Receipt, State, Stream, TenantId, TenantName,
    Timestamp, Version, codec,
    log::record::{Batch, KnownReceipt, Transaction},
    projection::{Began, Folded},
    recorded::RowError,
};

/// An open write transaction.
pub(super) struct SqliteTransaction<'a> {
    pub(super) transaction: sqlx::Transaction<'a, Sqlite>,
    pub(super) path: &'a Path,
    /// Types that occur in the log already.
    pub(super) kinds: BTreeSet<(String, u32)>,
}

/// All that a write must know first, in one query: every call costs more than every column.
const BEGIN: &str = "
SELECT c.position, c.hash, e.time, v.user_version, (SELECT max(position) FROM events),
    (SELECT group_concat(type || ' ' || schema, char(10)) FROM kinds), r.body, r.first, r.last
FROM chain c, pragma_user_version v
LEFT JOIN events e ON e.position = c.position
LEFT JOIN receipts r ON r.command_id = ?";

/// The project's own events grow in number for ever, so that its state is read from its rows.
const PROJECT: &str = "
SELECT (SELECT log_id FROM project WHERE valid_to IS NULL),
    (SELECT tenant FROM selection WHERE valid_to IS NULL),
    (SELECT max(version) FROM events WHERE stream = 'project')";

impl Transaction for SqliteTransaction<'_> {
    async fn begin(&mut self, command_id: CommandId) -> Result<(Head, Option<KnownReceipt>), LogError> {
        let id = command_id.uuid().as_bytes().to_vec();
        let query = sqlx::query(BEGIN).bind(id);
        let row = query.fetch_one(self.connection()).await.map_err(self.log_error())?;
        let found: i64 = row.try_get(3).map_err(self.log_error())?;
        if found > FORMAT {
            return Err(LogError::Newer { found, known: FORMAT });
        }
        let head = head_of(&row).map_err(self.log_error())?;
        check_tail(&head, row.try_get(4).map_err(self.log_error())?)?;
        let kinds: Option<String> = row.try_get(5).map_err(self.log_error())?;
        self.kinds = known_kinds(kinds.as_deref().unwrap_or_default())?;
        let known = self.receipt(&row).await?;
        Ok((head, known))
    }

    async fn load(&mut self, stream: &Stream) -> Result<Folded, LogError> {
        match stream {
            Stream::Project => self.load_project().await,
            Stream::Tenant(_) | Stream::Operation(_) | Stream::Plugin(_) => {
                load_stream(self.transaction.as_mut(), self.path, stream).await
            }
        }
    }

    async fn tenant_named(&mut self, name: &TenantName) -> Result<Option<TenantId>, LogError> {
        let query = sqlx::query_scalar("SELECT key FROM tenants WHERE name = ? AND valid_to IS NULL");
        let query = query.bind(name.as_str().to_owned());
        let key: Option<String> = query.fetch_optional(self.connection()).await.map_err(self.log_error())?;
        key.map(|key| parse(&key).map_err(self.log_error())).transpose()
    }

    async fn write(&mut self, batch: &Batch) -> Result<(), LogError> {
        self.write_all(batch).await.map_err(self.log_error())
    }
}

impl SqliteTransaction<'_> {
    /// Commits what was written; where nothing was, nothing has to reach the disk.
    pub(super) async fn end(self, receipt: &Receipt) -> Result<(), LogError> {
        let log_error = log_error(self.path);
        if receipt.replayed || receipt.first.is_none() {
            self.transaction.rollback().await.map_err(log_error)
        } else {
            self.transaction.commit().await.map_err(log_error)
        }
    }

    fn connection(&mut self) -> &mut SqliteConnection {
        self.transaction.as_mut()
    }

    fn log_error(&self) -> impl Fn(sqlx::Error) -> LogError {
        log_error(self.path)
    }

    /// What became of this request, from the last columns of [`BEGIN`].
    async fn receipt(&mut self, row: &SqliteRow) -> Result<Option<KnownReceipt>, LogError> {
        let columns = || Ok((row.try_get(6)?, row.try_get(7)?, row.try_get(8)?));
        let columns: (Option<Vec<u8>>, Option<i64>, Option<i64>) = columns().map_err(self.log_error())?;
        let (Some(body), Some(first), Some(last)) = columns else { return Ok(None) };
        let ids = sqlx::query_scalar("SELECT id FROM events WHERE position BETWEEN ? AND ? ORDER BY position");
        let ids = ids.bind(first).bind(last).fetch_all(self.connection()).await;
        let ids: Vec<Vec<u8>> = ids.map_err(self.log_error())?;
        let receipt = || {
            Some(KnownReceipt {
                digest: Digest::from_bytes(body.try_into().ok()?),
                first: Position::from_sql(first)?,
                last: Position::from_sql(last)?,
                events: ids.iter().map(|id| Uuid::from_slice(id).ok().map(EventId::new)).collect::<Option<_>>()?,
            })
        };
        receipt().map(Some).ok_or_else(|| damaged("a receipt does not hold what it should"))
    }

    async fn load_project(&mut self) -> Result<Folded, LogError> {
        let row = sqlx::query(PROJECT).fetch_one(self.connection()).await.map_err(self.log_error())?;
        let columns = || Ok((row.try_get(0)?, row.try_get(1)?, row.try_get(2)?));
        let columns: (Option<String>, Option<String>, Option<i64>) = columns().map_err(self.log_error())?;
        let (log_id, selected, version) = columns;
        let project = Project {
            log_id: optional(log_id.as_deref()).map_err(self.log_error())?,
            selected: optional(selected.as_deref()).map_err(self.log_error())?,
        };
        Ok(Folded { state: State::Project(project), version: version.and_then(Version::from_sql), began: None })
    }

    async fn write_all(&mut self, batch: &Batch) -> Result<(), sqlx::Error> {
        let new = batch.records.iter().map(|(recorded, _)| (recorded.kind.clone(), recorded.schema));
        let new: BTreeSet<_> = new.filter(|kind| !self.kinds.contains(kind)).collect();
        let connection = self.transaction.as_mut();
        row::insert(connection, batch.records.iter().map(|(_, stored)| stored)).await?;
        projected::write(connection, &batch.changes).await?;
        insert_kinds(connection, &new).await?;
        let receipt = batch.receipt();
        let end = "UPDATE chain SET position = ?, hash = ?; INSERT INTO receipts VALUES (?, ?, ?, ?)";
        let end = sqlx::query(end).bind(sql(receipt.last)).bind(batch.head.hash.as_bytes().to_vec());
        let end = end.bind(batch.command_id.uuid().as_bytes().to_vec()).bind(batch.digest.as_bytes().to_vec());
        end.bind(sql(receipt.first)).bind(sql(receipt.last)).execute(connection).await?;
        Ok(())
    }
}

/// Notes types that occur for the first time.
pub(super) async fn insert_kinds(
    connection: &mut SqliteConnection,
    kinds: &BTreeSet<(String, u32)>,
) -> Result<(), sqlx::Error> {
    if kinds.is_empty() {
        return Ok(());
    }
    let mut insert = QueryBuilder::<Sqlite>::new("INSERT INTO kinds ");
    insert.push_values(kinds, |mut row, (kind, schema)| {
        row.push_bind(kind.clone()).push_bind(*schema);
    });
    insert.build().execute(connection).await?;
    Ok(())
}

/// Folds the events of one stream.
pub(super) async fn load_stream(
    connection: &mut SqliteConnection,
    path: &Path,
    stream: &Stream,
) -> Result<Folded, LogError> {
    let events = "SELECT position, version, type, schema, time, payload FROM events WHERE stream = ? ORDER BY version";
    let rows = sqlx::query(events).bind(stream.to_string()).fetch_all(connection).await.map_err(log_error(path))?;
    let mut folded = Folded::initial(stream);
    for row in rows {
        let position = row.try_get(0).map_err(log_error(path)).map(Position::from_sql)?;
        let columns = || Ok((row.try_get(1)?, row.try_get(2)?, row.try_get(3)?, row.try_get(4)?, row.try_get(5)?));
        let columns: (i64, String, u32, i64, String) = columns().map_err(log_error(path))?;
        let (version, kind, schema, time, payload) = columns;
        let event = codec::decode(&kind, schema, &payload);
        let event = event.map_err(|error| row::unreadable(position, RowError::Event(error)))?;
        folded.state = folded.state.evolve(&event).map_err(|error| damaged_at(position, error.to_string()))?;
        folded.version = Version::from_sql(version);
        if let Some(position) = position {
            folded.began.get_or_insert(Began { time: Timestamp::from_millis(time), position });
        }
    }
    Ok(folded)
}

/// The first three columns: position, hash and time of the last event.
pub(super) fn head_of(row: &SqliteRow) -> Result<Head, sqlx::Error> {
    let hash: Vec<u8> = row.try_get(1)?;
    let hash = hash.try_into().map_err(|_| sqlx::Error::Decode("the head of the chain is not a digest".into()))?;
    let time: Option<i64> = row.try_get(2)?;
    Ok(Head {
        position: Position::from_sql(row.try_get(0)?),
        hash: Digest::from_bytes(hash),
        time: time.map(Timestamp::from_millis),
    })
}

/// The last event must be where the head of the chain says.
fn check_tail(head: &Head, last: Option<i64>) -> Result<(), LogError> {
    let last = last.and_then(Position::from_sql);
    if head.position == last {
        return Ok(());
    }
    let shown = |position: Option<Position>| position.map_or("none".to_owned(), |position| position.to_string());
    let reason = format!("the last event is {}, and should be {}", shown(last), shown(head.position));
    Err(LogError::Damaged { position: last, reason })
}

/// What `kinds` holds; writing to a log whose events we do not understand would be guessing.
fn known_kinds(kinds: &str) -> Result<BTreeSet<(String, u32)>, LogError> {
    let parse = |line: &str| {
        let (kind, schema) = line.rsplit_once(' ')?;
        Some((kind.to_owned(), schema.parse().ok()?))
    };
    let mut known = BTreeSet::new();
    for line in kinds.lines() {
        let (kind, schema) = parse(line).ok_or_else(|| damaged("the types of events cannot be read"))?;
        if !codec::understands(&kind, schema) {
            return Err(LogError::UnknownEvent { position: None, kind, schema });
        }
        known.insert((kind, schema));
    }
    Ok(known)
}

fn sql(position: Option<Position>) -> i64 {
    position.map_or(0, Position::sql)
}

fn damaged(reason: impl Into<String>) -> LogError {
    damaged_at(None, reason)
}

fn damaged_at(position: Option<Position>, reason: impl Into<String>) -> LogError {
    LogError::Damaged { position, reason: reason.into() }
}
