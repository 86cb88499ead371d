//! The undo of a shell's events.

use super::{Facet, Undo};
use crate::{Command, Shell, ShellCommand, ShellEvent, ShellId};

pub(super) fn undo(event: &ShellEvent, id: &ShellId, before: &Shell) -> Undo {
    match event {
        ShellEvent::ShellSwitched { .. } | ShellEvent::ShellLeft => {
            let command = match before.place.clone() {
                Some((tenant, profile)) => ShellCommand::Switch { tenant, profile },
                None => ShellCommand::Leave,
            };
            Undo::Inverse { commands: vec![Command::Shell(id.clone(), command)], facet: Facet::Place }
        }
    }
}
