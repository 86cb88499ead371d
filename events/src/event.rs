//! What can have happened. Events are forever: a new need is a new event or a new schema version, never a change.

mod account;
mod operation;
mod plugin;
mod profile;
mod project;
mod session;
mod shell;
mod tenant;

pub use account::AccountEvent;
pub use operation::OperationEvent;
pub use plugin::PluginEvent;
pub use profile::ProfileEvent;
pub use project::{ProjectEvent, RefusedRecord};
pub use session::SessionEvent;
pub use shell::ShellEvent;
pub use tenant::{AppliedMigration, TenantEvent};

/// Anything that can have happened, by the kind of stream that it belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// To the project as a whole.
    Project(ProjectEvent),
    /// To one tenant.
    Tenant(TenantEvent),
    /// In one operation.
    Operation(OperationEvent),
    /// To one plugin.
    Plugin(PluginEvent),
    /// To one profile.
    Profile(ProfileEvent),
    /// In one tenant's session.
    Session(SessionEvent),
    /// In one running shell.
    Shell(ShellEvent),
    /// To the account with one provider.
    Account(AccountEvent),
}

impl From<ProjectEvent> for Event {
    fn from(event: ProjectEvent) -> Self {
        Self::Project(event)
    }
}

impl From<TenantEvent> for Event {
    fn from(event: TenantEvent) -> Self {
        Self::Tenant(event)
    }
}

impl From<OperationEvent> for Event {
    fn from(event: OperationEvent) -> Self {
        Self::Operation(event)
    }
}

impl From<PluginEvent> for Event {
    fn from(event: PluginEvent) -> Self {
        Self::Plugin(event)
    }
}

impl From<ProfileEvent> for Event {
    fn from(event: ProfileEvent) -> Self {
        Self::Profile(event)
    }
}

impl From<SessionEvent> for Event {
    fn from(event: SessionEvent) -> Self {
        Self::Session(event)
    }
}

impl From<ShellEvent> for Event {
    fn from(event: ShellEvent) -> Self {
        Self::Shell(event)
    }
}

impl From<AccountEvent> for Event {
    fn from(event: AccountEvent) -> Self {
        Self::Account(event)
    }
}
