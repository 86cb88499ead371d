//! The projected tables in SQL: writing what events change, and taking digests of what is stored.

use std::collections::HashMap;

use futures_util::TryStreamExt as _;
use sqlx::{AssertSqlSafe, Row as _, SqliteConnection};

use super::{
    scan::packed_cell,
    script::{ROWS_MAX, Script},
};
use crate::{
    Position,
    projection::{Cell, Change, Row, Table, TableDigest, TableHasher},
};

/// Events whose rows are packed into one text.
const EVENTS_PER_TEXT: u32 = 1_000;

/// A row to insert, with its time: it may open and close within one transaction.
struct TimedRow<'a> {
    row: &'a Row,
    valid_from: Position,
    valid_to: Option<Position>,
}

/// Closes and opens rows, with as few statements as there are rows to close and tables to write.
pub(super) async fn write(script: &mut Script<'_>, changes: &[(Position, Change)]) -> Result<(), sqlx::Error> {
    let (closes, inserts) = coalesce(changes);
    for (table, key, valid_to) in closes {
        let close = script.statement().push(format_args!("UPDATE {} SET valid_to = ", table.name()));
        close.push_bind(valid_to.sql()).push(" WHERE key = ").push_bind(key.to_owned()).push(" AND valid_to IS NULL");
        script.end(1).await?;
    }
    for table in Table::ALL {
        let rows: Vec<_> = inserts.iter().filter(|timed| timed.row.table == table).collect();
        for chunk in rows.chunks(ROWS_MAX) {
            insert(script, table, chunk);
            script.end(chunk.len()).await?;
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

fn insert(script: &mut Script<'_>, table: Table, rows: &[&TimedRow<'_>]) {
    let insert = script.statement().push(format_args!("INSERT INTO {} ", table.name()));
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
}

/// How many rows a table has, past ones included.
pub(super) async fn row_count(connection: &mut SqliteConnection, table: Table) -> Result<u64, sqlx::Error> {
    let sql = AssertSqlSafe(format!("SELECT count(*) FROM {}", table.name()));
    let count: i64 = sqlx::query_scalar(sql).fetch_one(connection).await?;
    Ok(u64::try_from(count).unwrap_or_default())
}

/// Digest of a stored table. SQL packs the rows of many events into one text, in the order of events and keys.
pub(super) async fn digest(connection: &mut SqliteConnection, table: Table) -> Result<TableDigest, sqlx::Error> {
    let mut hasher = TableHasher::new(table);
    let sql = packed_openings(table);
    let mut last = i64::MIN;
    loop {
        let query = sqlx::query(AssertSqlSafe(sql.clone())).bind(last);
        let row = query.fetch_one(&mut *connection).await?;
        let Some(packed) = row.try_get_unchecked::<Option<Vec<u8>>, _>(0)? else { break };
        hasher.openings(&packed);
        last = row.try_get(1)?;
    }
    let mut rows = sqlx::query(AssertSqlSafe(packed_closings(table))).fetch(connection);
    while let Some(row) = rows.try_next().await? {
        hasher.closings(&row.try_get_unchecked::<Vec<u8>, _>(0)?);
    }
    Ok(hasher.finish())
}

/// What opened after a position: packed, and the last position in it. The order is that of the table itself.
fn packed_openings(table: Table) -> String {
    let own = table.columns().iter().filter_map(|column| column.split(' ').next());
    let columns: Vec<_> = ["valid_from", "key"].into_iter().chain(own).collect();
    let cells: Vec<_> = columns.iter().copied().map(packed_cell).collect();
    let (name, columns, cells) = (table.name(), columns.join(", "), cells.join(", "));
    format!(
        "SELECT group_concat(concat({cells}), ''), max(valid_from) FROM (SELECT {columns} FROM {name} \
         WHERE valid_from > ?1 AND valid_from < {EVENTS_PER_TEXT} + (SELECT min(valid_from) FROM {name} WHERE valid_from > ?1) \
         ORDER BY valid_from, key)"
    )
}

/// What closed, packed. There is no such index, so that SQL sorts.
fn packed_closings(table: Table) -> String {
    let (name, cells) = (table.name(), ["valid_to", "key"].map(packed_cell).join(", "));
    format!(
        "SELECT group_concat(concat({cells}), '' ORDER BY valid_to, key) FROM {name} WHERE valid_to IS NOT NULL \
         GROUP BY valid_to / {EVENTS_PER_TEXT} ORDER BY valid_to / {EVENTS_PER_TEXT}"
    )
}
