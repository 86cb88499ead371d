//! Events of the project: stream `project`.

use crate::{CommandId, Digest, LogId, PluginId, ProfileId, TenantId};

/// What can happen to the project as a whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProjectEvent {
    /// The project's history began.
    ProjectInitialised {
        /// Id of this log, wherever it is copied.
        log_id: LogId,
    },
    /// Commands apply to this tenant from now on.
    TenantSelected {
        /// Which one.
        tenant: TenantId,
    },
    /// No tenant is selected any more.
    TenantUnselected {
        /// Which one was.
        tenant: TenantId,
    },
    /// A registry that another program left, or that somebody edited, was taken in.
    RegistryImported {
        /// Where it came from.
        source: String,
        /// Of its bytes.
        digest: Digest,
        /// The tenants that were taken from it.
        taken: Vec<TenantId>,
        /// The records that were not.
        refused: Vec<RefusedRecord>,
    },
    /// Profiles and sessions that another program left were taken in.
    ProfilesImported {
        /// The profiles that were taken.
        profiles: Vec<ProfileId>,
        /// The tenants whose sessions were taken.
        sessions: Vec<TenantId>,
        /// What was left out and why, a line each.
        refused: Vec<String>,
    },
    /// The registry was held against what these providers have; what differed is in the tenants' own events.
    RegistrySynced {
        /// Those that answered.
        providers: Vec<PluginId>,
    },
    /// What a command had recorded was taken back, by the events of the request that this one is part of.
    CommandUndone {
        /// Id of the request that recorded it.
        command: CommandId,
    },
    /// What an undo had taken back was done again, by the events of the request that this one is part of.
    CommandRedone {
        /// Id of the request that undid it.
        command: CommandId,
    },
    /// A file that we write had been edited by hand, and the edit was put aside.
    HandEditKept {
        /// The file, relative to the project.
        file: String,
        /// Where its content is now.
        kept_as: String,
        /// Of its bytes.
        digest: Digest,
    },
    /// What the log was until then was signed.
    CheckpointSigned {
        /// How many events: those at the positions from 1 to this.
        size: u64,
        /// The root of the Merkle tree over them.
        root: Digest,
        /// The signed note.
        note: String,
        /// The public key, as in C2SP's signed-note.
        key: String,
    },
    /// A witness had seen the log as a checkpoint says that it was.
    CheckpointWitnessed {
        /// As in the checkpoint.
        size: u64,
        /// As in the checkpoint.
        root: Digest,
        /// The checkpoint's note with the witness's signature.
        note: String,
        /// The witness's public key.
        witness: String,
    },
}

/// A record of a foreign registry that was not taken.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct RefusedRecord {
    /// Its place in the file, from 0.
    pub index: u32,
    /// Why it was not taken.
    pub reason: String,
}
