//! Which command an undo or a redo is about, as the history is walked from its end.
//!
//! An undo goes back over the commands that stand; what it took back can be done again, until something else is done.
//! An undo of an undo is a redo, so that two undos go two commands back.

use std::collections::BTreeSet;

use crate::{CommandId, Event, ProjectEvent, Recorded};

/// What was seen so far, newest first.
#[derive(Clone, Debug, Default)]
pub struct Chain {
    settled: BTreeSet<CommandId>,
}

/// What kind of request recorded some events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnitKind {
    /// A command of its own.
    Own,
    /// One that undid another.
    Undo,
    /// One that did again what was undone.
    Redo,
}

/// What a request is to the chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Its kind.
    pub kind: UnitKind,
    /// Whether a later request took it back, or did it again.
    pub is_settled: bool,
}

impl Chain {
    /// Takes in the events of the next older request.
    pub fn see(&mut self, events: &[Recorded]) -> Standing {
        let mut kind = UnitKind::Own;
        let is_settled = events.first().is_some_and(|first| self.settled.contains(&first.command_id));
        for recorded in events {
            match &recorded.event {
                Event::Project(ProjectEvent::CommandUndone { command }) => {
                    kind = UnitKind::Undo;
                    self.settled.insert(*command);
                }
                Event::Project(ProjectEvent::CommandRedone { command }) => {
                    kind = UnitKind::Redo;
                    self.settled.insert(*command);
                }
                Event::Project(
                    ProjectEvent::ProjectInitialised { .. }
                    | ProjectEvent::TenantSelected { .. }
                    | ProjectEvent::TenantUnselected { .. }
                    | ProjectEvent::RegistryImported { .. }
                    | ProjectEvent::ProfilesImported { .. }
                    | ProjectEvent::RegistrySynced { .. }
                    | ProjectEvent::HandEditKept { .. }
                    | ProjectEvent::CheckpointSigned { .. }
                    | ProjectEvent::CheckpointWitnessed { .. },
                )
                | Event::Tenant(_)
                | Event::Operation(_)
                | Event::Plugin(_)
                | Event::Profile(_)
                | Event::Account(_)
                | Event::Session(_)
                | Event::Shell(_) => {}
            }
        }
        Standing { kind, is_settled }
    }
}
