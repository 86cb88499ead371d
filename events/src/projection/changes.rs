//! What each event does to the tables. Total: whatever can follow can be projected.

mod operation;
mod plugin;
mod project;
mod tenant;

use super::{Began, Change};
use crate::{Event, Recorded, State, codec};

/// Which rows a stream had open before an event.
#[derive(Clone, Copy)]
pub(super) struct Before {
    /// Its own: the selection, the plugin.
    is_open: bool,
    /// The plugin's grant.
    is_granted: bool,
    /// The operation's steps.
    steps: usize,
}

impl Before {
    pub(super) fn of(state: &State) -> Self {
        let (is_open, is_granted, steps) = match state {
            State::Project(project) => (project.selected.is_some(), false, 0),
            State::Tenant(_) => (false, false, 0),
            State::Operation(operation) => {
                (operation.is_some(), false, operation.as_ref().map_or(0, |operation| operation.steps.len()))
            }
            State::Plugin(plugin) => {
                (plugin.is_some(), plugin.as_ref().is_some_and(|plugin| plugin.grant.is_some()), 0)
            }
        };
        Self { is_open, is_granted, steps }
    }
}

/// What `recorded` changes, given its stream before and after it, and where the stream began.
pub(super) fn changes(recorded: &Recorded, before: Before, after: &State, began: Began) -> Vec<Change> {
    match (&recorded.event, after) {
        (Event::Project(event), _) => project::changes(event, before),
        (Event::Tenant(event), State::Tenant(after)) => {
            tenant::changes(event, &recorded.stream, after, began, recorded.time)
        }
        (Event::Operation(event), State::Operation(Some(after))) => {
            operation::changes(event, before, after, began, recorded.time)
        }
        (Event::Plugin(event), State::Plugin(Some(after))) => plugin::changes(event, before, after),
        (Event::Tenant(_) | Event::Operation(_) | Event::Plugin(_), _) => {
            panic!("BUG: `{}` was projected on the state of another kind of stream", codec::kind_of(&recorded.event))
        }
    }
}
