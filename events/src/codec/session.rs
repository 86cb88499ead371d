//! Stored twins of a session's events.

use crate::{ProfileId, SessionEvent, SessionId, Timestamp};

twins! {
    SessionEvent in "session/<tenant id>" {
        SessionStarted @ 1 "Somebody began to work in the tenant." {
            id: SessionId,
            user: String,
            profile: ProfileId,
            expires_at: Timestamp,
        }
        ProfileSwitched @ 1 "The tenant's work goes on with another profile, or with none." {
            profile: Option<ProfileId>,
        }
        SessionResumed @ 1 "A session that was over goes on until the time that it had." {
            id: SessionId,
            user: String,
            expires_at: Timestamp,
        }
        SessionEnded @ 1 "The session is over; which profile was in use stays known." { id: SessionId }
    }
}
