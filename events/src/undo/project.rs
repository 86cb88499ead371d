//! The undo of the project's events.

use super::{Facet, Undo};
use crate::{Command, Project, ProjectCommand, ProjectEvent, TenantId};

pub(super) fn undo(event: &ProjectEvent, before: &Project) -> Undo {
    match event {
        ProjectEvent::ProjectInitialised { .. } => Undo::Irreversible { why: "a history begins once" },
        ProjectEvent::TenantSelected { .. } => selecting(before.selected.clone()),
        ProjectEvent::TenantUnselected { tenant } => selecting(Some(tenant.clone())),
        // The tenants, profiles and sessions that were taken in have events of their own, and so has what was undone.
        ProjectEvent::RegistryImported { .. }
        | ProjectEvent::ProfilesImported { .. }
        | ProjectEvent::CommandUndone { .. }
        | ProjectEvent::CommandRedone { .. } => Undo::Part,
        ProjectEvent::RegistrySynced { .. } => Undo::Remark { why: "what providers said then, they said" },
        ProjectEvent::HandEditKept { .. } => Undo::Remark { why: "the edit lies where it was put" },
        ProjectEvent::CheckpointSigned { .. } | ProjectEvent::CheckpointWitnessed { .. } => {
            Undo::Remark { why: "a checkpoint says what was, and stays true" }
        }
    }
}

fn selecting(former: Option<TenantId>) -> Undo {
    let command = former.map_or(ProjectCommand::UnselectTenant, |tenant| ProjectCommand::SelectTenant { tenant });
    Undo::Inverse { commands: vec![Command::Project(command)], facet: Facet::Selection }
}
