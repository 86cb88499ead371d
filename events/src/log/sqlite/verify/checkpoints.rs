//! Checkpoints against the events: the Merkle tree over the log, looked at wherever a checkpoint says what it was.

use std::collections::HashMap;

use sqlx::SqliteConnection;

use super::super::proofs::stated;
use super::FaultKind;
use crate::{
    Digest, Event, LogId, Position, ProjectEvent,
    proof::{Checkpoint, Note, Tree, VerifierKey},
};

/// What a log is verified against besides itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Against {
    /// Public keys of this user: whose checkpoints in the log are their own.
    pub own: Vec<[u8; 32]>,
    /// Checkpoints that are held elsewhere, and whose signatures hold.
    pub held: Vec<Checkpoint>,
}

/// How many checkpoints were found in the log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CheckpointCount {
    /// Signed, by whomever.
    pub signed: u64,
    /// Signed with a key that is not this user's.
    pub of_others: u64,
    /// Co-signed by a witness.
    pub witnessed: u64,
}

/// Something wrong: where, of what kind, in words.
pub(super) type Found = (Option<Position>, FaultKind, String);

/// The tree so far, and its roots at the sizes that checkpoints are over.
pub(super) struct Checkpoints<'a> {
    against: &'a Against,
    tree: Tree,
    /// Sizes at which the root is wanted, the largest first.
    wanted: Vec<u64>,
    roots: HashMap<u64, Digest>,
    log: Option<LogId>,
    pub(super) counted: CheckpointCount,
}

impl<'a> Checkpoints<'a> {
    /// Finds out first which sizes the log's own checkpoints are over; what is left out here is no root later.
    pub(super) async fn begin(connection: &mut SqliteConnection, against: &'a Against) -> Result<Self, sqlx::Error> {
        let sql = "SELECT DISTINCT iif(json_valid(payload), CAST(payload ->> 'size' AS INTEGER), 0) FROM events \
                   WHERE type IN ('CheckpointSigned', 'CheckpointWitnessed')";
        let sizes: Vec<Option<i64>> = sqlx::query_scalar(sql).fetch_all(connection).await?;
        let sizes = sizes.into_iter().flatten().filter_map(|size| u64::try_from(size).ok());
        let mut checkpoints = Self::of(against);
        checkpoints.want(sizes);
        Ok(checkpoints)
    }

    /// Knows of no checkpoint in the log.
    pub(super) fn of(against: &'a Against) -> Self {
        let (tree, roots) = (Tree::default(), HashMap::new());
        let mut checkpoints =
            Self { against, tree, wanted: vec![], roots, log: None, counted: CheckpointCount::default() };
        checkpoints.want(std::iter::empty());
        checkpoints
    }

    fn want(&mut self, sizes: impl Iterator<Item = u64>) {
        self.wanted = sizes.chain(self.against.held.iter().map(|held| held.size)).collect();
        self.wanted.sort_unstable_by_key(|size| std::cmp::Reverse(*size));
        self.wanted.dedup();
        self.look();
    }

    /// Takes the next leaf.
    pub(super) fn pass(&mut self, leaf: Digest) {
        self.tree.push(leaf);
        self.look();
    }

    fn look(&mut self) {
        if self.wanted.last() == Some(&self.tree.size()) {
            self.wanted.pop();
            self.roots.insert(self.tree.size(), self.tree.root());
        }
    }

    /// The root over all that was passed.
    pub(super) fn root(&self) -> Digest {
        self.tree.root()
    }

    /// Checks a checkpoint that is recorded here.
    pub(super) fn check(&mut self, position: Position, event: &Event) -> Option<Found> {
        if let Event::Project(ProjectEvent::ProjectInitialised { log_id }) = event {
            self.log = Some(*log_id);
        }
        let (size, root, note, key) = stated(event)?;
        let found = self.note(event, size, root, note, key).or_else(|| {
            if size >= position.get() {
                let message = format!("a checkpoint over {size} events stands among them");
                Some((FaultKind::CheckpointSize, message))
            } else if self.roots.get(&size) == Some(&root) {
                None
            } else {
                let message =
                    format!("the events up to position {size} are not those that the checkpoint here is over");
                Some((FaultKind::CheckpointRoot, message))
            }
        });
        found.map(|(kind, message)| (Some(position), kind, message))
    }

    /// Checks what is signed, by whom, and whether it is what the event says.
    fn note(&mut self, event: &Event, size: u64, root: Digest, note: &str, key: &str) -> Option<(FaultKind, String)> {
        let read = || {
            let unreadable =
                |error: &dyn ToString| format!("the checkpoint here cannot be read: {}", error.to_string());
            let note = note.parse::<Note>().map_err(|error| unreadable(&error))?;
            let says = note.text().parse::<Checkpoint>().map_err(|error| unreadable(&error))?;
            let key = key.parse::<VerifierKey>().map_err(|error| unreadable(&error))?;
            Ok::<_, String>((note, says, key))
        };
        let (note, says, key) = match read() {
            Ok(read) => read,
            Err(message) => return Some((FaultKind::CheckpointNote, message)),
        };
        let origin = self.log.map(Checkpoint::origin_of).unwrap_or_default();
        let is_witness = matches!(event, Event::Project(ProjectEvent::CheckpointWitnessed { .. }));
        if says != (Checkpoint { origin, size, root }) || !(is_witness || key.name() == says.origin) {
            let message = "the checkpoint's note or key is of another log, size or root than its event".to_owned();
            return Some((FaultKind::CheckpointNote, message));
        }
        if is_witness {
            self.counted.witnessed += 1;
        } else {
            self.counted.signed += 1;
            self.counted.of_others += u64::from(!self.against.own.contains(key.public()));
        }
        let fault = key.verify(&note).err()?;
        Some((FaultKind::CheckpointSignature, format!("the checkpoint here is not signed: {fault}")))
    }

    /// Checks the checkpoints that are held elsewhere, after the last event.
    pub(super) fn check_held(&self) -> Vec<Found> {
        let origin = self.log.map(Checkpoint::origin_of);
        let holds = |held: &&Checkpoint| self.roots.get(&held.size) == Some(&held.root);
        let mut found = vec![];
        for held in &self.against.held {
            let (size, end) = (held.size, self.tree.size());
            if origin.as_ref() != Some(&held.origin) {
                let message =
                    format!("this is another log than `{}`, which the checkpoint held elsewhere is of", held.origin);
                found.push((None, FaultKind::Replaced, message));
            } else if size > end {
                let message = format!("the log ends here, and the checkpoint held elsewhere is over {size} events");
                found.push((Position::new(end), FaultKind::Truncated, message));
            } else if !holds(&held) {
                let good =
                    self.against.held.iter().filter(holds).map(|held| held.size).filter(|good| *good < size).max();
                let first = good.unwrap_or(0) + 1;
                let message = format!(
                    "an event at one of the positions {first} to {size} is not what the checkpoint held elsewhere is over"
                );
                found.push((Position::new(size), FaultKind::Rewritten, message));
            }
        }
        found
    }
}
