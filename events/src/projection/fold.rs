//! Folding events into states and changes: the one way in which events are caught up with, verified and rebuilt.

use std::{
    collections::{HashMap, HashSet},
    mem,
};

use super::{
    Change,
    changes::{Before, changes},
};
use crate::{
    Corrupt, Position, ShellId, State, Stream, TenantId, Timestamp, Version, recorded::Happened, stream::InvalidStream,
};

/// The state of every stream that was seen so far.
#[derive(Clone, Debug, Default)]
pub(crate) struct Fold {
    streams: HashMap<String, Folded>,
    /// Streams with an event that cannot follow: one fault is enough to know that what comes after it is of no use.
    broken: HashSet<String>,
}

/// The state of one stream, and how far it is folded.
#[derive(Clone, Debug)]
pub(crate) struct Folded {
    pub(crate) state: State,
    /// Of the last event; none before the first.
    pub(crate) version: Option<Version>,
    /// The first event.
    pub(crate) began: Option<Began>,
}

/// When and where a stream began.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Began {
    pub(crate) time: Timestamp,
    pub(crate) position: Position,
}

impl Folded {
    /// A stream before its first event.
    pub(crate) fn initial(stream: &Stream) -> Self {
        Self { state: State::initial(stream), version: None, began: None }
    }

    /// Takes the next event in. After one that cannot follow, the state is lost.
    fn apply(&mut self, happened: &Happened<'_>) -> Result<Vec<Change>, FoldError> {
        let expected = Version::after(self.version);
        if happened.version != expected {
            return Err(FoldError::Version { stream: happened.stream.to_owned(), expected, found: happened.version });
        }
        let began = *self.began.get_or_insert(Began { time: happened.time, position: happened.position });
        self.version = Some(happened.version);
        let before = Before::of(&self.state);
        self.state = mem::take(&mut self.state).evolve(happened.event)?;
        Ok(changes(happened, &before, &self.state, began))
    }
}

impl Fold {
    /// What is known of a stream.
    pub(crate) fn get(&self, stream: &Stream) -> Option<&Folded> {
        self.streams.get(&stream.to_string())
    }

    /// What is known of the stream of this name.
    pub(crate) fn named(&self, stream: &str) -> Option<&Folded> {
        self.streams.get(stream)
    }

    /// Every state.
    pub(crate) fn states(&self) -> impl Iterator<Item = &State> {
        self.streams.values().map(|folded| &folded.state)
    }

    /// What is known of every stream.
    pub(crate) fn into_states(self) -> impl Iterator<Item = Folded> {
        self.streams.into_values()
    }

    /// The shells that work in a tenant.
    pub(crate) fn shells_in(&self, tenant: &TenantId) -> Vec<ShellId> {
        let here = self.streams.iter().filter(|(_, folded)| match &folded.state {
            State::Shell(shell) => shell.place.as_ref().is_some_and(|(place, _)| place == tenant),
            State::Project(_)
            | State::Tenant(_)
            | State::Operation(_)
            | State::Plugin(_)
            | State::Profile(_)
            | State::Account(_)
            | State::Session(_) => false,
        });
        here.filter_map(|(stream, _)| stream.strip_prefix("shell/")?.parse().ok()).collect()
    }

    /// Starts from what is known of a stream already.
    pub(crate) fn insert(&mut self, stream: &Stream, folded: Folded) {
        self.streams.insert(stream.to_string(), folded);
    }

    /// Takes the next event of the log in, and says what it changes.
    pub(crate) fn apply(&mut self, happened: &Happened<'_>) -> Result<Vec<Change>, FoldError> {
        if !self.streams.contains_key(happened.stream) {
            let stream: Stream = happened.stream.parse()?;
            self.streams.insert(happened.stream.to_owned(), Folded::initial(&stream));
        }
        let applied = match self.streams.get_mut(happened.stream) {
            Some(_) if self.broken.contains(happened.stream) => return Ok(vec![]),
            Some(folded) => folded.apply(happened),
            None => Ok(vec![]),
        };
        if applied.is_err() {
            self.broken.insert(happened.stream.to_owned());
        }
        applied
    }

    /// As `apply`, and forgets what no later event needs: a long history folds in memory that follows what is alive.
    pub(crate) fn apply_lean(&mut self, happened: &Happened<'_>) -> Result<Vec<Change>, FoldError> {
        let changes = self.apply(happened)?;
        if let Some(Folded { state: State::Operation(Some(operation)), .. }) = self.streams.get_mut(happened.stream)
            && operation.state.has_ended()
        {
            operation.steps = Vec::new();
            operation.input = crate::Json::object();
        }
        Ok(changes)
    }
}

/// Why an event cannot be the next one.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FoldError {
    #[error("version {found} of `{stream}` stands where {expected} should")]
    Version { stream: String, expected: Version, found: Version },
    #[error(transparent)]
    Corrupt(#[from] Corrupt),
    #[error(transparent)]
    Stream(#[from] InvalidStream),
}
