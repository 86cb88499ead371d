//! The model of `systemprompt`: what happened, what may happen, what is true.
//!
//! - [`Event`] is what happened; [`codec`] how it is stored; `docs/events.md` lists every one.
//! - [`Command`] is what can be asked for, and [`State`] holds the rules: `decide` says which events follow, `evolve`
//!   what is true after them. Both are pure: no clock, no ids, no I/O.
//! - [`SqliteLog`] is the log in one file. [`SqliteLog::execute`] decides, appends and projects in one transaction;
//!   the other methods read what the projections say, [`SqliteLog::verify`] proves it, [`SqliteLog::rebuild`] renews it.
//! - [`registry`] writes and reads `tenants.json`; [`template`] keeps secrets out of texts.
//!
//! Start with `aggregate/tenant.rs` for the rules, `log/record.rs` for the way of an event into the log, and
//! `projection/changes.rs` for the way from there into the tables.
//!
//! Only the log's own file is touched here. Time, ids and names of users come in as arguments.

pub mod codec;
pub mod registry;
pub mod template;

mod aggregate;
mod catalogue;
mod command;
mod digest;
mod event;
mod failure;
mod id;
mod json;
mod log;
mod name;
mod position;
mod projection;
mod recorded;
mod refusal;
mod stream;
mod tenant_type;
mod timestamp;
mod view;
mod word;

pub use aggregate::{
    Grant, LivingTenant, Operation, OperationState, Plugin, Project, State, Step, StepState, Tenant, TenantPhase,
};
pub use catalogue::catalogue;
pub use command::{Command, OperationCommand, PluginCommand, ProjectCommand, TenantCommand};
pub use digest::{Digest, InvalidDigest};
pub use event::{Event, OperationEvent, PluginEvent, ProjectEvent, RefusedRecord, TenantEvent};
pub use failure::{Failure, FailureKind, UndoKind};
pub use id::{CommandId, EventId, InvalidTenantId, InvalidUuid, LogId, OperationId, TenantId};
pub use json::{InvalidJson, Json};
pub use log::{
    Append, Entry, EventIds, EventLog, EventRef, ExecuteError, Expected, Fault, FaultKind, FileState, FindEventError,
    Head, HistoryFilter, InvalidEventRef, LogError, MemoryLog, Rebuilt, RebuiltTable, Receipt, SqliteLog, Verification,
};
pub use name::{
    InvalidPluginId, InvalidRegion, InvalidSecretName, InvalidStepName, InvalidTenantName, PluginId, Region,
    SecretName, StepName, TenantName,
};
pub use position::{InvalidOrdinal, Position, Version};
pub use recorded::{Provenance, Recorded};
pub use refusal::{Corrupt, Refusal};
pub use stream::{InvalidStream, Stream};
pub use tenant_type::TenantType;
pub use timestamp::{InvalidTimestamp, Timestamp};
pub use view::{OperationView, PluginView, SealedSecret, TenantState, TenantView};
pub use word::UnknownWord;
