//! Verifying the log: that nothing was changed, lost or added, and that what is shown follows from it.

mod checkpoints;
mod derived;
mod fault;
mod receipts;

pub use checkpoints::{Against, CheckpointCount};
pub use fault::{Fault, FaultKind, Verification};
pub(crate) use fault::{fold_fault, row_fault};

use std::collections::BTreeSet;

use sqlx::{Connection as _, SqliteConnection};

use self::{checkpoints::Checkpoints, receipts::Requests};

use super::{
    BEGIN_READ, SqliteLog,
    beginning::head_of,
    scan::{Scan, UnreadableRow},
    schema::Marks,
    sql_error::log_error,
    structure,
    turns::Turns,
};
use crate::{
    Digest, Head, LogError, Position, Timestamp,
    digest::Fields,
    log::whole::Whole,
    projection::TableHasher,
    recorded::{EventRow, Happened},
};

/// One fault tells that the log is damaged; a thousand tell no more.
const FAULTS_MAX: usize = 100;

impl SqliteLog {
    /// Reads every event and every projected row, and says what is wrong. One moment of the log, in memory that
    /// follows what is alive rather than what ever happened.
    pub async fn verify(&mut self) -> Result<Verification, LogError> {
        self.verify_against(&Against::default()).await
    }

    /// The same, also against what is known elsewhere.
    pub async fn verify_against(&mut self, against: &Against) -> Result<Verification, LogError> {
        let mut transaction = self.connection.begin_with(BEGIN_READ).await.map_err(log_error(&self.path))?;
        let mut verifier = Verifier::new(against);
        // Now, and not when the log was opened: another process may have built them meanwhile.
        verifier.is_outdated = Marks::read(transaction.as_mut()).await.is_ok_and(|marks| !marks.is_current());
        match Checkpoints::begin(transaction.as_mut(), against).await {
            Ok(checkpoints) => verifier.checkpoints = checkpoints,
            Err(error) => verifier.fault(None, FaultKind::Unreadable, &error),
        }
        if let Err(error) = verifier.read_events(transaction.as_mut()).await {
            verifier.fault(None, FaultKind::Unreadable, &error);
        }
        if let Err(error) = verifier.check_head(transaction.as_mut()).await {
            verifier.fault(None, FaultKind::Head, &error);
        }
        verifier.check_derived(transaction.as_mut()).await;
        if let Err(error) = verifier.check_receipts(transaction.as_mut()).await {
            verifier.fault(None, FaultKind::Receipts, &error);
        }
        if let Err(error) = verifier.check_structure(transaction.as_mut()).await {
            verifier.fault(None, FaultKind::Structure, &error);
        }
        for (position, kind, message) in verifier.checkpoints.check_held() {
            verifier.fault(position, kind, &message);
        }
        // Nothing was written: how the transaction ends does not matter.
        let _ = transaction.rollback().await;
        Ok(verifier.finish())
    }
}

struct Verifier<'a> {
    events: u64,
    head: Head,
    /// The hash that the last event should have had, where it had another: then either may be the right one.
    computed: Digest,
    whole: Whole,
    tables: Vec<TableHasher>,
    /// Whether every event went into the fold.
    is_folded: bool,
    /// Whether every event up to here is there and is what was written: else what streams hold cannot be relied on.
    is_whole: bool,
    /// Whether another version of the program built what follows from the events.
    is_outdated: bool,
    requests: Requests,
    checkpoints: Checkpoints<'a>,
    /// Of the event that is checked; one buffer for all.
    fields: Fields,
    /// Types that occur.
    kinds: BTreeSet<(String, i64)>,
    last_kind: Option<(String, i64)>,
    turns: Turns,
    faults: Vec<Fault>,
}

impl<'a> Verifier<'a> {
    fn new(against: &'a Against) -> Self {
        Self {
            events: 0,
            head: Head { position: None, hash: Digest::ZERO, time: None },
            computed: Digest::ZERO,
            whole: Whole::default(),
            tables: TableHasher::all(),
            is_folded: true,
            is_whole: true,
            is_outdated: false,
            requests: Requests::default(),
            checkpoints: Checkpoints::of(against),
            fields: Fields::default(),
            kinds: BTreeSet::new(),
            last_kind: None,
            turns: Turns::default(),
            faults: vec![],
        }
    }

    fn finish(self) -> Verification {
        Verification {
            events: self.events,
            head: self.head,
            root: self.checkpoints.root(),
            checkpoints: self.checkpoints.counted,
            faults: self.faults,
        }
    }

    fn fault(&mut self, position: Option<Position>, kind: FaultKind, message: &dyn ToString) {
        if self.faults.len() < FAULTS_MAX {
            self.faults.push(Fault { position, kind, message: message.to_string() });
        }
    }

