//! Events of a tenant: stream `tenant/<id>`.

use uuid::Uuid;

use crate::{Json, OperationId, PluginId, Region, SecretKey, SecretName, TenantId, TenantName, TenantType, Timestamp};

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
    /// It can be used no more, and be brought back until its time is over: its database is kept under another name.
    TenantSetAside {
        /// The operation that set it aside.
        operation: OperationId,
        /// Until when it can be brought back.
        until: Timestamp,
        /// What the provider returned: where its database is, and so on.
        resources: Json,
    },
    /// An operation is bringing it back.
    TenantReturnStarted {
        /// Which one.
        operation: OperationId,
    },
    /// It is there again as it was.
    TenantBroughtBack {
        /// The operation that brought it back.
        operation: OperationId,
        /// What the provider returned: where its database is, and so on.
        resources: Json,
    },
    /// It could not be brought back, and is set aside as it was.
    TenantReturnUndone {
        /// The operation that tried.
        operation: OperationId,
    },
    /// An operation is changing it.
    TenantChangeStarted {
        /// Which one.
        operation: OperationId,
        /// What it does, in the words of its provider: `rotate-credentials`, `edit`, …
        kind: String,
    },
    /// It was changed.
    TenantChanged {
        /// The operation that changed it.
        operation: OperationId,
        /// The provider's own settings from now on; none where they stay as they are.
        config: Option<Json>,
        /// What the provider returned: where its database is, and so on.
        resources: Json,
    },
    /// It could not be changed, and is as it was.
    TenantChangeUndone {
        /// The operation that tried.
        operation: OperationId,
    },
    /// All of it that costs money was ended where it ran: it can be used no more, and only what is recorded of it is left.
    TenantCancelled {
        /// The operation that ended it.
        operation: OperationId,
        /// What is still said of where it was.
        resources: Json,
    },
    /// Its provider was asked, and has nothing of it.
    TenantVanished,
    /// Its provider was asked again, and has it.
    TenantReappeared,
    /// It is called something else from now on.
    TenantRenamed {
        /// What it is called.
        name: TenantName,
    },
    /// It can be neither deleted nor changed in the world outside, until that is taken back.
    TenantProtected,
    /// It can be deleted and changed again.
    TenantUnprotected,
    /// Its database is declared to be open to other machines.
    ExternalAccessAllowed,
    /// Its database is declared to be closed to other machines.
    ExternalAccessEnded,
    /// Nothing is declared any more of whether its database is open to other machines, as before somebody said so.
    ExternalAccessUndeclared,
    /// Its sync token is another one from now on.
    SyncTokenRotated {
        /// The secret that is the token.
        secret: SecretName,
        /// Its version.
        version: u32,
    },
    /// The operation that was making or deleting it was given up: nobody looks after it any more, and what that
    /// operation left may still be there.
    TenantAbandoned {
        /// Which one.
        operation: OperationId,
    },
    /// The operation that was changing it was given up: it is taken to be as it was, though some of it may be changed.
    TenantChangeAbandoned {
        /// Which one.
        operation: OperationId,
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
    /// A version of a secret was never taken into use: the operation that sealed it was undone.
    SecretWithdrawn {
        /// What the secret is called.
        name: SecretName,
        /// Which version.
        version: u32,
    },
    /// A user's secret was set for all that works in the tenant, or replaced.
    TenantSecretSet {
        /// What it is called.
        key: SecretKey,
        /// Part of what the sealing is bound to.
        seal_id: Uuid,
        /// The encrypted value in base64.
        sealed: String,
    },
    /// It is not set any more.
    TenantSecretUnset {
        /// Which one.
        key: SecretKey,
    },
    /// Its database answers at another address.
    DatabaseMoved {
        /// The URL with that address; a placeholder stands for the password.
        database_url: String,
    },
    /// Migrations were applied to its database.
    DatabaseMigrated {
        /// Each, in the order of its application.
        applied: Vec<AppliedMigration>,
    },
    /// A migration of its database failed; those before it stay applied.
    MigrationFailed {
        /// Those that were applied before it, in the same run.
        applied: Vec<AppliedMigration>,
        /// The one that failed.
        failed: AppliedMigration,
        /// What the server said.
        reason: String,
    },
}

/// A migration as it was applied, or tried.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct AppliedMigration {
    /// Its number, by which migrations are ordered.
    pub version: u64,
    /// From the name of its file.
    pub description: String,
    /// SHA-384 of the file in hex, as the database has it too.
    pub checksum: String,
}
