//! Repairing a log: what verifies of a damaged file, copied into a new one; the damaged file is only read.

mod damaged;
mod pages;
mod record;

use std::path::Path;

use sqlx::{Connection as _, SqliteConnection};

use self::damaged::{Damaged, Found};
use super::{BEGIN_WRITE, Fault, FaultKind, SqliteLog, bulk::Bulk, checkpoint, connect, sql_error::log_error};
use crate::{Digest, FileState, Head, LogError, Position, log::intake::Intake, recorded::StoredEvent};

/// Runs of events that are listed; more of them say no more.
const RUNS_MAX: usize = 100;

/// What became of a damaged log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Repaired {
    /// Where the new log ends: everything up to here is as it was recorded.
    pub head: Head,
    /// How many of its events `SQLite` could not read any more, and were found in the file's bytes.
    pub recovered: u64,
    /// What is lost; none when every event is good.
    pub lost: Option<Lost>,
}

/// What is not in the new log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lost {
    /// The first position.
    pub from: Position,
    /// The last position that there is any trace of.
    pub to: Position,
    /// What is wrong with the first of them.
    pub fault: Fault,
    /// Positions, from and to, of events after it that are whole in themselves: each has the hash that follows from the
    /// one before it. They cannot be in the new log, because what they follow is lost; the damaged file has them.
    pub whole: Vec<(Position, Position)>,
    /// A signed checkpoint, stored in the log, over some of what is lost.
    pub checkpoint: Option<Covering>,
}

/// A checkpoint over what is lost: with its root, a copy from elsewhere can be proved to be the right one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Covering {
    /// Where it stands.
    pub position: Position,
    /// How many events, from the first on, it is over.
    pub size: u64,
}

impl SqliteLog {
    /// Copies the longest beginning of the log at `path` that verifies into a new log at `to`, where nothing must be.
    ///
    /// No event is edited. Nobody can write to the damaged log meanwhile, where its file still lets itself be locked.
    pub async fn repair(path: &Path, to: &Path) -> Result<Repaired, LogError> {
        let mut damaged = Damaged::open(path).await?;
        connect::make(to).await?;
        let mut new = connect::connect(to).await?;
        let copied = copy(&mut damaged, &mut new, to).await?;
        let lost = match copied.fault {
            None => None,
            Some(fault) if fault.kind == FaultKind::Unknown => return Err(newer(&fault, copied.stopped_at)),
            Some(fault) => Some(lost(&mut damaged, &copied.intake, fault).await?),
        };
        let (head, recovered) = (*copied.intake.head(), copied.recovered);
        for (name, state) in
            damaged.files().await.into_iter().filter(|(_, state)| Some(state.position) <= head.position)
        {
            note_file(&mut new, name, state).await.map_err(log_error(to))?;
        }
        connect::close_whole(new, to).await?;
        Ok(Repaired { head, recovered, lost })
    }
}

/// What was copied, and why not more.
struct Copied {
    intake: Intake,
    recovered: u64,
    fault: Option<Fault>,
    /// The event with the fault, where it could be read.
    stopped_at: Option<StoredEvent>,
}

/// Copies events until one cannot be the next, wherever in the file it is.
async fn copy(damaged: &mut Damaged, new: &mut SqliteConnection, to: &Path) -> Result<Copied, LogError> {
    let mut bulk = Bulk::default();
    let mut copied = Copied { intake: Intake::new(), recovered: 0, fault: None, stopped_at: None };
    loop {
        let next = Position::after(copied.intake.head().position);
        let is_end = copied.take(damaged.next(next).await, &mut bulk);
        if copied.fault.is_none() && is_end {
            copied.fault = damaged.missing_tail(copied.intake.head()).await;
        }
        if copied.fault.is_some() {
            let Some(found) = damaged.elsewhere(copied.intake.head()).await? else { break };
            let before = copied.intake.head().position.map_or(0, Position::get);
            copied.fault = None;
            copied.take(found, &mut bulk);
            copied.recovered += copied.intake.head().position.map_or(0, Position::get) - before;
            if copied.fault.is_some() {
                // What has the right hash and cannot be taken in is of a newer version, or breaks a rule.
                break;
            }
        } else if is_end {
            break;
        }
        if bulk.is_full() {
            write(&mut bulk, new, copied.intake.head(), to).await?;
        }
    }
    if !bulk.is_empty() {
        write(&mut bulk, new, copied.intake.head(), to).await?;
    }
    Ok(copied)
}

