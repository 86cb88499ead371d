//! What each event does to the tables. Total: whatever can follow can be projected.

mod operation;
mod plugin;
mod project;
mod tenant;

use super::Change;
use crate::{Event, Recorded, State, Timestamp, codec};

/// What `recorded` changes, given its stream's state before and after it, and the time of the stream's first event.
pub(super) fn changes(recorded: &Recorded, before: &State, after: &State, began: Timestamp) -> Vec<Change> {
    match (&recorded.event, before, after) {
        (Event::Project(event), State::Project(before), _) => project::changes(event, before),
        (Event::Tenant(event), _, State::Tenant(after)) => {
            tenant::changes(event, &recorded.stream, after, began, recorded.time)
        }
        (Event::Operation(event), State::Operation(before), State::Operation(Some(after))) => {
            operation::changes(event, before.as_ref(), after, began, recorded.time)
        }
        (Event::Plugin(event), State::Plugin(before), State::Plugin(Some(after))) => {
            plugin::changes(event, before.as_ref(), after)
        }
        (Event::Project(_) | Event::Tenant(_) | Event::Operation(_) | Event::Plugin(_), _, _) => {
            panic!("BUG: `{}` was projected on the state of another kind of stream", codec::kind_of(&recorded.event))
        }
    }
}
