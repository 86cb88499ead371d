//! Why a command is not carried out, and why an event cannot have happened.

use crate::{
    Digest, LogId, OperationId, PluginId, ProfileId, ProfileName, SecretName, TenantId, TenantName, Timestamp,
};

/// Why a command is not carried out: a rule says no. Nothing was recorded.
#[expect(missing_docs, reason = "the message of each variant says what its fields are")]
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("the project has no history yet")]
    NotInitialised,
    #[error("the project's history has begun already, as log `{log_id}`")]
    AlreadyInitialised { log_id: LogId },

    #[error("the name `{name}` is taken by tenant `{by}`")]
    NameTaken { name: TenantName, by: TenantId },
    #[error("the id `{id}` is or was that of another tenant")]
    IdTaken { id: TenantId },
    #[error("there is no tenant `{id}`")]
    NoSuchTenant { id: TenantId },
    #[error("tenant `{id}` was deleted")]
    TenantGone { id: TenantId },
    #[error("tenant `{id}` was deleted, and can be brought back until {until}")]
    TenantAside { id: TenantId, until: Timestamp },
    #[error("tenant `{id}` is not deleted")]
    TenantLiving { id: TenantId },
    #[error("tenant `{id}` is {state}, under operation `{operation}`")]
    TenantBusy { id: TenantId, state: &'static str, operation: OperationId },
    #[error("tenant `{id}` is {state}; operation `{operation}` does not change that")]
    NotThisOperation { id: TenantId, state: &'static str, operation: OperationId },
    #[error("tenant `{id}` is protected")]
    TenantProtected { id: TenantId },
    #[error("tenant `{id}` was cancelled: nothing of it is left but its record, which can be deleted")]
    TenantCancelled { id: TenantId },
    #[error("the next version of secret `{name}` is {expected}")]
    SecretVersion { name: SecretName, expected: u32 },

    #[error("operation `{id}` exists already")]
    OperationExists { id: OperationId },
    #[error("there is no operation `{id}`")]
    NoSuchOperation { id: OperationId },
    #[error("operation `{id}` was taken over by {holder} (lease {newest}, ours is {token})")]
    LeaseLost { id: OperationId, token: u64, newest: u64, holder: String },
    #[error("operation `{id}` is {state}")]
    OperationState { id: OperationId, state: &'static str },
    #[error("step `{name}` ran already in this operation")]
    StepTaken { name: String },
    #[error("step `{name}` began as {was}, and not as {now}")]
    StepChanged { name: String, was: &'static str, now: &'static str },
    #[error("step `{name}` is not finished")]
    StepOpen { name: String },
    #[error("there is no step {index}")]
    NoSuchStep { index: u32 },
    #[error("step `{name}` is {state}")]
    StepState { name: String, state: &'static str },
    #[error("step `{name}` has no undo")]
    NotUndoable { name: String },
    #[error("step `{name}` cannot be taken back")]
    Irreversible { name: String },
    #[error("step `{name}` is not undone")]
    NotUndone { name: String },

    #[error("the name `{name}` is taken by another profile")]
    ProfileNameTaken { name: ProfileName, by: ProfileId },
    #[error("the id `{id}` is or was that of another profile")]
    ProfileIdTaken { id: ProfileId },
    #[error("there is no profile `{id}`")]
    NoSuchProfile { id: ProfileId },
    #[error("profile `{id}` was deleted")]
    ProfileGone { id: ProfileId },
    #[error("profile `{id}` was changed meanwhile")]
    ProfileChanged { id: ProfileId },
    #[error("profile `{name}` belongs to tenant `{owner}`, and not to `{tenant}`")]
    ProfileOfAnother { name: ProfileName, owner: TenantId, tenant: TenantId },

    #[error("plugin `{id}` is not known")]
    NoSuchPlugin { id: String },
    #[error("{} made with plugin `{id}`", tenants_are(tenants))]
    PluginInUse { id: PluginId, tenants: Vec<TenantId> },
    #[error("you are logged in to `{id}` here, and another plugin of that id would have the login")]
    LoggedIn { id: PluginId },
    #[error("the plugin's bytes are `{now}`, and not `{given}`")]
    HashChanged { given: Digest, now: Digest },
    #[error("the plugin does not ask for `{capability}`")]
    NotAsked { capability: String },
}

/// At most so many are named.
const NAMED_MAX: usize = 5;

fn tenants_are(tenants: &[TenantId]) -> String {
    let named = tenants.iter().take(NAMED_MAX).map(|id| format!("`{id}`")).collect::<Vec<_>>().join(", ");
    match (tenants.len(), tenants.len().saturating_sub(NAMED_MAX)) {
        (1, _) => format!("tenant {named} was"),
        (_, 0) => format!("tenants {named} were"),
        (_, more) => format!("tenants {named} and {more} more were"),
    }
}

/// Why an event cannot have happened: it does not follow from what happened before. The log is damaged.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{event}` cannot follow: {aggregate} is {state}")]
pub struct Corrupt {
    /// What happened to which kind of thing.
    pub event: &'static str,
    /// `project`, `tenant`, `profile`, `session`, `shell`, `operation`, `step` or `plugin`.
    pub aggregate: &'static str,
    /// What it was at the time.
    pub state: &'static str,
}