    async fn read_events(&mut self, connection: &mut SqliteConnection) -> Result<(), sqlx::Error> {
        let mut scan = Scan::new();
        loop {
            let take = |event: Result<EventRow<'_>, UnreadableRow>| {
                self.events += 1;
                match event {
                    Ok(row) => self.check_event(&row),
                    Err(unreadable) => self.pass_unreadable(unreadable),
                }
            };
            if scan.each(connection, take).await? == 0 {
                return Ok(());
            }
        }
    }

    /// The hash of an event that cannot be read is all that the next one needs of it.
    fn pass_unreadable(&mut self, unreadable: UnreadableRow) {
        (self.is_folded, self.is_whole) = (false, false);
        self.check_position(unreadable.position);
        let hash = unreadable.hash.and_then(|hash| hash.try_into().ok());
        self.head.hash = hash.map_or(Digest::ZERO, Digest::from_bytes);
        // No event has this leaf, so that no checkpoint holds that is over it.
        self.checkpoints.pass(Digest::ZERO);
        self.fault(unreadable.position, FaultKind::Undecodable, &unreadable.error);
    }

    fn check_position(&mut self, found: Option<Position>) {
        let expected = Position::after(self.head.position);
        if found != Some(expected) {
            self.is_whole = false;
            let found_text = found.map_or("none".to_owned(), |found| found.to_string());
            self.fault(found, FaultKind::Gap, &format!("position {found_text} stands where {expected} should"));
        }
        self.head.position = found;
    }

    fn check_event(&mut self, row: &EventRow<'_>) {
        let position = Position::from_sql(row.position);
        self.check_position(position);
        self.check_hash(position, row);
        let time = Timestamp::from_millis(row.time);
        self.head.time = Some(time);
        if let Some(position) = position {
            self.turns.take(position, time);
        }
        self.requests.take(row.command_id, row.position);
        self.note_kind(row);
        match row.check() {
            Ok(decoded) => {
                if let Some((position, kind, message)) = self.checkpoints.check(decoded.position, &decoded.event) {
                    self.fault(position, kind, &message);
                }
                self.fold(&decoded.happened(row.stream));
            }
            Err(error) => {
                (self.is_folded, self.is_whole) = (false, false);
                self.fault(position, row_fault(&error), &error);
            }
        }
    }

    fn fold(&mut self, happened: &Happened<'_>) {
        // After an event that is lost or was changed, whether a rule was heeded cannot be told.
        if let (true, Err(refusal)) = (self.is_whole, self.whole.check(happened)) {
            self.fault(Some(happened.position), FaultKind::Refused, &refusal);
        }
        match self.whole.apply(happened) {
            Ok(changes) => TableHasher::apply(&mut self.tables, happened.position, &changes),
            Err(error) => {
                (self.is_folded, self.is_whole) = (false, false);
                self.fault(Some(happened.position), fold_fault(&error), &error);
            }
        }
    }

    fn note_kind(&mut self, row: &EventRow<'_>) {
        let known = (row.kind, row.schema);
        if self.last_kind.as_ref().is_none_or(|(kind, schema)| (kind.as_str(), *schema) != known) {
            let kind = (row.kind.to_owned(), row.schema);
            self.kinds.insert(kind.clone());
            self.last_kind = Some(kind);
        }
    }

    /// When an event's own hash is not what it should be, we cannot know whether the event or the hash was changed:
    /// the next event may stand after either.
    fn check_hash(&mut self, position: Option<Position>, row: &EventRow<'_>) {
        row.write(&mut self.fields);
        let after_stored = self.fields.digest_after(&self.head.hash);
        let found = <[u8; 32]>::try_from(row.hash).ok().map(Digest::from_bytes);
        let holds = found == Some(after_stored) || found == Some(self.fields.digest_after(&self.computed));
        self.checkpoints.pass(self.fields.leaf());
        if !holds {
            self.is_whole = false;
            self.fault(position, FaultKind::Hash, &"the event is not what was written here");
        }
        self.computed = after_stored;
        self.head.hash = found.unwrap_or(after_stored);
    }

    async fn check_head(&mut self, connection: &mut SqliteConnection) -> Result<(), sqlx::Error> {
        let query = "SELECT c.position, c.hash, e.time FROM chain c LEFT JOIN events e ON e.position = c.position";
        let head = head_of(&sqlx::query(query).fetch_one(connection).await?)?;
        let hash_holds = head.hash == self.head.hash || head.hash == self.computed;
        if head.position != self.head.position || !hash_holds {
            let shown =
                |position: Option<Position>| position.map_or("none".to_owned(), |position| position.to_string());
            let (last, expected) = (shown(self.head.position), shown(head.position));
            let message =
                format!("the last event is {last}, and the log's head says {expected} with hash {}", head.hash);
            self.fault(self.head.position, FaultKind::Head, &message);
        }
        Ok(())
    }
}

impl Verifier<'_> {
    /// Only where every event could be read.
    async fn check_receipts(&mut self, connection: &mut SqliteConnection) -> Result<(), sqlx::Error> {
        if !self.is_folded {
            return Ok(());
        }
        let (expected, found) = (std::mem::take(&mut self.requests).sum(), receipts::stored(connection).await?);
        if expected != found {
            let message = format!(
                "the {} receipts are not those of the {} requests that the events are of",
                found.count(),
                expected.count()
            );
            self.fault(None, FaultKind::Receipts, &message);
        }
        Ok(())
    }

    async fn check_structure(&mut self, connection: &mut SqliteConnection) -> Result<(), sqlx::Error> {
        for difference in structure::objects(connection).await? {
            if difference.is_derived && self.is_outdated {
                continue;
            }
            let kind = if difference.is_derived { FaultKind::Projection } else { FaultKind::Structure };
            self.fault(None, kind, &difference.message);
        }
        for line in structure::pages(connection).await? {
            self.fault(None, FaultKind::Structure, &line);
        }
        Ok(())
    }
}
