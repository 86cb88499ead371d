//! Building everything that follows from the events anew.

use std::{collections::BTreeSet, path::Path};

use sqlx::{Connection as _, SqliteConnection};

use super::{
    BEGIN_WRITE, SqliteLog,
    bulk::note_kinds,
    checkpoint,
    direct::{Direct, sqlx_error},
    projected,
    row::unreadable,
    scan::{Scan, UnreadableRow},
    schema,
    sql_error::log_error,
    structure,
    turns::{self, Turns},
};
use crate::{
    Digest, LogError, Position,
    projection::{Change, Fold, FoldError, Table},
    recorded::EventRow,
};

/// What rebuilding did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rebuilt {
    /// Every projected table.
    pub tables: Vec<RebuiltTable>,
    /// Whether any of them was not what follows from the events, or not built as it should be.
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
    /// readers see the old tables until it commits. What guards the events is made anew where it is not as it was made.
    /// Nothing is written when nothing differs.
    pub async fn rebuild(&mut self) -> Result<Rebuilt, LogError> {
        self.must_be_writable()?;
        let was_current = self.is_current;
        let path = &self.path;
        let mut transaction = self.connection.begin_with(BEGIN_WRITE).await.map_err(log_error(path))?;
        let connection = transaction.as_mut();
        let mut before = vec![];
        for table in Table::ALL {
            before.push(projected::digest(connection, table).await.ok());
        }
        let noted_before = noted(connection).await.ok();
        let intact = structure::objects(connection).await.is_ok_and(|differences| differences.is_empty());
        if !intact {
            schema::recreate_guards(connection).await.map_err(log_error(path))?;
        }
        schema::recreate_derived(connection).await.map_err(log_error(path))?;
        fold_all(connection, path).await?;
        let mut tables = vec![];
        for (table, before) in Table::ALL.into_iter().zip(before) {
            let after = projected::digest(connection, table).await.map_err(log_error(path))?.digest;
            let rows = projected::row_count(connection, table).await.map_err(log_error(path))?;
            let before = before.map_or(Digest::ZERO, |before| before.digest);
            tables.push(RebuiltTable { name: table.name(), rows, before, after });
        }
        let noted_after = noted(connection).await.map_err(log_error(path))?;
        let changed =
            !intact || noted_before != Some(noted_after) || tables.iter().any(|table| table.before != table.after);
        let ended = if changed || !was_current { transaction.commit().await } else { transaction.rollback().await };
        ended.map_err(log_error(path))?;
        self.is_current = true;
        checkpoint::when_large(&mut self.connection, path).await;
        Ok(Rebuilt { tables, changed })
    }
}

impl SqliteLog {
    /// Builds anew what another version of the program built. A log with events that this one does not know is left as
    /// it is: it is for a newer program, and nothing is written to it here.
    pub(super) async fn bring_up_to_date(&mut self) -> Result<(), LogError> {
        match self.rebuild().await {
            // What is damaged is found by whoever writes or verifies, who says where.
            Ok(_) | Err(LogError::UnknownEvent { .. } | LogError::Damaged { .. }) => Ok(()),
            Err(error) => Err(error),
        }
    }
}

async fn fold_all(connection: &mut SqliteConnection, path: &Path) -> Result<(), LogError> {
    let mut scan = Scan::new();
    let mut fold = Fold::default();
    let (mut kinds, mut turns) = (BTreeSet::new(), Turns::default());
    loop {
        let mut changes: Vec<(Position, Change)> = vec![];
        let mut failed = Ok(());
        let take = |event: Result<EventRow<'_>, UnreadableRow>| {
            if failed.is_ok() {
                failed = take_in(event, &mut fold, &mut changes, &mut kinds, &mut turns);
            }
        };
        let is_end = scan.each(connection, take).await.map_err(log_error(path))? == 0;
        failed?;
        let direct = Direct::lock(connection).await.map_err(log_error(path))?;
        let note = |error| log_error(path)(sqlx_error(error));
        if is_end {
            return note_kinds(&direct, &kinds).map_err(note);
        }
        turns::note(&direct, &turns.found()).map_err(note)?;
        projected::write_all(&direct, &changes).map_err(note)?;
    }
}

fn take_in(
    event: Result<EventRow<'_>, UnreadableRow>,
    fold: &mut Fold,
    changes: &mut Vec<(Position, Change)>,
    kinds: &mut BTreeSet<(String, u32)>,
    turns: &mut Turns,
) -> Result<(), LogError> {
    let row = event.map_err(|event| unreadable(event.position, event.error))?;
    let decoded = row.check().map_err(|error| unreadable(Position::from_sql(row.position), error))?;
    let position = decoded.position;
    let damaged = |error: FoldError| LogError::Damaged { position: Some(position), reason: error.to_string() };
    let happened = decoded.happened(row.stream);
    let next = fold.apply_lean(&happened).map_err(damaged)?;
    changes.extend(next.into_iter().map(|change| (position, change)));
    turns.take(position, happened.time);
    if !kinds.iter().any(|(kind, schema)| (kind.as_str(), *schema) == (row.kind, decoded.schema)) {
        kinds.insert((row.kind.to_owned(), decoded.schema));
    }
    Ok(())
}

/// What is noted of the events besides what they changed: the types that occur, and where clocks went back.
type Noted = (Vec<(String, i64)>, Vec<(i64, i64)>);

async fn noted(connection: &mut SqliteConnection) -> Result<Noted, sqlx::Error> {
    let kinds = sqlx::query_as("SELECT type, schema FROM kinds ORDER BY type, schema");
    Ok((kinds.fetch_all(&mut *connection).await?, turns::stored(connection).await?))
}
