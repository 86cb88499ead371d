//! Stored twins of a shell's events.

use crate::{ProfileId, ShellEvent, TenantId};

twins! {
    ShellEvent in "shell/<id>" {
        ShellSwitched @ 1 "Commands of this shell apply to this tenant from now on, whatever the project has selected." {
            tenant: TenantId,
            profile: Option<ProfileId>,
        }
        ShellLeft @ 1 "Commands of this shell apply to what the project has selected again." {}
    }
}
