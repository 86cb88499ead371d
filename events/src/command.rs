//! What can be asked for. The rules are in [`decide`](crate::State::decide); a command itself promises nothing.

use uuid::Uuid;

use crate::{
    AccountLogin, AppliedMigration, CommandId, Digest, Failure, Json, LogId, OperationId, PluginId, ProfileId,
    ProfileName, RefusedRecord, Region, SecretKey, SecretName, SessionId, ShellId, StepName, Stream, TenantId,
    TenantName, TenantType, Timestamp, UndoKind,
};

/// Anything that can be asked for, and of whom.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Command {
    /// Of the project.
    Project(ProjectCommand),
    /// Of a tenant.
    Tenant(TenantId, TenantCommand),
    /// Of an operation.
    Operation(OperationId, OperationCommand),
    /// Of a plugin.
    Plugin(PluginId, PluginCommand),
    /// Of a profile.
    Profile(ProfileId, ProfileCommand),
    /// Of a tenant's session.
    Session(TenantId, SessionCommand),
    /// Of a running shell.
    Shell(ShellId, ShellCommand),
    /// Of the account with a provider.
    Account(PluginId, AccountCommand),
}

impl Command {
    /// The stream that it is about.
    pub fn stream(&self) -> Stream {
        match self {
            Self::Project(_) => Stream::Project,
            Self::Tenant(id, _) => Stream::Tenant(id.clone()),
            Self::Operation(id, _) => Stream::Operation(*id),
            Self::Plugin(id, _) => Stream::Plugin(id.clone()),
            Self::Profile(id, _) => Stream::Profile(*id),
            Self::Session(tenant, _) => Stream::Session(tenant.clone()),
            Self::Shell(id, _) => Stream::Shell(id.clone()),
            Self::Account(provider, _) => Stream::Account(provider.clone()),
        }
    }
}

/// What can be asked of the project. Fields as in [`ProjectEvent`](crate::ProjectEvent).
#[expect(missing_docs, reason = "the fields are those of the events, and described there")]
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum ProjectCommand {
    /// Begin the project's history.
    Initialise { log_id: LogId },
    /// Let commands apply to this tenant.
    SelectTenant { tenant: TenantId },
    /// Let commands apply to no tenant.
    UnselectTenant,
    /// Record what was taken from a registry.
    RecordImport { source: String, digest: Digest, taken: Vec<TenantId>, refused: Vec<RefusedRecord> },
    /// Record which profiles and sessions were taken in.
    RecordProfilesImport { profiles: Vec<ProfileId>, sessions: Vec<TenantId>, refused: Vec<String> },
    /// Record that the registry was held against what these providers have.
    RecordSync { providers: Vec<PluginId> },
    /// Record that what a command recorded is taken back by what is recorded together with this.
    MarkUndone { command: CommandId },
    /// Record that what an undo took back is done again by what is recorded together with this.
    MarkRedone { command: CommandId },
    /// Record that a hand edit was put aside.
    KeepHandEdit { file: String, kept_as: String, digest: Digest },
    /// Record a checkpoint that was signed.
    RecordCheckpoint { size: u64, root: Digest, note: String, key: String },
    /// Record that a witness signed one, too.
    RecordWitness { size: u64, root: Digest, note: String, witness: String },
}

/// What can be asked of a tenant. Fields as in [`TenantEvent`](crate::TenantEvent).
#[expect(missing_docs, reason = "the fields are those of the events, and described there")]
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum TenantCommand {
    /// Want it made, by this operation.
    Request {
        name: TenantName,
        tenant_type: TenantType,
        provider: PluginId,
        region: Option<Region>,
        config: Json,
        operation: OperationId,
    },
    /// Record that it was made.
    Created { operation: OperationId, resources: Json },
    /// Record that it could not be made.
    CreationUndone { operation: OperationId },
    /// Take in what existed already.
    Adopt { name: TenantName, tenant_type: TenantType, provider: PluginId, region: Option<Region>, resources: Json },
    /// Want it deleted, by this operation.
    StartDeletion { operation: OperationId },
    /// Record that it could not be deleted.
    DeletionUndone { operation: OperationId },
    /// Record that it is gone.
    Deleted { operation: Option<OperationId> },
    /// Record that it was set aside.
    SetAside { operation: OperationId, until: Timestamp, resources: Json },
    /// Want it brought back, by this operation.
    StartReturn { operation: OperationId },
    /// Record that it was brought back.
    BroughtBack { operation: OperationId, resources: Json },
    /// Record that it could not be brought back.
    ReturnUndone { operation: OperationId },
    /// Want it changed, by this operation.
    StartChange { operation: OperationId, kind: String },
    /// Record that it was changed.
    Changed { operation: OperationId, config: Option<Json>, resources: Json },
    /// Record that it could not be changed.
    ChangeUndone { operation: OperationId },
    /// Record that all of it that costs money was ended, by an operation that changed it.
    Cancelled { operation: OperationId, resources: Json },
    /// Record that its provider has nothing of it.
    MarkVanished,
    /// Record that its provider has it after all.
    MarkReappeared,
    /// Call it something else.
    Rename { name: TenantName },
    /// Keep it from being deleted or changed in the world outside.
    Protect,
    /// Let it be deleted and changed again.
    Unprotect,
    /// Declare its database open to other machines.
    AllowExternalAccess,
    /// Declare its database closed to other machines.
    EndExternalAccess,
    /// Declare nothing of that.
    UndeclareExternalAccess,
    /// Make a version of a secret its sync token.
    RotateSyncToken { secret: SecretName, version: u32 },
    /// Record that the operation which was making, deleting or changing it was given up.
    Abandon { operation: OperationId },
    /// Record that its key was destroyed.
    DestroyKey,
    /// Record a sealed secret.
    SealSecret { name: SecretName, version: u32, seal_id: Uuid, sealed: String },
    /// Set a user's secret; the same sealing twice is one.
    SetSecret { key: SecretKey, seal_id: Uuid, sealed: String },
    /// Unset a user's secret; none is set: nothing happens.
    UnsetSecret { key: SecretKey },
    /// Record where its database answers now.
    MoveDatabase { database_url: String },
    /// Record which migrations were applied to its database.
    RecordMigrations { applied: Vec<AppliedMigration> },
    /// Record that one failed.
    RecordFailedMigration { applied: Vec<AppliedMigration>, failed: AppliedMigration, reason: String },
}

