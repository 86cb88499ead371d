//! The event log as a file: what somebody could do to it with a database tool.

use std::path::Path;

use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Row};
use tokio::runtime::{Builder, Runtime};

/// An open `SQLite` file.
pub struct LogFile {
    runtime: Runtime,
    connection: SqliteConnection,
    /// Triggers that were taken away, to be put back.
    dropped: Vec<String>,
}

impl LogFile {
    /// Opens a file that is there.
    ///
    /// # Panics
    /// If it is not an `SQLite` file.
    pub fn open(path: &Path) -> LogFile {
        let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime can be made");
        let connection = runtime.block_on(SqliteConnectOptions::new().filename(path).connect());
        let connection = connection.unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        LogFile { runtime, connection, dropped: Vec::new() }
    }

    /// Runs statements.
    ///
    /// # Panics
    /// If `SQLite` refuses.
    #[track_caller]
    pub fn run(&mut self, sql: &str) {
        let done = self.runtime.block_on(sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(&mut self.connection));
        done.unwrap_or_else(|error| panic!("{sql}: {error}"));
    }

    /// The only column of every row, as text.
    ///
    /// # Panics
    /// If `SQLite` refuses, or it is no text.
    #[track_caller]
    pub fn texts(&mut self, sql: &str) -> Vec<String> {
        let rows = self.runtime.block_on(sqlx::query(AssertSqlSafe(sql.to_owned())).fetch_all(&mut self.connection));
        let rows = rows.unwrap_or_else(|error| panic!("{sql}: {error}"));
        rows.iter().map(|row| row.try_get(0).unwrap_or_else(|error| panic!("{sql}: {error}"))).collect()
    }

    /// The only column of the only row, as a number.
    ///
    /// # Panics
    /// If `SQLite` refuses, or it is no number.
    #[track_caller]
    pub fn number(&mut self, sql: &str) -> i64 {
        let row = self.runtime.block_on(sqlx::query(AssertSqlSafe(sql.to_owned())).fetch_one(&mut self.connection));
        row.and_then(|row| row.try_get(0)).unwrap_or_else(|error| panic!("{sql}: {error}"))
    }

    /// Takes away the triggers that keep events from being changed. They are back when the file is closed, as somebody
    /// who leaves no trace would do it.
    pub fn drop_triggers(&mut self) {
        self.dropped = self.texts("select sql from sqlite_schema where type = 'trigger'");
        for name in self.texts("select name from sqlite_schema where type = 'trigger'") {
            self.run(&format!("drop trigger \"{name}\""));
        }
    }

    /// Writes everything to the file itself and closes it.
    pub fn close(mut self) {
        for trigger in std::mem::take(&mut self.dropped) {
            self.run(&trigger);
        }
        self.run("pragma wal_checkpoint(truncate)");
        let _closed_either_way = self.runtime.block_on(self.connection.close());
    }
}
