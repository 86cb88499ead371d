//! What each event does to the tables. Total: whatever can follow can be projected.

mod account;
mod operation;
mod plugin;
mod profile;
mod project;
mod session;
mod tenant;

use super::{Began, Change};
use crate::{Event, Profile, SecretKey, State, Tenant, codec, recorded::Happened};

/// Which rows a stream had open before an event.
#[derive(Default)]
pub(super) struct Before {
    /// Its own: the selection, the plugin, the session, the shell, the account.
    is_open: bool,
    /// The plugin's grant.
    is_granted: bool,
    /// The operation's steps.
    steps: usize,
    /// Whether the tenant was set aside.
    is_aside: bool,
    /// The secrets that the user had set.
    user_secrets: Vec<SecretKey>,
}

impl Before {
    pub(super) fn of(state: &State) -> Self {
        let none = Self::default();
        match state {
            State::Project(project) => Self { is_open: project.selected.is_some(), ..none },
            State::Tenant(Tenant::Living(living)) => {
                Self { user_secrets: living.user_secrets.keys().cloned().collect(), ..none }
            }
            State::Tenant(Tenant::Aside(_)) => Self { is_aside: true, ..none },
            State::Operation(Some(operation)) => Self { is_open: true, steps: operation.steps.len(), ..none },
            State::Plugin(Some(plugin)) => Self { is_open: true, is_granted: plugin.grant.is_some(), ..none },
            State::Profile(Profile::Living(living)) => {
                Self { user_secrets: living.secrets.keys().cloned().collect(), ..none }
            }
            State::Session(session) => Self { is_open: session.profile.is_some() || session.login.is_some(), ..none },
            State::Shell(shell) => Self { is_open: shell.place.is_some(), ..none },
            State::Account(account) => Self { is_open: account.login.is_some(), ..none },
            State::Tenant(Tenant::Unknown | Tenant::Gone { .. })
            | State::Operation(None)
            | State::Plugin(None)
            | State::Profile(Profile::Unknown | Profile::Gone(_)) => none,
        }
    }
}

/// What `happened` changes, given its stream before and after it, and where the stream began.
pub(super) fn changes(happened: &Happened<'_>, before: &Before, after: &State, began: Began) -> Vec<Change> {
    match (happened.event, after) {
        (Event::Project(event), _) => project::changes(event, before),
        (Event::Tenant(event), State::Tenant(after)) => {
            tenant::changes(event, happened.stream, before, after, began, happened.time)
        }
        (Event::Operation(event), State::Operation(Some(after))) => {
            operation::changes(event, before, after, began, happened.time)
        }
        (Event::Plugin(event), State::Plugin(after)) => plugin::changes(event, happened.stream, before, after.as_ref()),
        (Event::Profile(event), State::Profile(after)) => {
            profile::changes(event, happened.stream, &before.user_secrets, after, began, happened.time)
        }
        (Event::Session(_), State::Session(after)) => session::changes(happened.stream, before, after),
        (Event::Shell(event), State::Shell(after)) => session::shell_changes(event, happened.stream, before, after),
        (Event::Account(_), State::Account(after)) => account::changes(happened.stream, before, after),
        (
            Event::Tenant(_)
            | Event::Operation(_)
            | Event::Plugin(_)
            | Event::Profile(_)
            | Event::Account(_)
            | Event::Session(_)
            | Event::Shell(_),
            _,
        ) => {
            panic!("BUG: `{}` was projected on the state of another kind of stream", codec::kind_of(happened.event))
        }
    }
}
