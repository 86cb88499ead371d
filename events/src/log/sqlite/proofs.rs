//! Checkpoints and proofs: what others need to know of the log without having it.

use sqlx::{Connection as _, SqliteConnection};

use super::{BEGIN_READ, SqliteLog, row::unreadable, scan::Scan, sql_error::log_error};
use crate::{
    Digest, Event, HistoryFilter, LogError, Position, ProjectEvent, Recorded,
    digest::Fields,
    proof::{EventColumns, Prover, Tree},
    recorded::StoredEvent,
};

/// More than anybody signs by hand; those that come before the newest of them are of little use.
const CHECKPOINTS_MAX: u32 = 10_000;

/// That an event is in the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inclusion {
    /// The event.
    pub event: EventColumns,
    /// From its leaf to the root.
    pub path: Vec<Digest>,
    /// The root of the tree that it is in.
    pub root: Digest,
}

/// That the log was only added to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Consistency {
    /// The roots of both trees.
    pub roots: (Digest, Digest),
    /// From the first to the second.
    pub path: Vec<Digest>,
}

impl SqliteLog {
    /// The Merkle tree over all events, each of which is found to stand after the one before it.
    pub async fn tree(&mut self) -> Result<Tree, LogError> {
        let mut tree = Tree::default();
        self.pass(u64::MAX, |leaf, _| tree.push(leaf)).await?;
        Ok(tree)
    }

    /// Proves that an event is among the first `size`. None if it is not, or there are fewer.
    pub async fn prove_inclusion(&mut self, at: Position, size: u64) -> Result<Option<Inclusion>, LogError> {
        let Some(mut prover) = Prover::inclusion(at.get() - 1, size) else { return Ok(None) };
        let (mut tree, mut found) = (Tree::default(), None);
        let passing = |leaf, stored: &StoredEvent| {
            prover.push(leaf);
            tree.push(leaf);
            if stored.position == at.sql() {
                found = Some(EventColumns::of(stored));
            }
        };
        self.pass(size, passing).await?;
        let root = tree.root();
        Ok(prover.finish().zip(found).map(|(path, event)| Inclusion { event, path, root }))
    }

    /// Proves that the first events so many are the beginning of the first so many more. None if there are fewer.
    pub async fn prove_consistency(&mut self, first: u64, second: u64) -> Result<Option<Consistency>, LogError> {
        let Some(mut prover) = Prover::consistency(first, second) else { return Ok(None) };
        let mut tree = Tree::default();
        let mut first_root = (first == 0).then(|| tree.root());
        let passing = |leaf, _: &StoredEvent| {
            prover.push(leaf);
            tree.push(leaf);
            if tree.size() == first {
                first_root = Some(tree.root());
            }
        };
        self.pass(second, passing).await?;
        let is_whole = tree.size() == second;
        let roots = first_root.filter(|_| is_whole).map(|first| (first, tree.root()));
        Ok(prover.finish().zip(roots).map(|(path, roots)| Consistency { roots, path }))
    }

    /// The events by which checkpoints were signed and witnessed, newest first; at most 10,000.
    pub async fn checkpoints(&mut self) -> Result<Vec<Recorded>, LogError> {
        let kinds = ["CheckpointSigned", "CheckpointWitnessed"].map(str::to_owned).to_vec();
        self.history(&HistoryFilter { kinds, limit: CHECKPOINTS_MAX, ..Default::default() }).await
    }

    /// Passes the first events, at most `size`, in one moment of the log; ends in an error at one that is damaged.
    async fn pass(&mut self, size: u64, visit: impl FnMut(Digest, &StoredEvent)) -> Result<(), LogError> {
        let mut transaction = self.connection.begin_with(BEGIN_READ).await.map_err(log_error(&self.path))?;
        let passed = pass(transaction.as_mut(), size, visit).await;
        // Nothing was written: how the transaction ends does not matter.
        let _ = transaction.rollback().await;
        passed.map_err(|error| match error {
            PassError::Sql(error) => log_error(&self.path)(error),
            PassError::Log(error) => error,
        })
    }
}

enum PassError {
    Sql(sqlx::Error),
    Log(LogError),
}

async fn pass(
    connection: &mut SqliteConnection,
    size: u64,
    mut visit: impl FnMut(Digest, &StoredEvent),
) -> Result<(), PassError> {
    let (mut scan, mut fields, mut hash, mut seen) = (Scan::new(), Fields::default(), Digest::ZERO, 0);
    loop {
        let events = scan.next(connection).await.map_err(PassError::Sql)?;
        if events.is_empty() {
            return Ok(());
        }
        for event in events {
            if seen == size {
                return Ok(());
            }
            let stored = event.map_err(|row| PassError::Log(unreadable(row.position, row.error)))?;
            seen += 1;
            stored.write(&mut fields);
            hash = fields.digest_after(&hash);
            let position = Position::from_sql(stored.position);
            if position != Position::new(seen) || stored.hash != hash.as_bytes() {
                let reason = "it is not what was written, or not after what it was written after".to_owned();
                return Err(PassError::Log(LogError::Damaged { position, reason }));
            }
            visit(fields.leaf(), &stored);
        }
    }
}

/// What an event says of a checkpoint: how many events it is over, and their root.
pub(super) fn stated(event: &Event) -> Option<(u64, Digest, &str, &str)> {
    match event {
        Event::Project(
            ProjectEvent::CheckpointSigned { size, root, note, key }
            | ProjectEvent::CheckpointWitnessed { size, root, note, witness: key },
        ) => Some((*size, *root, note.as_str(), key.as_str())),
        Event::Project(
            ProjectEvent::ProjectInitialised { .. }
            | ProjectEvent::TenantSelected { .. }
            | ProjectEvent::TenantUnselected { .. }
            | ProjectEvent::RegistryImported { .. }
            | ProjectEvent::ProfilesImported { .. }
            | ProjectEvent::RegistrySynced { .. }
            | ProjectEvent::HandEditKept { .. }
            | ProjectEvent::CommandUndone { .. }
            | ProjectEvent::CommandRedone { .. },
        )
        | Event::Tenant(_)
        | Event::Operation(_)
        | Event::Plugin(_)
        | Event::Profile(_)
        | Event::Account(_)
        | Event::Session(_)
        | Event::Shell(_) => None,
    }
}
