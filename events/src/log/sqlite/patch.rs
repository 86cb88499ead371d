//! What each event changed in the tables.

use std::collections::{BTreeMap, HashMap};

use super::SqliteLog;
use crate::{
    LogError, Position, Recorded, Version,
    difference::{Difference, Fields, Subject, fields_of_row},
    projection::{Change, Fold, Table},
};

/// Events that are read at a time.
const EVENTS_PER_READ: u32 = 200;

/// The open rows of one stream: its events are the only ones that change them.
type Open = HashMap<(Table, String), Fields>;

impl SqliteLog {
    /// What each of these events changed, in their order.
    ///
    /// A row of the past does not say which event closed it, so that each stream is folded from its first event on.
    pub async fn changes_of(&mut self, events: &[Recorded]) -> Result<Vec<Vec<Difference>>, LogError> {
        let mut until = BTreeMap::<&str, Version>::new();
        for event in events {
            let last = until.entry(&event.stream).or_insert(event.version);
            *last = event.version.max(*last);
        }
        let mut found = HashMap::new();
        for (stream, until) in until {
            self.changes_in(stream, until, &mut found).await?;
        }
        Ok(events.iter().map(|event| found.remove(&event.position).unwrap_or_default()).collect())
    }

    async fn changes_in(
        &mut self,
        stream: &str,
        until: Version,
        found: &mut HashMap<Position, Vec<Difference>>,
    ) -> Result<(), LogError> {
        let (mut fold, mut open, mut last) = (Fold::default(), Open::new(), None);
        while last.is_none_or(|last| last < until) {
            let events = self.read_stream(stream, last, EVENTS_PER_READ).await?;
            let Some(newest) = events.last() else { return Ok(()) };
            last = Some(newest.version);
            for event in events {
                let damaged = |reason: String| LogError::Damaged { position: Some(event.position), reason };
                let changes = fold.apply(&event.happened()).map_err(|error| damaged(error.to_string()))?;
                let differences = changes.into_iter().map(|change| difference(change, &mut open)).collect();
                found.insert(event.position, differences);
            }
        }
        Ok(())
    }
}

/// A change as a difference to what was there.
fn difference(change: Change, open: &mut Open) -> Difference {
    let (table, key) = match &change {
        Change::Open(row) | Change::Replace(row) => (row.table, row.key.clone()),
        Change::Close(table, key) => (*table, key.clone()),
    };
    let before = open.remove(&(table, key.clone()));
    let after = match change {
        Change::Open(row) | Change::Replace(row) => Some(fields_of_row(row)),
        Change::Close(..) => None,
    };
    if let Some(fields) = &after {
        open.insert((table, key.clone()), fields.clone());
    }
    Difference { subject: Subject::of(table), key, before, after }
}
