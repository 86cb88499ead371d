//! What the projections say, as values.

use uuid::Uuid;

use crate::{
    Digest, Grant, Json, OperationId, OperationState, PluginId, Region, SecretName, TenantId, TenantName, TenantType,
    Timestamp,
};

/// A living tenant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TenantView {
    /// Unique for ever.
    pub id: TenantId,
    /// Unique among the living.
    pub name: TenantName,
    /// Where it runs.
    pub tenant_type: TenantType,
    /// Who provides it.
    pub provider: PluginId,
    /// In which region.
    pub region: Option<Region>,
    /// Where it is in its life.
    pub state: TenantState,
    /// The provider's own settings.
    pub config: Json,
    /// What the provider returned; an empty object while it is being made.
    pub resources: Json,
    /// The operation that is at work on it.
    pub operation: Option<OperationId>,
    /// When it was requested or adopted.
    pub created_at: Timestamp,
    /// When its row changed last.
    pub updated_at: Timestamp,
}

/// Where a living tenant is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TenantState {
    /// It is being made.
    Creating,
    /// It can be used.
    Ready,
    /// It is being deleted.
    Deleting,
}

impl TenantState {
    /// Every state.
    pub const ALL: [Self; 3] = [Self::Creating, Self::Ready, Self::Deleting];

    /// As it is stored and shown.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Creating => "creating",
            Self::Ready => "ready",
            Self::Deleting => "deleting",
        }
    }
}
crate::word::closed_word!(TenantState, "a state of a tenant", "`creating`, `ready`, `deleting`");

/// An operation, without its steps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OperationView {
    /// Its id.
    pub id: OperationId,
    /// `create`, `delete`, …: an open set.
    pub kind: String,
    /// The plugin that performs it.
    pub provider: PluginId,
    /// Of the plugin's bytes.
    pub plugin_hash: Digest,
    /// The tenant that it is about.
    pub tenant: Option<TenantId>,
    /// Its arguments.
    pub input: Json,
    /// Where it is.
    pub state: OperationState,
    /// Of the newest claim.
    pub token: u64,
    /// Which process claimed it last.
    pub holder: String,
    /// When it started.
    pub started_at: Timestamp,
    /// When its row changed last.
    pub updated_at: Timestamp,
}

/// A sealed secret of a tenant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SealedSecret {
    /// What it is called.
    pub name: SecretName,
    /// From 1.
    pub version: u32,
    /// Part of what the sealing is bound to.
    pub seal_id: Uuid,
    /// The encrypted value in base64.
    pub sealed: String,
}

/// A plugin, and what was allowed last: it counts only for the bytes that it names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PluginView {
    /// Its id.
    pub id: PluginId,
    /// Its version, as it says.
    pub version: String,
    /// Of its bytes.
    pub hash: Digest,
    /// The contract that it was built for.
    pub world: String,
    /// What it asks for.
    pub capabilities: Vec<String>,
    /// Where its bytes came from.
    pub source: String,
    /// What it says of itself.
    pub description: Json,
    /// What was allowed last.
    pub grant: Option<Grant>,
}