impl Copied {
    /// Takes in what was found until one is not the next; says whether there was nothing.
    fn take(&mut self, found: Vec<Found>, bulk: &mut Bulk) -> bool {
        let is_end = found.is_empty();
        for found in found {
            let (fault, stored) = match found {
                Found::Event(stored) => match self.intake.take(&stored.row()) {
                    Ok(changes) => {
                        bulk.add(&stored.row(), changes);
                        continue;
                    }
                    Err(fault) => (fault, Some(stored)),
                },
                Found::Fault(fault) => (fault, None),
            };
            (self.fault, self.stopped_at) = (Some(fault), stored);
            break;
        }
        is_end
    }
}

async fn write(bulk: &mut Bulk, new: &mut SqliteConnection, end: &Head, to: &Path) -> Result<(), LogError> {
    let mut transaction = new.begin_with(BEGIN_WRITE).await.map_err(log_error(to))?;
    bulk.cut().write(transaction.as_mut(), end).await.map_err(log_error(to))?;
    transaction.commit().await.map_err(log_error(to))?;
    checkpoint::when_large(new, to).await;
    Ok(())
}

/// What there is after the events that were kept.
async fn lost(damaged: &mut Damaged, kept: &Intake, fault: Fault) -> Result<Lost, LogError> {
    let from = Position::after(kept.head().position);
    let to = damaged.last().await.max(Some(from)).unwrap_or(from);
    let mut runs = Runs::after(kept.head());
    let mut covering = Coverings { from, best: None };
    damaged
        .for_each(from, to, &mut |stored: StoredEvent| {
            covering.look(&stored);
            runs.take(&stored);
        })
        .await;
    Ok(Lost { from, to, fault, whole: runs.finish(), checkpoint: covering.best })
}

/// Which events after the damage have the hash that follows from the one before.
struct Runs {
    runs: Vec<(Position, Position)>,
    /// Position of the last event, and the hashes after which the next may stand: its own, and the one that it should
    /// have had.
    last: Option<(i64, [Digest; 2])>,
}

impl Runs {
    fn after(head: &Head) -> Self {
        Self { runs: vec![], last: Some((head.position.map_or(0, Position::sql), [head.hash; 2])) }
    }

    fn take(&mut self, stored: &StoredEvent) {
        let Some(position) = Position::from_sql(stored.position) else { return };
        let found = <[u8; 32]>::try_from(stored.hash.as_slice()).ok().map(Digest::from_bytes);
        let before = self.last.filter(|(last, _)| last + 1 == stored.position).map(|(_, hashes)| hashes);
        let after = before.map(|hashes| hashes.map(|hash| stored.hash_after(&hash)));
        let is_whole = after.is_some_and(|after| found.is_some_and(|found| after.contains(&found)));
        if is_whole {
            match self.runs.last_mut() {
                Some((_, to)) if to.get() + 1 == position.get() => *to = position,
                _ => self.runs.push((position, position)),
            }
        }
        let own = found.or(after.map(|after| after[0]));
        self.last = own.map(|own| (stored.position, [own, after.map_or(own, |after| after[0])]));
    }

    fn finish(mut self) -> Vec<(Position, Position)> {
        self.runs.truncate(RUNS_MAX);
        self.runs
    }
}

/// Looks for a stored checkpoint over what is lost: the largest one that can be read.
struct Coverings {
    from: Position,
    best: Option<Covering>,
}

impl Coverings {
    /// The type of the events that hold one.
    const KIND: &'static str = "CheckpointSigned";

    fn look(&mut self, stored: &StoredEvent) {
        #[derive(serde::Deserialize)]
        struct Signed {
            size: u64,
        }
        if stored.kind != Self::KIND {
            return;
        }
        let (Some(position), Ok(Signed { size })) =
            (Position::from_sql(stored.position), serde_json::from_str(&stored.payload))
        else {
            return;
        };
        if size >= self.from.get() && self.best.is_none_or(|best| size > best.size) {
            self.best = Some(Covering { position, size });
        }
    }
}

async fn note_file(new: &mut SqliteConnection, name: String, state: FileState) -> Result<(), sqlx::Error> {
    let query = sqlx::query("INSERT OR REPLACE INTO files (name, digest, stamp, position) VALUES (?, ?, ?, ?)");
    let query = query.bind(name).bind(state.digest.as_bytes().to_vec()).bind(state.stamp).bind(state.position.sql());
    query.execute(new).await.map(|_| ())
}

/// A log from the future is not damaged.
fn newer(fault: &Fault, stopped_at: Option<StoredEvent>) -> LogError {
    match stopped_at {
        Some(stored) => LogError::UnknownEvent {
            position: fault.position,
            kind: stored.kind,
            schema: u32::try_from(stored.schema).unwrap_or(u32::MAX),
        },
        None => LogError::Damaged { position: fault.position, reason: fault.message.clone() },
    }
}
