//! Stored twins of a tenant's events.

use uuid::Uuid;

use crate::{
    AppliedMigration, Json, OperationId, PluginId, Region, SecretKey, SecretName, TenantEvent, TenantId, TenantName,
    TenantType, Timestamp,
};

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
        TenantSetAside @ 1 "The tenant can be used no more, and be brought back until its time is over." {
            operation: OperationId,
            until: Timestamp,
            resources: Json,
        }
        TenantReturnStarted @ 1 "An operation is bringing the tenant back." { operation: OperationId }
        TenantBroughtBack @ 1 "The tenant is there again as it was." { operation: OperationId, resources: Json }
        TenantReturnUndone @ 1 "The tenant could not be brought back, and is set aside as it was." {
            operation: OperationId,
        }
        TenantChangeStarted @ 1 "An operation is changing the tenant." { operation: OperationId, kind: String }
        TenantChanged @ 1 "The tenant was changed." {
            operation: OperationId,
            config: Option<Json>,
            resources: Json,
        }
        TenantChangeUndone @ 1 "The tenant could not be changed, and is as it was." { operation: OperationId }
        TenantCancelled @ 1 "All of the tenant that costs money was ended; only what is recorded of it is left, and can be deleted." {
            operation: OperationId,
            resources: Json,
        }
        TenantVanished @ 1 "The tenant's provider was asked, and has nothing of it." {}
        TenantReappeared @ 1 "The tenant's provider was asked again, and has it." {}
        TenantRenamed @ 1 "The tenant is called something else from now on." { name: TenantName }
        TenantProtected @ 1 "The tenant can be neither deleted nor changed in the world outside, until that is taken back." {}
        TenantUnprotected @ 1 "The tenant can be deleted and changed again." {}
        ExternalAccessAllowed @ 1 "The tenant's database is declared to be open to other machines." {}
        ExternalAccessEnded @ 1 "The tenant's database is declared to be closed to other machines." {}
        ExternalAccessUndeclared @ 1 "Nothing is declared of whether the tenant's database is open to other machines." {}
        SyncTokenRotated @ 1 "The tenant's sync token is another one from now on." { secret: SecretName, version: u32 }
        TenantAbandoned @ 1 "The operation that was making or deleting the tenant was given up; what it left may still be there." {
            operation: OperationId,
        }
        TenantChangeAbandoned @ 1 "The operation that was changing the tenant was given up; some of what it changed may be changed." {
            operation: OperationId,
        }
        TenantKeyDestroyed @ 1 "The key that sealed the tenant's secrets was destroyed: nobody can read them any more." {}
        SecretSealed @ 1 "A secret of the tenant was generated or replaced." {
            name: SecretName,
            version: u32,
            seal_id: Uuid,
            sealed: String,
        }
        SecretWithdrawn @ 1 "A version of a secret was never taken into use: the operation that sealed it was undone." {
            name: SecretName,
            version: u32,
        }
        TenantSecretSet @ 1 "A user's secret was set for all that works in the tenant, or replaced." {
            key: SecretKey,
            seal_id: Uuid,
            sealed: String,
        }
        TenantSecretUnset @ 1 "A user's secret is not set for the tenant any more." { key: SecretKey }
        DatabaseMoved @ 1 "The tenant's database answers at another address." { database_url: String }
        DatabaseMigrated @ 1 "Migrations were applied to the tenant's database." { applied: Vec<AppliedMigration> }
        MigrationFailed @ 1 "A migration of the tenant's database failed; those before it stay applied." {
            applied: Vec<AppliedMigration>,
            failed: AppliedMigration,
            reason: String,
        }
    }
}
