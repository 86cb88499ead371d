//! What can have happened. Events are forever: a new need is a new event or a new schema version, never a change.

mod operation;
mod plugin;
mod project;
mod tenant;

pub use operation::OperationEvent;
pub use plugin::PluginEvent;
pub use project::{ProjectEvent, RefusedRecord};
pub use tenant::TenantEvent;

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
