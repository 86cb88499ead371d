//! What differs between two moments, and which event set each field of a tenant: both read from the temporal tables.

use std::collections::BTreeMap;

use serde_json::Value;
use sqlx::{AssertSqlSafe, Column as _, Row as _, TypeInfo as _, ValueRef as _, sqlite::SqliteRow};

use super::{SqliteLog, moment::rows_at, sql_error::log_error};
use crate::{
    LogError, Position, TenantId,
    difference::{Difference, Fields, Subject, fields_of, last_changes},
    projection::Table,
};

impl SqliteLog {
    /// What differs between the state after one event and that after another, thing by thing.
    pub async fn differences(&mut self, from: Position, to: Position) -> Result<Vec<Difference>, LogError> {
        let mut all = vec![];
        for subject in Subject::LASTING {
            let before = self.only_at(subject.table(), from, to).await?;
            let mut after = self.only_at(subject.table(), to, from).await?;
            for (key, before) in before {
                let after = after.remove(&key);
                all.push(Difference { subject, key, before: Some(before), after });
            }
            all.extend(after.into_iter().map(|(key, after)| Difference {
                subject,
                key,
                before: None,
                after: Some(after),
            }));
        }
        Ok(all.into_iter().filter(|difference| !difference.fields().is_empty()).collect())
    }

    /// The rows that held at one position, and not so at another.
    async fn only_at(
        &mut self,
        table: Table,
        here: Position,
        there: Position,
    ) -> Result<BTreeMap<String, Fields>, LogError> {
        let names = table.columns().iter().filter_map(|column| column.split(' ').next());
        let columns: Vec<_> = std::iter::once("key").chain(names).collect();
        let columns = columns.join(", ");
        let rows = |at: Position| format!("SELECT {columns} FROM ({})", rows_at(table, at.sql()));
        let sql = AssertSqlSafe(format!("{} EXCEPT {}", rows(here), rows(there)));
        let rows = sqlx::query(sql).fetch_all(&mut self.connection).await.map_err(log_error(&self.path))?;
        let read = |row: &SqliteRow| Ok((row.try_get::<String, _>(0)?, fields_of(table, cells(row, 1)?)));
        rows.iter().map(|row| read(row).map_err(log_error(&self.path))).collect()
    }

    /// The fields of a tenant, living or not, as they were last by `until`, and the position of the event that gave
    /// each its value. Empty where there was no such tenant.
    pub async fn blame(&mut self, tenant: &TenantId, until: Position) -> Result<Vec<Blamed>, LogError> {
        let names: Vec<_> = Table::Tenants.columns().iter().filter_map(|column| column.split(' ').next()).collect();
        let sql = format!(
            "SELECT json_group_array(json_array(valid_from, {})) FROM (SELECT * FROM main.tenants \
             WHERE key = ? AND valid_from <= ? ORDER BY valid_from)",
            names.join(", ")
        );
        let query = sqlx::query_scalar(AssertSqlSafe(sql)).bind(tenant.to_string()).bind(until.sql());
        let packed: String = query.fetch_one(&mut self.connection).await.map_err(log_error(&self.path))?;
        let damaged = |reason: &str| LogError::Damaged { position: None, reason: reason.to_owned() };
        let rows: Vec<Vec<Value>> = serde_json::from_str(&packed).map_err(|_| damaged("a tenant's row is no row"))?;
        let row = |mut row: Vec<Value>| {
            let position = row.first().and_then(Value::as_i64).and_then(Position::from_sql)?;
            Some((position, fields_of(Table::Tenants, row.split_off(1))))
        };
        let rows: Option<Vec<_>> = rows.into_iter().map(row).collect();
        let changes = last_changes(rows.ok_or_else(|| damaged("a tenant's row has no position"))?);
        Ok(changes.into_iter().map(|(field, (position, value))| Blamed { field, value, position }).collect())
    }
}

/// A field, its value, and where it got it.
#[derive(Clone, Debug, PartialEq)]
pub struct Blamed {
    /// As in `tenants.json` where it stands there.
    pub field: String,
    /// As it is stored: placeholders where secrets go.
    pub value: Value,
    /// The event that set it.
    pub position: Position,
}

fn cells(row: &SqliteRow, from: usize) -> Result<Vec<Value>, sqlx::Error> {
    (from..row.len()).map(|index| cell(row, index)).collect()
}

/// Of a strict table: a whole number, a text, or nothing.
fn cell(row: &SqliteRow, index: usize) -> Result<Value, sqlx::Error> {
    let raw = row.try_get_raw(index)?;
    if raw.is_null() {
        return Ok(Value::Null);
    }
    match raw.type_info().name() {
        "INTEGER" => row.try_get_unchecked::<i64, _>(index).map(Value::from),
        "TEXT" => row.try_get_unchecked::<String, _>(index).map(Value::from),
        other => Err(sqlx::Error::Decode(format!("column `{}` holds {other}", row.column(index).name()).into())),
    }
}
