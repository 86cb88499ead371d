//! Where clocks went back: the events that are earlier than the one before them. Between two of these, times only grow, so
//! that a moment is found by halving however wrong clocks were.

use sqlx::SqliteConnection;

use super::{direct::Direct, script::Script};
use crate::{Position, Timestamp};

/// An event that is earlier than the one before it.
pub(crate) type Turn = (Position, Timestamp);

/// Finds turns, one event after the other.
#[derive(Clone, Debug, Default)]
pub(crate) struct Turns {
    last: Option<Timestamp>,
    found: Vec<Turn>,
}

impl Turns {
    /// Takes the next event.
    pub(crate) fn take(&mut self, position: Position, time: Timestamp) {
        if self.last.is_some_and(|last| time < last) {
            self.found.push((position, time));
        }
        self.last = Some(time);
    }

    /// Passes over an event that is written already.
    pub(crate) fn pass(&mut self, time: Timestamp) {
        self.last = Some(time);
    }

    /// What was found since this was asked last.
    pub(crate) fn found(&mut self) -> Vec<Turn> {
        std::mem::take(&mut self.found)
    }
}

/// Notes turns that were found.
pub(super) async fn insert(script: &mut Script<'_>, turns: &[Turn]) -> Result<(), sqlx::Error> {
    for chunk in turns.chunks(super::script::ROWS_MAX) {
        script.statement().push("INSERT INTO turns ").push_values(chunk, |mut row, (position, time)| {
            row.push_bind(position.sql()).push_bind(time.millis());
        });
        script.end(chunk.len()).await?;
    }
    Ok(())
}

/// The same for many, one by one.
pub(super) fn note(direct: &Direct<'_>, turns: &[Turn]) -> Result<(), rusqlite::Error> {
    let mut insert = direct.prepare("INSERT INTO turns VALUES (?, ?)")?;
    for (position, time) in turns {
        insert.execute((position.sql(), time.millis()))?;
    }
    Ok(())
}

/// Those that are noted, in their order.
pub(super) async fn stored(connection: &mut SqliteConnection) -> Result<Vec<(i64, i64)>, sqlx::Error> {
    sqlx::query_as("SELECT position, time FROM turns ORDER BY position").fetch_all(connection).await
}
