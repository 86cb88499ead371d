//! A tenant: from the wish to have it, through its life, to its end.
//!
//! ```text
//!                                    changed, undone ┌─ Changing ◄─┐ change started
//! Unknown ─ requested ─► Creating ─ created ─► Ready ◄┴─────────────┘
//!    └──────── adopted ─────┼──────────────────►├◄── undone ── Deleting ─ deleted ─► Gone
//!                           └─ undone ─► Gone   └─ deletion started ──►┘
//! Changing ─ cancelled ─► Cancelled ─ deleted ─► Gone
//! ```
//! ```text
//! Creating, Returning, Deleting ─ abandoned ─► Gone      Changing ─ abandoned ─► Ready
//!
//!                        ┌───────── undone ─────────┐
//! Deleting ─ set aside ─►Aside ─ return started ─► Returning ─ brought back ─► Ready
//!                        └─ deletion started ─► Aside, deleting ─ deleted ─► Gone
//! ```

mod decide;
mod evolve;

pub(super) use decide::decide;
pub(super) use evolve::evolve;

use std::collections::{BTreeMap, BTreeSet};

use uuid::Uuid;

use super::UserSecret;
use crate::template::{SecretRef, SecretScope};
use crate::{Json, OperationId, PluginId, Region, SecretKey, SecretName, TenantId, TenantName, TenantType, Timestamp};

/// Field of a tenant's resources that holds the URL of its database.
const DATABASE_URL_FIELD: &str = "database_url";
/// Field of a tenant's resources that says whether other machines may connect to its database.
const EXTERNAL_ACCESS_FIELD: &str = "external_db_access";
/// Field of a tenant's resources that holds its sync token.
pub(crate) const SYNC_TOKEN_FIELD: &str = "sync_token";

/// The template of a sync token.
fn sync_token(secret: &SecretName, version: u32) -> String {
    SecretRef { scope: SecretScope::Tenant, name: secret.clone(), version }.to_string()
}

/// The state of a tenant.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Tenant {
    /// Nobody has asked for it.
    #[default]
    Unknown,
    /// It exists, or is being made or deleted.
    Living(Box<LivingTenant>),
    /// It can be brought back, or deleted for good.
    Aside(Box<AsideTenant>),
    /// It is no more; its id stays taken for ever.
    Gone {
        /// The operation that ended it.
        operation: Option<OperationId>,
        /// Whether it never came to be.
        undone: bool,
        /// Whether the key that sealed its secrets was destroyed.
        key_destroyed: bool,
        /// The newest version of each secret that it had.
        secrets: BTreeMap<SecretName, (u32, Uuid)>,
        /// Versions of secrets that were never taken into use.
        withdrawn: BTreeSet<(SecretName, u32)>,
    },
}

/// A tenant that was set aside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AsideTenant {
    /// As it was, ready; what ended last is the operation that set it aside, or tried to bring it back or delete it.
    pub tenant: LivingTenant,
    /// Until when it can be brought back.
    pub until: Timestamp,
    /// The operation that is deleting it for good.
    pub deleting: Option<OperationId>,
}

/// A tenant that exists, or is being made or deleted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LivingTenant {
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
    /// The provider's own settings.
    pub config: Json,
    /// What the provider returned; an empty object while it is being made.
    pub resources: Json,
    /// Where it is in its life.
    pub phase: TenantPhase,
    /// The operation that ended last, so that recording its end twice is not an error.
    pub ended: Option<OperationId>,
    /// Whether it can be neither deleted nor changed in the world outside.
    pub protected: bool,
    /// Whether its provider had nothing of it when it was asked last.
    pub vanished: bool,
    /// The newest version of each secret, and what its sealing is bound to.
    pub secrets: BTreeMap<SecretName, (u32, Uuid)>,
    /// Versions of secrets that the operation which is changing it has sealed.
    pub sealed_in_change: Vec<(SecretName, u32)>,
    /// Versions of secrets that were never taken into use.
    pub withdrawn: BTreeSet<(SecretName, u32)>,
    /// The user's secrets that are set.
    pub user_secrets: BTreeMap<SecretKey, UserSecret>,
}

impl LivingTenant {
    /// Whether its database is declared to be open to other machines; none: nobody said anything.
    pub fn external_access(&self) -> Option<bool> {
        external_access(&self.resources)
    }
}

/// What a tenant's resources say of that.
pub(crate) fn external_access(resources: &Json) -> Option<bool> {
    resources.value().get(EXTERNAL_ACCESS_FIELD).and_then(serde_json::Value::as_bool)
}

/// Where a living tenant is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TenantPhase {
    /// An operation is making it.
    Creating(OperationId),
    /// An operation is bringing it back; until then it can be brought back.
    Returning(OperationId, Timestamp),
    /// It can be used.
    Ready,
    /// An operation is changing it.
    Changing(OperationId),
    /// An operation is deleting it.
    Deleting(OperationId),
    /// Nothing of it is left but its record: it can be deleted, and nothing else.
    Cancelled,
}

impl TenantPhase {
    /// As messages show it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Creating(_) => "being created",
            Self::Returning(..) => "being brought back",
            Self::Ready => "ready",
            Self::Changing(_) => "being changed",
            Self::Deleting(_) => "being deleted",
            Self::Cancelled => "cancelled",
        }
    }

    /// The operation that is at work on it.
    pub const fn operation(self) -> Option<OperationId> {
        match self {
            Self::Creating(operation)
            | Self::Returning(operation, _)
            | Self::Changing(operation)
            | Self::Deleting(operation) => Some(operation),
            Self::Ready | Self::Cancelled => None,
        }
    }
}

#[cfg(test)]
#[path = "tenant_test.rs"]
mod tests;
