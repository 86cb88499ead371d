//! The projected tables in SQL: writing what events change, and taking digests of what is stored.

use std::{collections::HashMap, iter};

use rusqlite::{
    params_from_iter,
    types::{ToSqlOutput, ValueRef},
};
use sqlx::{AssertSqlSafe, SqliteConnection};

use super::{
    direct::{Direct, sqlx_error},
    script::{ROWS_MAX, Script},
};
use crate::{
    Position,
    projection::{Cell, Change, Packed, Row, Table, TableDigest, TableHasher},
};

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

/// The same for many rows, one by one.
pub(super) fn write_all(direct: &Direct<'_>, changes: &[(Position, Change)]) -> Result<(), rusqlite::Error> {
    let (closes, inserts) = coalesce(changes);
    for table in Table::ALL {
        let name = table.name();
        let mut closing =
            direct.prepare(&format!("UPDATE {name} SET valid_to = ? WHERE key = ? AND valid_to IS NULL"))?;
        for (_, key, valid_to) in closes.iter().filter(|(of, ..)| *of == table) {
            closing.execute((valid_to.sql(), key))?;
        }
        let places = vec!["?"; table.columns().len() + 3].join(", ");
        let mut opening = direct.prepare(&format!("INSERT INTO {name} VALUES ({places})"))?;
        for TimedRow { row, valid_from, valid_to } in inserts.iter().filter(|timed| timed.row.table == table) {
            let cells = row.cells.iter().map(|cell| match cell {
                Cell::Text(text) => ValueRef::from(text.as_str()),
                Cell::Number(number) => ValueRef::Integer(*number),
                Cell::Null => ValueRef::Null,
            });
            let until = valid_to.map_or(ValueRef::Null, |until| ValueRef::Integer(until.sql()));
            let times = [ValueRef::Integer(valid_from.sql()), until];
            let values = iter::once(ValueRef::from(row.key.as_str())).chain(cells).chain(times);
            opening.execute(params_from_iter(values.map(ToSqlOutput::Borrowed)))?;
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

/// Digest of a stored table.
pub(super) async fn digest(connection: &mut SqliteConnection, table: Table) -> Result<TableDigest, sqlx::Error> {
    let direct = Direct::lock(connection).await?;
    let digest = || {
        let mut hasher = TableHasher::new(table);
        let (name, own) = (table.name(), table.columns().iter().filter_map(|column| column.split(' ').next()));
        let columns = ["valid_from", "key"].into_iter().chain(own).collect::<Vec<_>>().join(", ");
        // The order is that of the table itself.
        each(&direct, &format!("SELECT {columns} FROM {name} ORDER BY valid_from, key"), |cell| hasher.opening(cell))?;
        // There is no such index, so that SQL sorts.
        let closed = format!("SELECT valid_to, key FROM {name} WHERE valid_to IS NOT NULL ORDER BY valid_to, key");
        each(&direct, &closed, |cell| hasher.closing(cell))?;
        Ok(hasher.finish())
    };
    digest().map_err(sqlx_error)
}

/// Every cell that a query finds.
fn each(direct: &Direct<'_>, sql: &str, mut take: impl FnMut(Packed<'_>)) -> Result<(), rusqlite::Error> {
    let mut statement = direct.prepare(sql)?;
    let columns = statement.column_count();
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        for column in 0..columns {
            take(match row.get_ref(column)? {
                ValueRef::Null => Packed::Null,
                ValueRef::Integer(number) => Packed::Number(number),
                ValueRef::Text(text) => Packed::Text(text),
                ValueRef::Real(_) | ValueRef::Blob(_) => Packed::Other,
            });
        }
    }
    Ok(())
}
