//! The tables of the file, and the marks by which we know it as ours.

use std::{fmt::Write as _, path::Path, sync::LazyLock};

use sqlx::{AssertSqlSafe, Row as _, SqliteConnection, sqlite::SqliteRow};

use crate::{Digest, LogError, projection::Table};

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

/// What guards and finds the events; made anew when somebody took it away.
const GUARDS: [(&str, &str, &str); 3] = [
    ("INDEX", "events_by_type", "ON events (type)"),
    (
        "TRIGGER",
        "events_are_not_updated",
        "BEFORE UPDATE ON events BEGIN SELECT RAISE(ABORT, 'events are forever'); END",
    ),
    (
        "TRIGGER",
        "events_are_not_deleted",
        "BEFORE DELETE ON events BEGIN SELECT RAISE(ABORT, 'events are forever'); END",
    ),
];

/// Which types of events occur; derived from the events, as the projections are.
const KINDS: &str = "
CREATE TABLE kinds (type TEXT NOT NULL, schema INTEGER NOT NULL, PRIMARY KEY (type, schema)) STRICT, WITHOUT ROWID;
";

/// The events that are earlier than the one before them, because a clock was wrong; derived, too.
const TURNS: &str = "
CREATE TABLE turns (position INTEGER PRIMARY KEY, time INTEGER NOT NULL) STRICT;
";

/// Which program built what follows from the events: see [`projections`].
const PROJECTIONS: &str = "
CREATE TABLE projections (only INTEGER PRIMARY KEY CHECK (only = 1), version INTEGER NOT NULL) STRICT;
";
/// One up when the same tables get other content from the same events.
const MEANING: u32 = 1;

/// Makes all tables in an empty database.
pub(super) async fn create(connection: &mut SqliteConnection) -> Result<(), sqlx::Error> {
    let mut sql = format!("BEGIN IMMEDIATE; PRAGMA application_id = {APPLICATION_ID}; PRAGMA user_version = {FORMAT};");
    sql.push_str(TABLES);
    for (kind, name, what) in GUARDS {
        let _ = write!(sql, "CREATE {kind} {name} {what};");
    }
    sql.push_str(&create_derived());
    sql.push_str("COMMIT;");
    sqlx::raw_sql(AssertSqlSafe(sql)).execute(connection).await?;
    Ok(())
}

/// Makes anew what guards the events.
pub(super) async fn recreate_guards(connection: &mut SqliteConnection) -> Result<(), sqlx::Error> {
    let guards = GUARDS.map(|(kind, name, what)| format!("DROP {kind} IF EXISTS {name}; CREATE {kind} {name} {what};"));
    sqlx::raw_sql(AssertSqlSafe(guards.concat())).execute(connection).await?;
    Ok(())
}

/// Drops the tables that follow from the events, and makes them anew, empty.
pub(super) async fn recreate_derived(connection: &mut SqliteConnection) -> Result<(), sqlx::Error> {
    let mut sql =
        String::from("DROP TABLE IF EXISTS kinds; DROP TABLE IF EXISTS turns; DROP TABLE IF EXISTS projections;");
    for table in Table::ALL {
        let _ = write!(sql, "DROP TABLE IF EXISTS {};", table.name());
    }
    sql.push_str(&create_derived());
    sqlx::raw_sql(AssertSqlSafe(sql)).execute(connection).await?;
    Ok(())
}

/// Whether a table follows from the events, so that rebuilding mends it.
pub(super) fn is_derived(table: &str) -> bool {
    ["kinds", "turns", "projections"].contains(&table) || Table::ALL.iter().any(|derived| derived.name() == table)
}

/// What the derived tables look like and mean, as a number: a program that has another one builds them anew.
pub(super) fn projections() -> i64 {
    static VERSION: LazyLock<i64> = LazyLock::new(|| version_of(&derived_tables()));
    *VERSION
}

fn version_of(tables: &str) -> i64 {
    let digest = Digest::of(format!("{MEANING}\n{tables}").as_bytes());
    let mut first = [0; 8];
    first.copy_from_slice(&digest.as_bytes()[..8]);
    i64::from_be_bytes(first)
}

fn create_derived() -> String {
    let mut sql = derived_tables();
    let _ = write!(sql, "{PROJECTIONS} INSERT INTO projections VALUES (1, {});", projections());
    sql
}

fn derived_tables() -> String {
    let mut sql = [KINDS, TURNS].concat();
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
        if table.has_history_index() {
            let _ = write!(sql, "CREATE INDEX {name}_history ON {name} (key, valid_from);");
        }
        for (index, on) in table.indexes() {
            let _ = write!(sql, "CREATE INDEX {index} ON {name} {on};");
        }
    }
    sql
}

/// The columns of [`Marks`].
pub(super) const MARKS: &str = "(SELECT application_id FROM pragma_application_id), \
    (SELECT user_version FROM pragma_user_version), (SELECT version FROM projections)";
/// The same of a file that has no such table.
const MARKS_WITHOUT_TABLES: &str =
    "(SELECT application_id FROM pragma_application_id), (SELECT user_version FROM pragma_user_version), NULL";

/// The marks by which we know a log.
pub(super) struct Marks {
    application_id: i64,
    format: i64,
    projections: Option<i64>,
}

impl Marks {
    /// From the first three columns.
    pub(super) fn of(row: &SqliteRow) -> Result<Self, sqlx::Error> {
        Ok(Self { application_id: row.try_get(0)?, format: row.try_get(1)?, projections: row.try_get(2)? })
    }

    /// Of any file: one that was built before there was a version of its tables, or that is no log at all.
    pub(super) async fn read(connection: &mut SqliteConnection) -> Result<Self, sqlx::Error> {
        let marks = |columns: &str| AssertSqlSafe(format!("SELECT {columns}"));
        match sqlx::query(marks(MARKS)).fetch_one(&mut *connection).await {
            Ok(row) => Self::of(&row),
            Err(_) => Self::of(&sqlx::query(marks(MARKS_WITHOUT_TABLES)).fetch_one(connection).await?),
        }
    }

    /// Whether what follows from the events was built as this program builds it.
    pub(super) fn is_current(&self) -> bool {
        self.projections == Some(projections())
    }

    /// Whether the file is ours, and of a format that this program knows.
    pub(super) fn check(&self, path: &Path) -> Result<(), LogError> {
        let Self { application_id, format: found, projections: _ } = *self;
        if application_id != APPLICATION_ID || found < 1 {
            return Err(LogError::NotALog { path: path.to_owned() });
        }
        if found > FORMAT { Err(LogError::Newer { found, known: FORMAT }) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_tables_are_another_version() {
        let tables = derived_tables();
        assert_eq!(version_of(&tables), projections());
        assert_ne!(version_of(&tables.replace("region TEXT", "region TEXT, zone TEXT")), projections());
    }
}
