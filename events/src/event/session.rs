//! Events of a tenant's session: stream `session/<tenant id>`.

use crate::{ProfileId, SessionId, Timestamp};

/// What can happen to the session that a tenant has on this machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SessionEvent {
    /// Somebody began to work in the tenant; what was there before is over.
    SessionStarted {
        /// Its id.
        id: SessionId,
        /// Who works.
        user: String,
        /// With which profile.
        profile: ProfileId,
        /// When it is over by itself.
        expires_at: Timestamp,
    },
    /// The tenant's work goes on with another profile, or with none.
    ProfileSwitched {
        /// Which one.
        profile: Option<ProfileId>,
    },
    /// One that was over goes on until the time that it had; which profile is in use stays as it is.
    SessionResumed {
        /// Its id.
        id: SessionId,
        /// Who works.
        user: String,
        /// When it is over by itself.
        expires_at: Timestamp,
    },
    /// It is over; which profile was in use stays known.
    SessionEnded {
        /// Which one.
        id: SessionId,
    },
}
