//! Stored twins of a profile's events.

use uuid::Uuid;

use crate::{ProfileEvent, ProfileId, ProfileName, SecretKey, TenantId};

twins! {
    ProfileEvent in "profile/<id>" {
        ProfileCreated @ 1 "A profile was made, for one tenant; `text` is its `profile.yaml`." {
            id: ProfileId,
            name: ProfileName,
            tenant: TenantId,
            text: String,
        }
        ProfileEdited @ 1 "The profile's settings were changed, by a `command` or in the `file`." {
            text: String,
            source: String,
        }
        ProfileDeleted @ 1 "The profile is no more; its tenant and the database are as they were." {}
        ProfileRestored @ 1 "The profile is there again as it was when it was deleted, with its settings and secrets." {}
        ProfileSecretSet @ 1 "A user's secret was set for this profile alone, or replaced." {
            key: SecretKey,
            seal_id: Uuid,
            sealed: String,
        }
        ProfileSecretUnset @ 1 "A user's secret is not set for this profile any more." { key: SecretKey }
    }
}
