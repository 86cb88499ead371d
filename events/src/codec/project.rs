//! Stored twins of the project's events.

use crate::{CommandId, Digest, LogId, PluginId, ProfileId, ProjectEvent, RefusedRecord, TenantId};

twins! {
    ProjectEvent in "project" {
        ProjectInitialised @ 1 "The project's history began." { log_id: LogId }
        TenantSelected @ 1 "Commands apply to this tenant from now on." { tenant: TenantId }
        TenantUnselected @ 1 "No tenant is selected any more." { tenant: TenantId }
        RegistryImported @ 1 "A registry that another program left, or that somebody edited, was taken in." {
            source: String,
            digest: Digest,
            taken: Vec<TenantId>,
            refused: Vec<RefusedRecord>,
        }
        ProfilesImported @ 1 "Profiles and sessions that another program left were taken in." {
            profiles: Vec<ProfileId>,
            sessions: Vec<TenantId>,
            refused: Vec<String>,
        }
        RegistrySynced @ 1 "The registry was held against what these providers have; what differed is in the tenants' own events." {
            providers: Vec<PluginId>,
        }
        CommandUndone @ 1 "What a command had recorded was taken back, by the other events of this request." {
            command: CommandId,
        }
        CommandRedone @ 1 "What an undo had taken back was done again, by the other events of this request." {
            command: CommandId,
        }
        HandEditKept @ 1 "A file that we write had been edited by hand, and the edit was put aside." {
            file: String,
            kept_as: String,
            digest: Digest,
        }
        CheckpointSigned @ 1 "What the log was until then was signed." {
            size: u64,
            root: Digest,
            note: String,
            key: String,
        }
        CheckpointWitnessed @ 1 "A witness had seen the log as a checkpoint says that it was." {
            size: u64,
            root: Digest,
            note: String,
            witness: String,
        }
    }
}
