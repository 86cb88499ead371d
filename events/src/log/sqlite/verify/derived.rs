//! Whether the tables that follow from the events hold what follows from them.

use std::collections::BTreeSet;

use sqlx::{Row as _, SqliteConnection};

use super::{
    super::{projected, turns},
    FaultKind, Verifier,
};
use crate::projection::TableHasher;

impl Verifier<'_> {
    /// Only a whole fold can be compared: after an event that cannot be read, every table differs. And only with what is
    /// there to stay: what another version of the program built is built anew when the log is opened for writing.
    pub(super) async fn check_derived(&mut self, connection: &mut SqliteConnection) {
        if !self.is_folded || self.is_outdated {
            return;
        }
        for expected in std::mem::take(&mut self.tables).into_iter().map(TableHasher::finish) {
            let found = projected::digest(connection, expected.table).await;
            self.compare(expected.table.name(), found, &expected);
        }
        let (kinds, turns) = (std::mem::take(&mut self.kinds), self.turns.found());
        self.compare("kinds", stored_kinds(connection).await, &kinds);
        let turns = turns.into_iter().map(|(position, time)| (position.sql(), time.millis())).collect();
        self.compare("turns", turns::stored(connection).await, &turns);
    }

    fn compare<T: PartialEq>(&mut self, table: &str, found: Result<T, sqlx::Error>, expected: &T) {
        match found {
            Ok(found) if found == *expected => {}
            Ok(_) => {
                let message = format!("table `{table}` is not what follows from the events");
                self.fault(None, FaultKind::Projection, &message);
            }
            Err(error) => {
                // Without it no log is opened for writing, so that rebuilding mends it not.
                let kind = if table == "kinds" { FaultKind::Structure } else { FaultKind::Projection };
                let message = format!("table `{table}` cannot be read: {error}");
                self.fault(None, kind, &message);
            }
        }
    }
}

async fn stored_kinds(connection: &mut SqliteConnection) -> Result<BTreeSet<(String, i64)>, sqlx::Error> {
    let rows = sqlx::query("SELECT type, schema FROM kinds").fetch_all(connection).await?;
    rows.iter().map(|row| Ok((row.try_get(0)?, row.try_get(1)?))).collect()
}
