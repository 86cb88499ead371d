//! A tenant: from the wish to have it, through its life, to its end.
//!
//! ```text
//! Unknown ─ requested ─► Creating ─ created ─► Ready ◄── undone ── Deleting ─ deleted ─► Gone
//!    └──────── adopted ─────┼──────────────────►└─ deletion started ──►┘
//!                           └─ undone ─► Gone
//! ```

mod decide;
mod evolve;

pub(super) use decide::decide;
pub(super) use evolve::evolve;

use std::collections::BTreeMap;

use uuid::Uuid;

use crate::{Json, OperationId, PluginId, Region, SecretName, TenantId, TenantName, TenantType};

/// The state of a tenant.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Tenant {
    /// Nobody has asked for it.
    #[default]
    Unknown,
    /// It exists, or is being made or deleted.
    Living(Box<LivingTenant>),
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
    },
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
    /// The newest version of each secret, and what its sealing is bound to.
    pub secrets: BTreeMap<SecretName, (u32, Uuid)>,
}

/// Where a living tenant is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TenantPhase {
    /// An operation is making it.
    Creating(OperationId),
    /// It can be used.
    Ready,
    /// An operation is deleting it.
    Deleting(OperationId),
}

impl TenantPhase {
    /// As messages show it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Creating(_) => "being created",
            Self::Ready => "ready",
            Self::Deleting(_) => "being deleted",
        }
    }

    /// The operation that is at work on it.
    pub const fn operation(self) -> Option<OperationId> {
        match self {
            Self::Creating(operation) | Self::Deleting(operation) => Some(operation),
            Self::Ready => None,
        }
    }
}

#[cfg(test)]
#[path = "tenant_test.rs"]
mod tests;
