//! Stored twins of a tenant's events.

use uuid::Uuid;

use crate::{Json, OperationId, PluginId, Region, SecretName, TenantEvent, TenantId, TenantName, TenantType};

twins! {
    TenantEvent in "tenant/<id>" {
        TenantRequested @ 1 "Somebody wants the tenant; an operation is making it." {
            id: TenantId,
            name: TenantName,
            tenant_type: TenantType,
            provider: PluginId,
            region: Option<Region>,
            config: Json,
            operation: OperationId,
        }
        TenantCreated @ 1 "The tenant is there and usable." { operation: OperationId, resources: Json }
        TenantCreationUndone @ 1 "The tenant could not be made, and what had been made of it is gone." {
            operation: OperationId,
        }
        TenantAdopted @ 1 "A database that existed already was taken in as a tenant." {
            id: TenantId,
            name: TenantName,
            tenant_type: TenantType,
            provider: PluginId,
            region: Option<Region>,
            resources: Json,
        }
        TenantDeletionStarted @ 1 "An operation is deleting the tenant." { operation: OperationId }
        TenantDeletionUndone @ 1 "The tenant could not be deleted, and is as it was." { operation: OperationId }
        TenantDeleted @ 1 "The tenant is gone." { operation: Option<OperationId> }
        TenantKeyDestroyed @ 1 "The key that sealed the tenant's secrets was destroyed: nobody can read them any more." {}
        SecretSealed @ 1 "A secret of the tenant was generated or replaced." {
            name: SecretName,
            version: u32,
            seal_id: Uuid,
            sealed: String,
        }
    }
}