/// What can be asked of an operation. Fields as in [`OperationEvent`](crate::OperationEvent); all but `Start`,
/// `Claim` and `Abandon` carry the token of the lease, and are refused when it is not the newest.
#[expect(missing_docs, reason = "the fields are those of the events, and described there")]
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum OperationCommand {
    /// Begin it, and claim it with token 1.
    Start {
        kind: String,
        provider: PluginId,
        plugin_hash: Digest,
        tenant: Option<TenantId>,
        input: Json,
        holder: String,
    },
    /// Take it over with the next token; a stuck one goes back to what it was doing.
    Claim { holder: String },
    /// Begin a step, or begin it again when it began and did not finish.
    BeginStep { token: u64, name: StepName, undo: UndoKind },
    /// Record a step's result.
    FinishStep { token: u64, index: u32, result: Json },
    /// Record that a step did not work.
    FailStep { token: u64, index: u32, failure: Failure },
    /// Take back what was done.
    StartUnwind { token: u64, failure: Failure },
    /// Begin a step's undo, or begin it again.
    BeginUndo { token: u64, index: u32 },
    /// Record that a step is undone.
    FinishUndo { token: u64, index: u32 },
    /// Record that a step's undo did not work.
    FailUndo { token: u64, index: u32, failure: Failure },
    /// End it: it reached what it was for.
    Succeed { token: u64, result: Json },
    /// End it: it failed, and everything is undone.
    Fail { token: u64, failure: Failure },
    /// End it: it was stopped, and everything is undone.
    Cancel { token: u64, failure: Failure },
    /// Leave it until somebody helps.
    Stick { token: u64, failure: Failure, left: Vec<String> },
    /// End it as it is: whatever it left stays, and nobody goes on with it.
    Abandon,
}

/// What can be asked of a plugin. Fields as in [`PluginEvent`](crate::PluginEvent).
#[expect(missing_docs, reason = "the fields are those of the events, and described there")]
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum PluginCommand {
    /// Make it known.
    Register {
        version: String,
        hash: Digest,
        world: String,
        capabilities: Vec<String>,
        source: String,
        description: Json,
    },
    /// Allow it what it asks for.
    Grant { hash: Digest, capabilities: Vec<String>, mac: String },
    /// End that.
    Revoke { hash: Digest },
    /// Keep to the key that it was signed with.
    RecordPublisher { key: String },
    /// Make it unknown.
    Remove,
}

/// What can be asked of a profile. Fields as in [`ProfileEvent`](crate::ProfileEvent).
#[expect(missing_docs, reason = "the fields are those of the events, and described there")]
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum ProfileCommand {
    /// Make it.
    Create { name: ProfileName, tenant: TenantId, text: String },
    /// Change its settings, if they are still those of `before`.
    Edit { before: Digest, text: String, source: String },
    /// End it.
    Delete,
    /// Bring it back as it was at its end.
    Restore,
    /// Set a user's secret for it alone; the same sealing twice is one.
    SetSecret { key: SecretKey, seal_id: Uuid, sealed: String },
    /// Unset a user's secret; none is set: nothing happens.
    UnsetSecret { key: SecretKey },
}

/// What can be asked of a tenant's session. Fields as in [`SessionEvent`](crate::SessionEvent).
#[expect(missing_docs, reason = "the fields are those of the events, and described there")]
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum SessionCommand {
    /// Begin to work; what was there before is over.
    Start { id: SessionId, user: String, profile: ProfileId, expires_at: Timestamp },
    /// Go on with another profile, or with none.
    SwitchProfile { profile: Option<ProfileId> },
    /// Let one that was over go on.
    Resume { id: SessionId, user: String, expires_at: Timestamp },
    /// End it, if there is one.
    End,
}

/// What can be asked of a running shell. Fields as in [`ShellEvent`](crate::ShellEvent).
#[expect(missing_docs, reason = "the fields are those of the events, and described there")]
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum ShellCommand {
    /// Let its commands apply to this tenant.
    Switch { tenant: TenantId, profile: Option<ProfileId> },
    /// Let its commands apply to what the project has selected.
    Leave,
}

/// What can be asked of the account with a provider.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum AccountCommand {
    /// Record who logged in; what was there before is over. The same sealing twice is one.
    LogIn(AccountLogin),
    /// Forget who is logged in, if somebody is.
    LogOut,
}
