//! Stored twins of the project's events.

use crate::{Digest, LogId, ProjectEvent, RefusedRecord, TenantId};

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
        HandEditKept @ 1 "A file that we write had been edited by hand, and the edit was put aside." {
            file: String,
            kept_as: String,
            digest: Digest,
        }
    }
}
