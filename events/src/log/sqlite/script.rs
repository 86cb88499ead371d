//! Several statements in one call: a call costs two changes of threads, whatever is in it.

use std::mem;

use sqlx::{QueryBuilder, Sqlite, SqliteConnection};

/// Rows a statement and a call: above this nothing gets faster, and `SQLite` takes at most 32,766 parameters.
pub(super) const ROWS_MAX: usize = 500;
/// What a command writes is alike from one to the next, and stays prepared; what writes more is not seen again.
const PREPARED_ROWS_MAX: usize = 16;

/// Statements that wait to be carried out.
pub(super) struct Script<'a> {
    connection: &'a mut SqliteConnection,
    text: QueryBuilder<Sqlite>,
    rows: usize,
}

impl<'a> Script<'a> {
    pub(super) fn new(connection: &'a mut SqliteConnection) -> Self {
        Self { connection, text: QueryBuilder::default(), rows: 0 }
    }

    /// Where the next statement is written.
    pub(super) fn statement(&mut self) -> &mut QueryBuilder<Sqlite> {
        &mut self.text
    }

    /// Ends a statement that writes so many rows. Many that wait are carried out.
    pub(super) async fn end(&mut self, rows: usize) -> Result<(), sqlx::Error> {
        self.text.push("; ");
        self.rows += rows;
        if self.rows < ROWS_MAX { Ok(()) } else { self.run().await }
    }

    /// Carries out what waits.
    pub(super) async fn run(&mut self) -> Result<(), sqlx::Error> {
        let rows = mem::take(&mut self.rows);
        if rows > 0 {
            let mut text = mem::take(&mut self.text);
            text.build().persistent(rows <= PREPARED_ROWS_MAX).execute(&mut *self.connection).await?;
        }
        Ok(())
    }
}
