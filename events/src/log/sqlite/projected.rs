//! The projected tables in SQL: writing what events change, and taking digests of what is stored.

use std::collections::HashMap;

use futures_util::TryStreamExt as _;
use sqlx::{
    AssertSqlSafe, QueryBuilder, Row as _, Sqlite, SqliteConnection, TypeInfo as _, ValueRef as _, sqlite::SqliteRow,
};

use crate::{
    Position,
    projection::{Cell, Change, Row, Table, TableDigest, TableHasher},
};

/// Rows a statement, as for events.
const ROWS_MAX: usize = 500;

/// A row to insert, with its time: it may open and close within one transaction.
struct TimedRow<'a> {
    row: &'a Row,
    valid_from: Position,
    valid_to: Option<Position>,
}

/// Closes and opens rows, with as few statements as there are rows to close and tables to write.
pub(super) async fn write(
    connection: &mut SqliteConnection,
    changes: &[(Position, Change)],
) -> Result<(), sqlx::Error> {
    let (closes, inserts) = coalesce(changes);
    for (table, key, valid_to) in closes {
        let sql = format!("UPDATE {} SET valid_to = ? WHERE key = ? AND valid_to IS NULL", table.name());
        sqlx::query(AssertSqlSafe(sql)).bind(valid_to.sql()).bind(key.to_owned()).execute(&mut *connection).await?;
    }
    for table in Table::ALL {
        let rows: Vec<_> = inserts.iter().filter(|timed| timed.row.table == table).collect();
        for chunk in rows.chunks(ROWS_MAX) {
            insert(connection, table, chunk).await?;
        }
    }
    Ok(())
}

/// What is to be closed of what is there, and what is to be inserted.
fn coalesce(changes: &[(Position, Change)]) -> (Vec<(Table, &str, Position)>, Vec<TimedRow<'_>>) {
    let mut closes = vec![];
    let mut inserts: Vec<TimedRow<'_>> = vec![];
    let mut open: HashMap<(Table, &str), usize> = HashMap::new();
    for (position, change) in changes {
        let target = change.target();
        match change {
            Change::Open(_) => {}
            Change::Replace(_) | Change::Close(..) => match open.remove(&target) {
                Some(place) => inserts[place].valid_to = Some(*position),
                None => closes.push((target.0, target.1, *position)),
            },
        }
        match change {
            Change::Open(row) | Change::Replace(row) => {
                open.insert(target, inserts.len());
                inserts.push(TimedRow { row, valid_from: *position, valid_to: None });
            }
            Change::Close(..) => {}
        }
    }
    (closes, inserts)
}

async fn insert(connection: &mut SqliteConnection, table: Table, rows: &[&TimedRow<'_>]) -> Result<(), sqlx::Error> {
    let mut insert = QueryBuilder::<Sqlite>::new(format!("INSERT INTO {} ", table.name()));
    insert.push_values(rows, |mut values, timed| {
        values.push_bind(timed.row.key.clone());
        for cell in &timed.row.cells {
            match cell {
                Cell::Text(text) => values.push_bind(text.clone()),
                Cell::Number(number) => values.push_bind(*number),
                Cell::Null => values.push_bind(None::<String>),
            };
        }
        values.push_bind(timed.valid_from.sql()).push_bind(timed.valid_to.map(Position::sql));
    });
    insert.build().execute(connection).await?;
    Ok(())
}

/// Digest of a stored table, row by row.
pub(super) async fn digest(connection: &mut SqliteConnection, table: Table) -> Result<TableDigest, sqlx::Error> {
    let mut hasher = TableHasher::new(table);
    let name = table.name();
    let openings = format!("SELECT * FROM {name} ORDER BY valid_from, key");
    let mut rows = sqlx::query(AssertSqlSafe(openings)).fetch(&mut *connection);
    while let Some(row) = rows.try_next().await? {
        let cells = (1..=table.columns().len()).map(|column| cell(&row, column)).collect::<Result<Vec<_>, _>>()?;
        hasher.open(row.try_get("valid_from")?, row.try_get("key")?, &cells);
    }
    drop(rows);
    let closings = format!("SELECT valid_to, key FROM {name} WHERE valid_to IS NOT NULL ORDER BY valid_to, key");
    let mut rows = sqlx::query(AssertSqlSafe(closings)).fetch(connection);
    while let Some(row) = rows.try_next().await? {
        hasher.close(row.try_get(0)?, row.try_get(1)?);
    }
    Ok(hasher.finish())
}

fn cell(row: &SqliteRow, column: usize) -> Result<Cell, sqlx::Error> {
    let value = row.try_get_raw(column)?;
    if value.is_null() {
        return Ok(Cell::Null);
    }
    match value.type_info().name() {
        "INTEGER" => row.try_get(column).map(Cell::Number),
        _ => row.try_get(column).map(Cell::Text),
    }
}
