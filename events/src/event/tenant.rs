//! Events of a tenant: stream `tenant/<id>`.

use uuid::Uuid;

use crate::{Json, OperationId, PluginId, Region, SecretName, TenantId, TenantName, TenantType};

/// What can happen to a tenant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TenantEvent {
    /// Somebody wants it; an operation is making it.
    TenantRequested {
        /// Its id, unique for ever.
        id: TenantId,
        /// What it is called.
        name: TenantName,
        /// Where it runs.
        tenant_type: TenantType,
        /// Who provides it.
        provider: PluginId,
        /// In which region.
        region: Option<Region>,
        /// The provider's own settings.
        config: Json,
        /// The operation that makes it.
        operation: OperationId,
    },
    /// It is there and usable.
    TenantCreated {
        /// The operation that made it.
        operation: OperationId,
        /// What the provider returned: where its database is, and so on.
        resources: Json,
    },
    /// It could not be made, and what had been made of it is gone.
    TenantCreationUndone {
        /// The operation that tried.
        operation: OperationId,
    },
    /// A database that existed already was taken in as a tenant; it is ready at once.
    TenantAdopted {
        /// Its id, unique for ever.
        id: TenantId,
        /// What it is called.
        name: TenantName,
        /// Where it runs.
        tenant_type: TenantType,
        /// Who provides it.
        provider: PluginId,
        /// In which region.
        region: Option<Region>,
        /// Where its database is, and so on.
        resources: Json,
    },
    /// An operation is deleting it.
    TenantDeletionStarted {
        /// Which one.
        operation: OperationId,
    },
    /// It could not be deleted, and is as it was.
    TenantDeletionUndone {
        /// The operation that tried.
        operation: OperationId,
    },
    /// It is gone.
    TenantDeleted {
        /// The operation that deleted it; none where nothing had to be done in the world outside.
        operation: Option<OperationId>,
    },
    /// The key that sealed its secrets was destroyed: nobody can read them any more.
    TenantKeyDestroyed,
    /// A secret of it was generated or replaced.
    SecretSealed {
        /// What the secret is called.
        name: SecretName,
        /// From 1, one up at each replacement.
        version: u32,
        /// Part of what the sealing is bound to.
        seal_id: Uuid,
        /// The encrypted value in base64.
        sealed: String,
    },
}
