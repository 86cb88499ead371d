//! Taking in events that were recorded elsewhere: each must be the one that follows, or nothing is taken.

use super::{
    Fault, FaultKind,
    sqlite::{fold_fault, row_fault},
    whole::Whole,
};
use crate::{
    Digest, Head, Position, Timestamp,
    projection::Change,
    recorded::{Decoded, EventRow, RowError},
};

/// What can be seen of an event by itself: what it says, and its hash if it stands behind the one that is meant.
pub(crate) struct Seen {
    after: Digest,
    hash: Digest,
    decoded: Result<Decoded, RowError>,
}

impl Seen {
    /// Looks at an event that stands behind the one with this hash.
    pub(crate) fn of(row: &EventRow<'_>, after: Digest) -> Self {
        Self { hash: row.hash_after(&after), after, decoded: row.check() }
    }

    fn hash_after(&self, row: &EventRow<'_>, previous: &Digest) -> Digest {
        if self.after == *previous { self.hash } else { row.hash_after(previous) }
    }
}

/// Events one after the other, from the first on: the chain, every stream's versions and states, and the rules across
/// streams.
#[derive(Clone)]
pub(crate) struct Intake {
    head: Head,
    whole: Whole,
}

impl Intake {
    /// Before the first event.
    pub(crate) fn new() -> Self {
        Self { head: Head { position: None, hash: Digest::ZERO, time: None }, whole: Whole::default() }
    }

    /// Where the events that were taken in end.
    pub(crate) const fn head(&self) -> &Head {
        &self.head
    }

    /// Takes the next event in, and says what it changes; or what is wrong with it, and then it is not taken.
    pub(crate) fn take(&mut self, row: &EventRow<'_>) -> Result<Vec<(Position, Change)>, Fault> {
        self.take_seen(row, Seen::of(row, self.head.hash))
    }

    /// The same of an event that was looked at before.
    pub(crate) fn take_seen(&mut self, row: &EventRow<'_>, seen: Seen) -> Result<Vec<(Position, Change)>, Fault> {
        let expected = Position::after(self.head.position);
        let found = Position::from_sql(row.position);
        if found != Some(expected) {
            let message = format!("position {} stands where {expected} should", row.position);
            return Err(Fault { position: found, kind: FaultKind::Gap, message });
        }
        let fault = |kind, message: String| Fault { position: found, kind, message };
        let hash = seen.hash_after(row, &self.head.hash);
        if row.hash != hash.as_bytes() {
            return Err(fault(FaultKind::Hash, "the event is not what was written here".to_owned()));
        }
        let decoded = seen.decoded.map_err(|error| fault(row_fault(&error), error.to_string()))?;
        let happened = decoded.happened(row.stream);
        self.whole.check(&happened).map_err(|refusal| fault(FaultKind::Refused, refusal.to_string()))?;
        let changes = self.whole.apply(&happened).map_err(|error| fault(fold_fault(&error), error.to_string()))?;
        self.head = Head { position: found, hash, time: Some(Timestamp::from_millis(row.time)) };
        Ok(changes.into_iter().map(|change| (expected, change)).collect())
    }
}
