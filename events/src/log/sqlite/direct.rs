//! Queries of many rows on our own thread: of a row that came from the database's thread, each cell is copied and each
//! row handed over, which takes longer than finding it.
#![expect(unsafe_code, reason = "a handle is all that sqlx and rusqlite have in common")]

use std::{borrow::Cow, error::Error, fmt, ops::Deref};

use rusqlite::ffi;
use sqlx::{
    Connection as _, SqliteConnection,
    error::{DatabaseError, ErrorKind},
    sqlite::LockedSqliteHandle,
};

/// A connection while the database's thread leaves it alone. An open transaction is open here, too.
pub(super) struct Direct<'a> {
    /// Dropped before the lock.
    connection: rusqlite::Connection,
    _lock: LockedSqliteHandle<'a>,
}

impl<'a> Direct<'a> {
    /// Takes a connection over, until this is dropped.
    pub(super) async fn lock(connection: &'a mut SqliteConnection) -> Result<Self, sqlx::Error> {
        // The thread may not have noticed yet that it was let go the last time. Whoever asks it to wait again and again
        // meanwhile fills the queue of what it is asked, and then waits for the thread, which waits for the lock.
        connection.ping().await?;
        let mut lock = connection.lock_handle().await?;
        // SAFETY: the handle is that of an open connection, which nobody else uses while it is locked. Neither it nor a
        // statement on it outlives the lock, and the connection that is made of it leaves it open when it is dropped.
        let connection = unsafe { rusqlite::Connection::from_handle(lock.as_raw_handle().as_ptr()) };
        Ok(Self { connection: connection.map_err(sqlx_error)?, _lock: lock })
    }
}

impl Deref for Direct<'_> {
    type Target = rusqlite::Connection;

    fn deref(&self) -> &rusqlite::Connection {
        &self.connection
    }
}

/// As the same error comes from the database's thread.
pub(super) fn sqlx_error(error: rusqlite::Error) -> sqlx::Error {
    let rusqlite::Error::SqliteFailure(error, message) = error else { return sqlx::Error::Decode(Box::new(error)) };
    let message = message.unwrap_or_else(|| error.to_string());
    sqlx::Error::Database(Box::new(Failure { code: error.extended_code, message }))
}

/// An error of `SQLite`.
#[derive(Debug)]
struct Failure {
    code: i32,
    message: String,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "(code: {}) {}", self.code, self.message)
    }
}

impl Error for Failure {}

impl DatabaseError for Failure {
    fn message(&self) -> &str {
        &self.message
    }

    fn code(&self) -> Option<Cow<'_, str>> {
        Some(self.code.to_string().into())
    }

    fn as_error(&self) -> &(dyn Error + Send + Sync + 'static) {
        self
    }

    fn as_error_mut(&mut self) -> &mut (dyn Error + Send + Sync + 'static) {
        self
    }

    fn into_error(self: Box<Self>) -> Box<dyn Error + Send + Sync + 'static> {
        self
    }

    fn kind(&self) -> ErrorKind {
        match self.code {
            ffi::SQLITE_CONSTRAINT_UNIQUE | ffi::SQLITE_CONSTRAINT_PRIMARYKEY => ErrorKind::UniqueViolation,
            _ => ErrorKind::Other,
        }
    }
}

#[cfg(test)]
mod tests {
    use sqlx::{ConnectOptions as _, sqlite::SqliteConnectOptions};

    use super::{Direct, sqlx_error};

    #[tokio::test]
    async fn a_connection_is_taken_over_and_given_back_as_often_as_one_likes() {
        let mut connection = SqliteConnectOptions::new().in_memory(true).connect().await.unwrap();
        for number in 0..5_000_i64 {
            let direct = Direct::lock(&mut connection).await.unwrap();
            assert_eq!(direct.query_row("SELECT ?", [number], |row| row.get(0)), Ok(number));
        }
        let one: i64 = sqlx::query_scalar("SELECT 1").fetch_one(&mut connection).await.unwrap();
        assert_eq!(one, 1);
    }

    #[tokio::test]
    async fn an_error_is_the_same_on_either_thread() {
        let mut connection = SqliteConnectOptions::new().in_memory(true).connect().await.unwrap();
        sqlx::raw_sql("CREATE TABLE t (a INTEGER PRIMARY KEY, b UNIQUE)").execute(&mut connection).await.unwrap();
        for sql in ["INSERT INTO t (b) VALUES (1), (1)", "SELECT nothing", "INSERT INTO t VALUES ('no number', 1)"] {
            let there = sqlx::query(sql).execute(&mut connection).await.unwrap_err();
            let here = Direct::lock(&mut connection).await.unwrap().execute_batch(sql).map_err(sqlx_error).unwrap_err();
            assert_eq!(here.to_string(), there.to_string());
            let (here, there) = (here.into_database_error().unwrap(), there.into_database_error().unwrap());
            assert_eq!((here.code(), here.is_unique_violation()), (there.code(), there.is_unique_violation()));
        }
    }
}
