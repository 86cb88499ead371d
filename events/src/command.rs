//! What can be asked for. The rules are in [`decide`](crate::State::decide); a command itself promises nothing.

use uuid::Uuid;

use crate::{
    Digest, Failure, Json, LogId, OperationId, PluginId, RefusedRecord, Region, SecretName, StepName, Stream, TenantId,
    TenantName, TenantType, UndoKind,
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
}

impl Command {
    /// The stream that it is about.
    pub fn stream(&self) -> Stream {
        match self {
            Self::Project(_) => Stream::Project,
            Self::Tenant(id, _) => Stream::Tenant(id.clone()),
            Self::Operation(id, _) => Stream::Operation(*id),
            Self::Plugin(id, _) => Stream::Plugin(id.clone()),
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
    /// Record that a hand edit was put aside.
    KeepHandEdit { file: String, kept_as: String, digest: Digest },
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
    /// Record that its key was destroyed.
    DestroyKey,
    /// Record a sealed secret.
    SealSecret { name: SecretName, version: u32, seal_id: Uuid, sealed: String },
}

/// What can be asked of an operation. Fields as in [`OperationEvent`](crate::OperationEvent); all but `Start` and
/// `Claim` carry the token of the lease, and are refused when it is not the newest.
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
}
