//! Verifying the log: that nothing was changed, lost or added, and that what is shown follows from it.

use sqlx::{Connection as _, SqliteConnection};

use super::{
    BEGIN_READ, SqliteLog, projected,
    scan::{Scan, UnreadableRow},
    sql_error::log_error,
    transaction::head_of,
};
use crate::{
    Digest, Head, LogError, Position,
    codec::DecodeError,
    projection::{Fold, FoldError, TableHasher},
    recorded::{RowError, StoredEvent},
};

/// One fault tells that the log is damaged; a thousand tell no more.
const FAULTS_MAX: usize = 100;

/// What verifying found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verification {
    /// How many events were read.
    pub events: u64,
    /// Where the log ends, computed from the events.
    pub head: Head,
    /// What is wrong, in the order of positions; at most 100.
    pub faults: Vec<Fault>,
}

/// Something wrong with the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Where; none when it is about the log as a whole.
    pub position: Option<Position>,
    /// Of what kind.
    pub kind: FaultKind,
    /// In words.
    pub message: String,
}

/// What can be wrong with a log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FaultKind {
    /// Positions are missing.
    Gap,
    /// An event is not what was written, or not after what it was written after.
    Hash,
    /// An event cannot be read.
    Undecodable,
    /// An event is of a type that this program does not know.
    Unknown,
    /// An event's version is not the next of its stream.
    Version,
    /// An event cannot have happened after what happened before.
    Corrupt,
    /// The log does not end where its head says.
    Head,
    /// A table is not what follows from the events.
    Projection,
    /// The file itself cannot be read on.
    Unreadable,
}

impl SqliteLog {
    /// Reads every event and every projected row, and says what is wrong. One moment of the log, in memory that
    /// follows what is alive rather than what ever happened.
    pub async fn verify(&mut self) -> Result<Verification, LogError> {
        let mut transaction = self.connection.begin_with(BEGIN_READ).await.map_err(log_error(&self.path))?;
        let mut verifier = Verifier::new();
        if let Err(error) = verifier.read_events(transaction.as_mut()).await {
            verifier.fault(None, FaultKind::Unreadable, &error);
        }
        if let Err(error) = verifier.check_head(transaction.as_mut()).await {
            verifier.fault(None, FaultKind::Head, &error);
        }
        if let Err(error) = verifier.check_tables(transaction.as_mut()).await {
            verifier.fault(None, FaultKind::Projection, &error);
        }
        // Nothing was written: how the transaction ends does not matter.
        let _ = transaction.rollback().await;
        Ok(Verification { events: verifier.events, head: verifier.head, faults: verifier.faults })
    }
}

struct Verifier {
    events: u64,
    head: Head,
    /// The hash that the last event should have had, where it had another: then either may be the right one.
    computed: Digest,
    fold: Fold,
    tables: Vec<TableHasher>,
    /// Whether every event went into the fold.
    is_folded: bool,
    faults: Vec<Fault>,
}

impl Verifier {
    fn new() -> Self {
        Self {
            events: 0,
            head: Head { position: None, hash: Digest::ZERO, time: None },
            computed: Digest::ZERO,
            fold: Fold::default(),
            tables: TableHasher::all(),
            is_folded: true,
            faults: vec![],
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
            let events = scan.next(connection).await?;
            if events.is_empty() {
                return Ok(());
            }
            for event in events {
                self.events += 1;
                match event {
                    Ok(stored) => self.check_event(stored),
                    Err(unreadable) => self.pass_unreadable(unreadable),
                }
            }
        }
    }

    /// The hash of an event that cannot be read is all that the next one needs of it.
    fn pass_unreadable(&mut self, unreadable: UnreadableRow) {
        self.is_folded = false;
        self.check_position(unreadable.position);
        let hash = unreadable.hash.and_then(|hash| hash.try_into().ok());
        self.head.hash = hash.map_or(Digest::ZERO, Digest::from_bytes);
        self.fault(unreadable.position, FaultKind::Undecodable, &unreadable.error);
    }

    fn check_position(&mut self, found: Option<Position>) {
        let expected = Position::after(self.head.position);
        if found != Some(expected) {
            let found_text = found.map_or("none".to_owned(), |found| found.to_string());
            self.fault(found, FaultKind::Gap, &format!("position {found_text} stands where {expected} should"));
        }
        self.head.position = found;
    }

    fn check_event(&mut self, stored: StoredEvent) {
        let position = Position::from_sql(stored.position);
        self.check_position(position);
        self.check_hash(position, &stored);
        self.head.time = Some(crate::Timestamp::from_millis(stored.time));
        match stored.decode() {
            Ok(recorded) => match self.fold.apply_lean(&recorded) {
                Ok(changes) => TableHasher::apply(&mut self.tables, recorded.position, &changes),
                Err(error) => {
                    self.is_folded = false;
                    self.fault(position, fold_fault(&error), &error);
                }
            },
            Err(error) => {
                self.is_folded = false;
                self.fault(position, row_fault(&error), &error);
            }
        }
    }

    /// When an event's own hash is not what it should be, we cannot know whether the event or the hash was changed:
    /// the next event may stand after either.
    fn check_hash(&mut self, position: Option<Position>, stored: &StoredEvent) {
        let after_stored = stored.hash_after(&self.head.hash);
        let found = <[u8; 32]>::try_from(stored.hash.as_slice()).ok().map(Digest::from_bytes);
        let holds = found == Some(after_stored) || found == Some(stored.hash_after(&self.computed));
        if !holds {
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

    /// Only a whole fold can be compared: after an event that cannot be read, every table differs.
    async fn check_tables(&mut self, connection: &mut SqliteConnection) -> Result<(), sqlx::Error> {
        if !self.is_folded {
            return Ok(());
        }
        for expected in std::mem::take(&mut self.tables).into_iter().map(TableHasher::finish) {
            let name = expected.table.name();
            match projected::digest(connection, expected.table).await {
                Ok(found) if found == expected => {}
                Ok(_) => {
                    let message = format!("table `{name}` is not what follows from the events");
                    self.fault(None, FaultKind::Projection, &message);
                }
                Err(error) => {
                    let message = format!("table `{name}` cannot be read: {error}");
                    self.fault(None, FaultKind::Projection, &message);
                }
            }
        }
        Ok(())
    }
}

fn fold_fault(error: &FoldError) -> FaultKind {
    match error {
        FoldError::Version { .. } => FaultKind::Version,
        FoldError::Corrupt(_) => FaultKind::Corrupt,
        FoldError::Stream(_) => FaultKind::Undecodable,
    }
}

fn row_fault(error: &RowError) -> FaultKind {
    match error {
        RowError::Event(DecodeError::Unknown { .. }) => FaultKind::Unknown,
        RowError::Event(DecodeError::Payload { .. } | DecodeError::Field { .. }) | RowError::Column { .. } => {
            FaultKind::Undecodable
        }
    }
}
