//! Events of a running shell: stream `shell/<id>`.

use crate::{ProfileId, TenantId};

/// What can happen to a shell that works in a tenant of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ShellEvent {
    /// Commands of this shell apply to this tenant from now on, whatever the project has selected.
    ShellSwitched {
        /// Which one.
        tenant: TenantId,
        /// With which profile; none: with the one of the tenant's session.
        profile: Option<ProfileId>,
    },
    /// Commands of this shell apply to what the project has selected again.
    ShellLeft,
}
