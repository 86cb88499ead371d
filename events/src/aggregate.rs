//! Aggregates: the state of one stream, the rules that guard it, and the bookkeeping that follows its events.
//!
//! `decide` holds every rule and touches nothing; `evolve` has no rules, because its event has happened.

mod account;
mod operation;
mod plugin;
mod profile;
mod project;
mod session;
mod shell;
mod tenant;
mod user_secret;

pub use account::{Account, AccountLogin};
pub use operation::{Operation, OperationState, Step, StepState};
pub use plugin::{Grant, Plugin};
pub use profile::{LivingProfile, Profile};
pub use project::Project;
pub use session::{Login, Session};
pub use shell::Shell;
pub use tenant::{AsideTenant, LivingTenant, Tenant, TenantPhase};
pub(crate) use tenant::{SYNC_TOKEN_FIELD, external_access};
pub use user_secret::UserSecret;

use crate::{Command, Corrupt, Event, Refusal, Stream};

/// The state of one stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// Of the project.
    Project(Project),
    /// Of a tenant.
    Tenant(Tenant),
    /// Of an operation; none before it started.
    Operation(Option<Operation>),
    /// Of a plugin; none before it became known.
    Plugin(Option<Plugin>),
    /// Of a profile.
    Profile(Profile),
    /// Of a tenant's session.
    Session(Session),
    /// Of a running shell.
    Shell(Shell),
    /// Of the account with a provider.
    Account(Account),
}

/// That of the project, before its first event.
impl Default for State {
    fn default() -> Self {
        Self::Project(Project::default())
    }
}

impl State {
    /// The state of a stream before its first event.
    pub fn initial(stream: &Stream) -> Self {
        match stream {
            Stream::Project => Self::Project(Project::default()),
            Stream::Tenant(_) => Self::Tenant(Tenant::Unknown),
            Stream::Operation(_) => Self::Operation(None),
            Stream::Plugin(_) => Self::Plugin(None),
            Stream::Profile(_) => Self::Profile(Profile::Unknown),
            Stream::Session(_) => Self::Session(Session::default()),
            Stream::Shell(_) => Self::Shell(Shell::default()),
            Stream::Account(_) => Self::Account(Account::default()),
        }
    }

    /// The rules of one stream: the events that a command leads to, none when all is as it should be already.
    /// (What concerns several streams, such as names that must be unique, is checked where the log is written.)
    pub fn decide(&self, command: Command) -> Result<Vec<Event>, Refusal> {
        fn wrap<E: Into<Event>>(events: Vec<E>) -> Vec<Event> {
            events.into_iter().map(Into::into).collect()
        }
        match (self, command) {
            (Self::Project(project), Command::Project(command)) => project::decide(project, command).map(wrap),
            (Self::Tenant(tenant), Command::Tenant(id, command)) => tenant::decide(tenant, &id, command).map(wrap),
            (Self::Operation(operation), Command::Operation(id, command)) => {
                operation::decide(operation.as_ref(), id, command).map(wrap)
            }
            (Self::Plugin(plugin), Command::Plugin(id, command)) => {
                plugin::decide(plugin.as_ref(), &id, command).map(wrap)
            }
            (Self::Profile(profile), Command::Profile(id, command)) => profile::decide(profile, id, command).map(wrap),
            (Self::Session(session), Command::Session(_, command)) => session::decide(session, command).map(wrap),
            (Self::Shell(shell), Command::Shell(_, command)) => shell::decide(shell, command).map(wrap),
            (Self::Account(account), Command::Account(_, command)) => account::decide(account, command).map(wrap),
            (
                Self::Project(_)
                | Self::Tenant(_)
                | Self::Operation(_)
                | Self::Plugin(_)
                | Self::Profile(_)
                | Self::Account(_)
                | Self::Session(_)
                | Self::Shell(_),
                _,
            ) => {
                panic!("BUG: a command was decided on the state of another kind of stream")
            }
        }
    }

    /// The profile, if this is one that can be used.
    pub(crate) fn living_profile(&self) -> Option<&LivingProfile> {
        match self {
            Self::Profile(Profile::Living(living)) => Some(living),
            Self::Profile(Profile::Unknown | Profile::Gone(_))
            | Self::Project(_)
            | Self::Tenant(_)
            | Self::Operation(_)
            | Self::Plugin(_)
            | Self::Account(_)
            | Self::Session(_)
            | Self::Shell(_) => None,
        }
    }

    /// The state after an event.
    pub fn evolve(self, event: &Event) -> Result<Self, Corrupt> {
        match (self, event) {
            (Self::Project(project), Event::Project(event)) => project::evolve(project, event).map(Self::Project),
            (Self::Tenant(tenant), Event::Tenant(event)) => tenant::evolve(tenant, event).map(Self::Tenant),
            (Self::Operation(operation), Event::Operation(event)) => {
                operation::evolve(operation, event).map(Some).map(Self::Operation)
            }
            (Self::Plugin(plugin), Event::Plugin(event)) => plugin::evolve(plugin, event).map(Self::Plugin),
            (Self::Profile(profile), Event::Profile(event)) => profile::evolve(profile, event).map(Self::Profile),
            (Self::Session(session), Event::Session(event)) => session::evolve(session, event).map(Self::Session),
            (Self::Shell(shell), Event::Shell(event)) => shell::evolve(shell, event).map(Self::Shell),
            (Self::Account(account), Event::Account(event)) => account::evolve(account, event).map(Self::Account),
            (
                Self::Project(_)
                | Self::Tenant(_)
                | Self::Operation(_)
                | Self::Plugin(_)
                | Self::Profile(_)
                | Self::Account(_)
                | Self::Session(_)
                | Self::Shell(_),
                _,
            ) => Err(Corrupt { event: "the event", aggregate: "the stream", state: "of another kind" }),
        }
    }
}
