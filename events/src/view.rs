//! What the projections say, as values.

use uuid::Uuid;

use crate::{
    Digest, Grant, Json, OperationId, OperationState, PluginId, Position, ProfileId, ProfileName, Region, SecretKey,
    SecretName, TenantId, TenantName, TenantType, Timestamp,
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
    /// Whether it can be neither deleted nor changed in the world outside.
    pub protected: bool,
}

/// A tenant that was set aside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AsideView {
    /// As it was; its row changed last when it was set aside, or when somebody failed to bring it back or to delete it.
    pub tenant: TenantView,
    /// Until when it can be brought back.
    pub until: Timestamp,
}

/// What a list says of a living tenant. Fields as in [`TenantView`].
#[expect(missing_docs, reason = "the fields are those of the whole view, and described there")]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TenantSummary {
    pub id: TenantId,
    pub name: TenantName,
    pub tenant_type: TenantType,
    pub provider: PluginId,
    pub region: Option<Region>,
    pub state: TenantState,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    pub protected: bool,
}

impl TenantView {
    /// What a list says of it.
    pub fn summary(&self) -> TenantSummary {
        TenantSummary {
            id: self.id.clone(),
            name: self.name.clone(),
            tenant_type: self.tenant_type,
            provider: self.provider.clone(),
            region: self.region.clone(),
            state: self.state,
            created_at: self.created_at,
            updated_at: self.updated_at,
            protected: self.protected,
        }
    }
}

/// Where a living tenant is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TenantState {
    /// It is being made.
    Creating,
    /// It can be used.
    Ready,
    /// It is being changed.
    Changing,
    /// It is being deleted.
    Deleting,
    /// Nothing of it is left but its record.
    Cancelled,
    /// Its provider had nothing of it when it was asked last.
    Vanished,
}

impl TenantState {
    /// Every state.
    pub const ALL: [Self; 6] =
        [Self::Creating, Self::Ready, Self::Changing, Self::Deleting, Self::Cancelled, Self::Vanished];

    /// As it is stored and shown.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Creating => "creating",
            Self::Ready => "ready",
            Self::Changing => "changing",
            Self::Deleting => "deleting",
            Self::Cancelled => "cancelled",
            Self::Vanished => "vanished",
        }
    }
}
crate::word::closed_word!(
    TenantState,
    "a state of a tenant",
    "`creating`, `ready`, `changing`, `deleting`, `cancelled`, `vanished`"
);

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
    /// The key that it was signed with; none where it was not.
    pub publisher: Option<String>,
    /// What was allowed last.
    pub grant: Option<Grant>,
    /// When that was.
    pub granted_at: Option<Timestamp>,
}

/// A living profile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProfileView {
    /// Its id.
    pub id: ProfileId,
    /// Unique among the living of the project.
    pub name: ProfileName,
    /// The tenant that it belongs to.
    pub tenant: TenantId,
    /// Its `profile.yaml`, byte for byte.
    pub text: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// When its settings changed last.
    pub updated_at: Timestamp,
}

/// What is known of a tenant's session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionView {
    /// Whose it is.
    pub tenant: TenantId,
    /// The profile that was in use last.
    pub profile: Option<ProfileId>,
    /// Who works, and until when; none: nobody.
    pub login: Option<crate::Login>,
    /// When it changed last.
    pub changed_at: Timestamp,
}

/// Somebody who is logged in to a provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountView {
    /// To which one.
    pub provider: PluginId,
    /// Who, and what with.
    pub login: crate::AccountLogin,
    /// Since when.
    pub since: Timestamp,
    /// The event that says so.
    pub position: Position,
}

/// A user's secret that is set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserSecretView {
    /// The tenant whose key seals it.
    pub tenant: TenantId,
    /// The profile that it is set for; none: for all that works in the tenant.
    pub profile: Option<ProfileId>,
    /// What it is called.
    pub key: SecretKey,
    /// Part of what the sealing is bound to.
    pub seal_id: Uuid,
    /// The encrypted value in base64.
    pub sealed: String,
    /// The event that set it.
    pub position: Position,
    /// When it was set.
    pub set_at: Timestamp,
    /// Who set it.
    pub set_by: String,
}
