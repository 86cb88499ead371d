//! The project: its log, and which tenant is selected.

use crate::{Corrupt, LogId, ProjectCommand, ProjectEvent, Refusal, TenantId};

/// The state of the project.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Project {
    /// None before its history began.
    pub log_id: Option<LogId>,
    /// The tenant that commands apply to.
    pub selected: Option<TenantId>,
}

pub(super) fn decide(project: &Project, command: ProjectCommand) -> Result<Vec<ProjectEvent>, Refusal> {
    if let ProjectCommand::Initialise { log_id } = command {
        return match project.log_id {
            None => Ok(vec![ProjectEvent::ProjectInitialised { log_id }]),
            Some(present) if present == log_id => Ok(vec![]),
            Some(present) => Err(Refusal::AlreadyInitialised { log_id: present }),
        };
    }
    if project.log_id.is_none() {
        return Err(Refusal::NotInitialised);
    }
    Ok(match command {
        ProjectCommand::Initialise { .. } => vec![],
        ProjectCommand::SelectTenant { tenant } if project.selected.as_ref() == Some(&tenant) => vec![],
        ProjectCommand::SelectTenant { tenant } => vec![ProjectEvent::TenantSelected { tenant }],
        ProjectCommand::UnselectTenant => {
            project.selected.iter().map(|tenant| ProjectEvent::TenantUnselected { tenant: tenant.clone() }).collect()
        }
        ProjectCommand::RecordImport { source, digest, taken, refused } => {
            vec![ProjectEvent::RegistryImported { source, digest, taken, refused }]
        }
        ProjectCommand::RecordProfilesImport { profiles, sessions, refused } => {
            vec![ProjectEvent::ProfilesImported { profiles, sessions, refused }]
        }
        ProjectCommand::RecordSync { providers } => vec![ProjectEvent::RegistrySynced { providers }],
        ProjectCommand::MarkUndone { command } => vec![ProjectEvent::CommandUndone { command }],
        ProjectCommand::MarkRedone { command } => vec![ProjectEvent::CommandRedone { command }],
        ProjectCommand::KeepHandEdit { file, kept_as, digest } => {
            vec![ProjectEvent::HandEditKept { file, kept_as, digest }]
        }
        ProjectCommand::RecordCheckpoint { size, root, note, key } => {
            vec![ProjectEvent::CheckpointSigned { size, root, note, key }]
        }
        ProjectCommand::RecordWitness { size, root, note, witness } => {
            vec![ProjectEvent::CheckpointWitnessed { size, root, note, witness }]
        }
    })
}

pub(super) fn evolve(mut project: Project, event: &ProjectEvent) -> Result<Project, Corrupt> {
    let initialised = project.log_id.is_some();
    match event {
        ProjectEvent::ProjectInitialised { log_id } if !initialised => project.log_id = Some(*log_id),
        ProjectEvent::TenantSelected { tenant } if initialised => project.selected = Some(tenant.clone()),
        ProjectEvent::TenantUnselected { tenant } if project.selected.as_ref() == Some(tenant) => {
            project.selected = None;
        }
        ProjectEvent::RegistryImported { .. }
        | ProjectEvent::ProfilesImported { .. }
        | ProjectEvent::RegistrySynced { .. }
        | ProjectEvent::CommandUndone { .. }
        | ProjectEvent::CommandRedone { .. }
        | ProjectEvent::HandEditKept { .. }
        | ProjectEvent::CheckpointSigned { .. }
        | ProjectEvent::CheckpointWitnessed { .. }
            if initialised => {}
        ProjectEvent::ProjectInitialised { .. }
        | ProjectEvent::TenantSelected { .. }
        | ProjectEvent::TenantUnselected { .. }
        | ProjectEvent::RegistryImported { .. }
        | ProjectEvent::ProfilesImported { .. }
        | ProjectEvent::RegistrySynced { .. }
        | ProjectEvent::CommandUndone { .. }
        | ProjectEvent::CommandRedone { .. }
        | ProjectEvent::HandEditKept { .. }
        | ProjectEvent::CheckpointSigned { .. }
        | ProjectEvent::CheckpointWitnessed { .. } => {
            let state = if initialised { "initialised" } else { "not initialised" };
            return Err(Corrupt { event: crate::codec::project_kind(event), aggregate: "the project", state });
        }
    }
    Ok(project)
}

#[cfg(test)]
#[path = "project_test.rs"]
mod tests;
