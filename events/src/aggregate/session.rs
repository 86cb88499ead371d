//! A tenant's session: who works in it until when, and with which profile. It remembers the profile when it is over.

use crate::{Corrupt, ProfileId, Refusal, SessionCommand, SessionEvent, SessionId, Timestamp};

/// The state of a tenant's session.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Session {
    /// The profile that was in use last.
    pub profile: Option<ProfileId>,
    /// Who works in the tenant; it may have expired.
    pub login: Option<Login>,
}

/// Who works in a tenant, and until when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Login {
    /// Its id.
    pub id: SessionId,
    /// Who works.
    pub user: String,
    /// When it is over by itself.
    pub expires_at: Timestamp,
}

#[expect(clippy::unnecessary_wraps, reason = "the shape of every aggregate's rules")]
pub(super) fn decide(session: &Session, command: SessionCommand) -> Result<Vec<SessionEvent>, Refusal> {
    Ok(match command {
        SessionCommand::Start { id, .. } if session.login.as_ref().is_some_and(|login| login.id == id) => vec![],
        SessionCommand::Start { id, user, profile, expires_at } => {
            vec![SessionEvent::SessionStarted { id, user, profile, expires_at }]
        }
        SessionCommand::SwitchProfile { profile } if session.profile == profile => vec![],
        SessionCommand::SwitchProfile { profile } => vec![SessionEvent::ProfileSwitched { profile }],
        SessionCommand::Resume { id, .. } if session.login.as_ref().is_some_and(|login| login.id == id) => vec![],
        SessionCommand::Resume { id, user, expires_at } => {
            vec![SessionEvent::SessionResumed { id, user, expires_at }]
        }
        SessionCommand::End => session.login.iter().map(|login| SessionEvent::SessionEnded { id: login.id }).collect(),
    })
}

pub(super) fn evolve(mut session: Session, event: &SessionEvent) -> Result<Session, Corrupt> {
    match event {
        SessionEvent::SessionStarted { id, user, profile, expires_at } => {
            session.profile = Some(*profile);
            session.login = Some(Login { id: *id, user: user.clone(), expires_at: *expires_at });
        }
        SessionEvent::SessionResumed { id, user, expires_at } => {
            session.login = Some(Login { id: *id, user: user.clone(), expires_at: *expires_at });
        }
        SessionEvent::ProfileSwitched { profile } => session.profile = *profile,
        SessionEvent::SessionEnded { id } => match session.login {
            Some(login) if login.id == *id => session.login = None,
            Some(_) | None => {
                let event = crate::codec::session_kind(event);
                return Err(Corrupt { event, aggregate: "the session", state: "another one, or over" });
            }
        },
    }
    Ok(session)
}

#[cfg(test)]
#[path = "session_test.rs"]
mod tests;
