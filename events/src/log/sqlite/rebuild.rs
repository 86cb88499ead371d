//! Building everything that follows from the events anew.

use std::collections::BTreeSet;

use sqlx::{Connection as _, QueryBuilder, Sqlite, SqliteConnection};

use super::{
    BEGIN_WRITE, SqliteLog, checkpoint, projected,
    row::{COLUMNS, recorded},
    schema,
    sql_error::log_error,
    transaction::insert_kinds,
};
use crate::{
    Digest, LogError, Position, Recorded,
    projection::{Change, Fold, Table, TableDigest},
};

/// Events a round: enough that statements are full, few enough to hold.
const EVENTS_PER_ROUND: u32 = 1_000;

/// What rebuilding did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rebuilt {
    /// Every projected table.
    pub tables: Vec<RebuiltTable>,
    /// Whether any of them was not what follows from the events.
    pub changed: bool,
}

/// A projected table before and after.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RebuiltTable {
    /// Its name.
    pub name: &'static str,
    /// How many rows it has now, past ones included.
    pub rows: u64,
    /// Of its rows before; [`Digest::ZERO`] when it could not be read.
    pub before: Digest,
    /// Of its rows now.
    pub after: Digest,
}

impl SqliteLog {
    /// Drops every projected table, folds the events into new ones and compares digests, all in one transaction:
    /// readers see the old tables until it commits. Nothing is written when nothing differs.
    pub async fn rebuild(&mut self) -> Result<Rebuilt, LogError> {
        self.must_be_writable()?;
        let path = &self.path;
        let mut transaction = self.connection.begin_with(BEGIN_WRITE).await.map_err(log_error(path))?;
        let connection = transaction.as_mut();
        let mut before = vec![];
        for table in Table::ALL {
            before.push(projected::digest(connection, table).await.ok());
        }
        schema::recreate_derived(connection).await.map_err(log_error(path))?;
        fold_all(connection, path).await?;
        let mut tables = vec![];
        for (table, before) in Table::ALL.into_iter().zip(before) {
            let TableDigest { rows, digest: after, .. } =
                projected::digest(connection, table).await.map_err(log_error(path))?;
            let before = before.map_or(Digest::ZERO, |before| before.digest);
            tables.push(RebuiltTable { name: table.name(), rows, before, after });
        }
        let changed = tables.iter().any(|table| table.before != table.after);
        let ended = if changed { transaction.commit().await } else { transaction.rollback().await };
        ended.map_err(log_error(path))?;
        checkpoint::when_large(&mut self.connection, path).await;
        Ok(Rebuilt { tables, changed })
    }
}

async fn fold_all(connection: &mut SqliteConnection, path: &std::path::Path) -> Result<(), LogError> {
    let mut fold = Fold::default();
    let mut kinds = BTreeSet::new();
    let mut last: Option<Position> = None;
    loop {
        let events = next_round(connection, last).await.map_err(log_error(path))?;
        let mut changes: Vec<(Position, Change)> = vec![];
        for row in &events {
            let recorded: Recorded = recorded(row)?;
            let position = recorded.position;
            let damaged = |error| LogError::Damaged { position: Some(position), reason: error };
            let next = fold.apply_lean(&recorded).map_err(|error| damaged(error.to_string()))?;
            changes.extend(next.into_iter().map(|change| (position, change)));
            kinds.insert((recorded.kind, recorded.schema));
            last = Some(position);
        }
        projected::write(connection, &changes).await.map_err(log_error(path))?;
        if events.is_empty() {
            return insert_kinds(connection, &kinds).await.map_err(log_error(path));
        }
    }
}

async fn next_round(
    connection: &mut SqliteConnection,
    after: Option<Position>,
) -> Result<Vec<sqlx::sqlite::SqliteRow>, sqlx::Error> {
    let mut query = QueryBuilder::<Sqlite>::new(format!("SELECT {COLUMNS} FROM events WHERE position > "));
    query.push_bind(after.map_or(0, Position::sql)).push(" ORDER BY position LIMIT ").push_bind(EVENTS_PER_ROUND);
    query.build().fetch_all(connection).await
}
