//! Events of a profile: stream `profile/<id>`.

use uuid::Uuid;

use crate::{ProfileId, ProfileName, SecretKey, TenantId};

/// What can happen to a profile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProfileEvent {
    /// It was made, for one tenant and for ever.
    ProfileCreated {
        /// Its id, unique for ever.
        id: ProfileId,
        /// What it and its directory are called.
        name: ProfileName,
        /// The tenant that it belongs to.
        tenant: TenantId,
        /// Its `profile.yaml`, byte for byte, so that what a person wrote into it survives a rebuild.
        text: String,
    },
    /// Its settings were changed.
    ProfileEdited {
        /// Its `profile.yaml` from now on.
        text: String,
        /// `command`, or `file` when somebody edited the file and the edit was taken in.
        source: String,
    },
    /// It is no more; its tenant and the database are as they were.
    ProfileDeleted,
    /// It is there again as it was when it was deleted, with its settings and secrets.
    ProfileRestored,
    /// A user's secret was set for this profile alone, or replaced.
    ProfileSecretSet {
        /// What it is called.
        key: SecretKey,
        /// Part of what the sealing is bound to.
        seal_id: Uuid,
        /// The value, encrypted with its tenant's key, in base64.
        sealed: String,
    },
    /// It is not set any more.
    ProfileSecretUnset {
        /// Which one.
        key: SecretKey,
    },
}
