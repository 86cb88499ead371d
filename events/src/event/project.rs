//! Events of the project: stream `project`.

use crate::{Digest, LogId, TenantId};

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
    /// A file that we write had been edited by hand, and the edit was put aside.
    HandEditKept {
        /// The file, relative to the project.
        file: String,
        /// Where its content is now.
        kept_as: String,
        /// Of its bytes.
        digest: Digest,
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
