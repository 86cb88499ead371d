//! Whether the file is built as we build it: `SQLite`'s own pages, and the tables, indexes and triggers in them.

use std::collections::BTreeMap;

use sqlx::{ConnectOptions as _, Row as _, SqliteConnection, sqlite::SqliteConnectOptions};

use super::schema;

/// What `SQLite` finds wrong with its own pages, at most this many lines.
const LINES_MAX: u32 = 20;

/// One object of the file that is not as it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Difference {
    /// Rebuilding mends it.
    pub(super) is_derived: bool,
    /// In words.
    pub(super) message: String,
}

/// What `SQLite` says of its pages and of the types of what is in them; nothing when all is well.
pub(super) async fn pages(connection: &mut SqliteConnection) -> Result<Vec<String>, sqlx::Error> {
    let query = sqlx::AssertSqlSafe(format!("PRAGMA quick_check({LINES_MAX})"));
    let lines: Vec<String> = sqlx::query_scalar(query).fetch_all(connection).await?;
    Ok(lines.into_iter().filter(|line| line != "ok").collect())
}

/// How the objects of the file differ from those that we make.
pub(super) async fn objects(connection: &mut SqliteConnection) -> Result<Vec<Difference>, sqlx::Error> {
    let mut found = read(connection).await?;
    let mut empty = SqliteConnectOptions::new().in_memory(true).connect().await?;
    schema::create(&mut empty).await?;
    let mut differences = vec![];
    for (name, object) in read(&mut empty).await? {
        let what = object.kind.clone();
        let difference = match found.remove(&name) {
            Some(there) if there == object => continue,
            Some(_) => format!("{what} `{name}` is not as it was made"),
            None => format!("{what} `{name}` is missing"),
        };
        differences.push(Difference { is_derived: schema::is_derived(&object.table), message: difference });
    }
    differences.extend(found.into_iter().map(|(name, object)| Difference {
        is_derived: false,
        message: format!("{} `{name}` is not one of ours", object.kind),
    }));
    Ok(differences)
}

/// A table, an index, a trigger or a view.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Object {
    kind: String,
    table: String,
    /// None for what `SQLite` makes by itself.
    sql: Option<String>,
}

async fn read(connection: &mut SqliteConnection) -> Result<BTreeMap<String, Object>, sqlx::Error> {
    // What `ANALYZE` leaves says how a query is run, not what it finds.
    let query = "SELECT name, type, tbl_name, sql FROM sqlite_schema WHERE name NOT GLOB 'sqlite_stat*'";
    let rows = sqlx::query(query).fetch_all(connection).await?;
    let object = |row: &sqlx::sqlite::SqliteRow| {
        let sql: Option<&str> = row.try_get(3)?;
        // How lines were broken means nothing.
        let sql = sql.map(|sql| sql.split_whitespace().collect::<Vec<_>>().join(" "));
        let object = Object { kind: row.try_get(1)?, table: row.try_get(2)?, sql };
        Ok((row.try_get(0)?, object))
    };
    rows.iter().map(object).collect()
}
