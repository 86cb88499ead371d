//! The events of the streams that an undo is about, and the states that they lead to.

use std::collections::BTreeMap;

use crate::{Corrupt, Position, Recorded, State, Stream, Version};

/// Whole streams, each from its first event to its last.
#[derive(Clone, Debug, Default)]
pub struct Streams(BTreeMap<String, Vec<Recorded>>);

impl Streams {
    /// Takes a stream in.
    pub fn insert(&mut self, stream: String, events: Vec<Recorded>) {
        self.0.insert(stream, events);
    }

    /// Whether a stream was taken in.
    pub fn has(&self, stream: &str) -> bool {
        self.0.contains_key(stream)
    }

    /// The names of them all.
    pub(super) fn names(&self) -> impl Iterator<Item = Stream> {
        self.0.keys().filter_map(|name| name.parse().ok())
    }

    /// The version of a stream's last event; none before the first.
    pub(super) fn last(&self, stream: &Stream) -> Option<Version> {
        self.events(stream).last().map(|recorded| recorded.version)
    }

    /// The state of a stream after a version; none: before its first event.
    pub(super) fn state(&self, stream: &Stream, after: Option<Version>) -> Result<State, Corrupt> {
        let events = self.events(stream).iter().take_while(|recorded| Some(recorded.version) <= after);
        fold(State::initial(stream), events)
    }

    /// The state of a stream at a position of the log.
    pub(super) fn state_at(&self, stream: &Stream, position: Position) -> Result<State, Corrupt> {
        let events = self.events(stream).iter().take_while(|recorded| recorded.position <= position);
        fold(State::initial(stream), events)
    }

    /// The events of a stream after a version.
    pub(super) fn after(&self, stream: &Stream, version: Version) -> impl Iterator<Item = &Recorded> {
        self.events(stream).iter().skip_while(move |recorded| recorded.version <= version)
    }

    /// The events of a stream after a position of the log.
    pub(super) fn since(&self, stream: &Stream, position: Position) -> impl Iterator<Item = &Recorded> {
        self.events(stream).iter().skip_while(move |recorded| recorded.position <= position)
    }

    fn events(&self, stream: &Stream) -> &[Recorded] {
        self.0.get(&stream.to_string()).map(Vec::as_slice).unwrap_or_default()
    }
}

fn fold<'a>(initial: State, mut events: impl Iterator<Item = &'a Recorded>) -> Result<State, Corrupt> {
    events.try_fold(initial, |state, recorded| state.evolve(&recorded.event))
}
