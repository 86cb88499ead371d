//! The undo of a session's events. A login that comes back keeps the time that it had.

use super::{Facet, Undo};
use crate::{Command, Login, Session, SessionCommand, SessionEvent, TenantId};

pub(super) fn undo(event: &SessionEvent, tenant: &TenantId, before: &Session) -> Undo {
    let login = former_login(before.login.as_ref());
    let profile = SessionCommand::SwitchProfile { profile: before.profile };
    let (commands, facet) = match event {
        SessionEvent::SessionStarted { .. } => (vec![login, profile], Facet::Session),
        SessionEvent::SessionResumed { .. } | SessionEvent::SessionEnded { .. } => (vec![login], Facet::Login),
        SessionEvent::ProfileSwitched { .. } => (vec![profile], Facet::SessionProfile),
    };
    let commands = commands.into_iter().map(|command| Command::Session(tenant.clone(), command)).collect();
    Undo::Inverse { commands, facet }
}

fn former_login(login: Option<&Login>) -> SessionCommand {
    match login.cloned() {
        Some(Login { id, user, expires_at }) => SessionCommand::Resume { id, user, expires_at },
        None => SessionCommand::End,
    }
}
