//! The tables of the file, and the marks by which we know it as ours.

use std::{fmt::Write as _, path::Path};

use sqlx::{AssertSqlSafe, Row as _, SqliteConnection};

use super::sql_error::log_error;
use crate::{LogError, projection::Table};

/// `PRAGMA application_id`: "spev" in ASCII.
const APPLICATION_ID: i64 = 0x7370_6576;
/// `PRAGMA user_version`: the format of the file. One up when an older program must not write to it.
pub(super) const FORMAT: i64 = 1;

/// What is written once. Besides the events:
/// `chain` holds where they end, so that a missing tail is noticed; `kinds` the types that occur, so that a program
/// which does not know one of them notices at once; `receipts` what became of each request; `files` what we wrote to
/// files beside the log.
const TABLES: &str = "
CREATE TABLE events (
    position INTEGER PRIMARY KEY AUTOINCREMENT,
    id BLOB NOT NULL UNIQUE,
    stream TEXT NOT NULL,
    version INTEGER NOT NULL,
    type TEXT NOT NULL,
    schema INTEGER NOT NULL,
    time INTEGER NOT NULL,
    actor TEXT NOT NULL,
    host TEXT NOT NULL,
    cli TEXT NOT NULL,
    command TEXT NOT NULL,
    command_id BLOB NOT NULL,
    correlation_id BLOB NOT NULL,
    causation_id BLOB,
    payload TEXT NOT NULL,
    hash BLOB NOT NULL,
    UNIQUE (stream, version)
) STRICT;
CREATE INDEX events_by_type ON events (type);
CREATE TRIGGER events_are_not_updated BEFORE UPDATE ON events
BEGIN SELECT RAISE(ABORT, 'events are forever'); END;
CREATE TRIGGER events_are_not_deleted BEFORE DELETE ON events
BEGIN SELECT RAISE(ABORT, 'events are forever'); END;
CREATE TABLE chain (
    only INTEGER PRIMARY KEY CHECK (only = 1),
    position INTEGER NOT NULL,
    hash BLOB NOT NULL
) STRICT;
INSERT INTO chain VALUES (1, 0, zeroblob(32));
CREATE TABLE receipts (
    command_id BLOB PRIMARY KEY,
    body BLOB NOT NULL,
    first INTEGER NOT NULL,
    last INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE files (
    name TEXT PRIMARY KEY,
    digest BLOB NOT NULL,
    stamp TEXT NOT NULL,
    position INTEGER NOT NULL
) STRICT;
";

/// Which types of events occur; derived from the events, as the projections are.
const KINDS: &str = "
CREATE TABLE kinds (type TEXT NOT NULL, schema INTEGER NOT NULL, PRIMARY KEY (type, schema)) STRICT, WITHOUT ROWID;
";

/// Makes all tables in an empty database.
pub(super) async fn create(connection: &mut SqliteConnection) -> Result<(), sqlx::Error> {
    let mut sql = format!("BEGIN IMMEDIATE; PRAGMA application_id = {APPLICATION_ID}; PRAGMA user_version = {FORMAT};");
    sql.push_str(TABLES);
    sql.push_str(&create_derived());
    sql.push_str("COMMIT;");
    sqlx::raw_sql(AssertSqlSafe(sql)).execute(connection).await?;
    Ok(())
}

/// Drops the tables that follow from the events, and makes them anew, empty.
pub(super) async fn recreate_derived(connection: &mut SqliteConnection) -> Result<(), sqlx::Error> {
    let mut sql = String::from("DROP TABLE IF EXISTS kinds;");
    for table in Table::ALL {
        let _ = write!(sql, "DROP TABLE IF EXISTS {};", table.name());
    }
    sql.push_str(&create_derived());
    sqlx::raw_sql(AssertSqlSafe(sql)).execute(connection).await?;
    Ok(())
}

fn create_derived() -> String {
    let mut sql = String::from(KINDS);
    for table in Table::ALL {
        let name = table.name();
        let _ = write!(sql, "CREATE TABLE {name} (key TEXT NOT NULL, ");
        for column in table.columns() {
            let _ = write!(sql, "{column}, ");
        }
        // In this order rows are written one after the other, and read so by whoever takes a digest.
        sql.push_str(
            "valid_from INTEGER NOT NULL, valid_to INTEGER, PRIMARY KEY (valid_from, key)) STRICT, WITHOUT ROWID;",
        );
        let _ = write!(sql, "CREATE UNIQUE INDEX {name}_open ON {name} (key) WHERE valid_to IS NULL;");
        for (index, on) in table.indexes() {
            let _ = write!(sql, "CREATE INDEX {index} ON {name} {on};");
        }
    }
    sql
}

/// Whether the file is ours, and of a format that this program knows.
pub(super) async fn check(connection: &mut SqliteConnection, path: &Path) -> Result<(), LogError> {
    let marks = "SELECT a.application_id, v.user_version FROM pragma_application_id a, pragma_user_version v";
    let row = sqlx::query(marks).fetch_one(connection).await.map_err(log_error(path))?;
    let application_id: i64 = row.try_get(0).map_err(log_error(path))?;
    let found: i64 = row.try_get(1).map_err(log_error(path))?;
    if application_id != APPLICATION_ID || found < 1 {
        return Err(LogError::NotALog { path: path.to_owned() });
    }
    if found > FORMAT { Err(LogError::Newer { found, known: FORMAT }) } else { Ok(()) }
}
