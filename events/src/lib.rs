//! The model of `systemprompt`: what happened, what may happen, what is true.
//!
//! - [`Event`] is what happened; [`codec`] how it is stored; `docs/events.md` lists every one.
//! - [`Command`] is what can be asked for, and [`State`] holds the rules: `decide` says which events follow, `evolve`
//!   what is true after them. Both are pure: no clock, no ids, no I/O.
//! - [`SqliteLog`] is the log in one file. [`SqliteLog::execute`] decides, appends and projects in one transaction;
//!   the other methods read what the projections say, [`SqliteLog::verify`] proves it, [`SqliteLog::rebuild`] renews it.
//! - [`proof`] proves to others what the log holds.
//! - [`registry`] writes and reads `tenants.json`; [`template`] keeps secrets out of texts.
//!
//! Start with `aggregate/tenant.rs` for the rules, `log/record.rs` for the way of an event into the log, and
//! `projection/changes.rs` for the way from there into the tables.
//!
//! Only the log's own file is touched here. Time, ids and names of users come in as arguments.

pub mod codec;
pub mod proof;
pub mod registry;
pub mod template;

mod aggregate;
mod catalogue;
mod command;
mod difference;
mod digest;
mod event;
mod exchange;
mod failure;
mod id;
mod json;
mod log;
mod moment;
mod name;
mod position;
mod projection;
mod recorded;
mod refusal;
mod stream;
mod tenant_type;
mod timestamp;
mod undo;
mod view;
mod word;

pub use aggregate::{
    Account, AccountLogin, AsideTenant, Grant, LivingProfile, LivingTenant, Login, Operation, OperationState, Plugin,
    Profile, Project, Session, Shell, State, Step, StepState, Tenant, TenantPhase, UserSecret,
};
pub use catalogue::catalogue;
pub use command::{
    AccountCommand, Command, OperationCommand, PluginCommand, ProfileCommand, ProjectCommand, SessionCommand,
    ShellCommand, TenantCommand,
};
pub use difference::{Difference, FieldDifference, Fields, Subject};
pub use digest::{Digest, InvalidDigest};
pub use event::{
    AccountEvent, AppliedMigration, Event, OperationEvent, PluginEvent, ProfileEvent, ProjectEvent, RefusedRecord,
    SessionEvent, ShellEvent, TenantEvent,
};
pub use exchange::{ExchangeFormat, Extent, ReadError, Reader, RenderError};
pub use failure::{Failure, FailureKind, UndoKind};
pub use id::{CommandId, EventId, InvalidTenantId, InvalidUuid, LogId, OperationId, ProfileId, SessionId, TenantId};
pub use json::{InvalidJson, Json};
pub use log::{
    Against, Append, Blamed, CheckedImport, CheckpointCount, Consistency, Covering, Entry, EventIds, EventLog,
    EventRef, ExecuteError, Expected, ExportError, ExportRequest, Exported, Fault, FaultKind, FileState, FileView,
    FindEventError, FindMomentError, Head, HistoryFilter, ImportError, Imported, Inclusion, InvalidEventRef, LogError,
    Lost, MemoryLog, NewLog, Notes, Overview, Rebuilt, RebuiltTable, Receipt, Repaired, SqliteLog, Verification,
};
pub use log::{Held, Timeline};
pub use moment::{InvalidMoment, MOMENTS, Moment};
pub use name::{
    InvalidPluginId, InvalidProfileName, InvalidRegion, InvalidSecretKey, InvalidSecretName, InvalidShellId,
    InvalidStepName, InvalidTenantName, PluginId, ProfileName, Region, SecretKey, SecretName, ShellId, StepName,
    TenantName,
};
pub use position::{InvalidOrdinal, Position, Version};
pub use recorded::{Provenance, Recorded};
pub use refusal::{Corrupt, Refusal};
pub use stream::{InvalidStream, Stream};
pub use tenant_type::TenantType;
pub use timestamp::{InvalidTimestamp, Timestamp};
pub use undo::{
    Chain, Compensation, Facet, Left, Obstacle, Planned, Restore, Standing, Streams, Undo, UndoPlan, UnitKind,
};
pub use view::{
    AccountView, AsideView, OperationView, PluginView, ProfileView, SealedSecret, SessionView, TenantState,
    TenantSummary, TenantView, UserSecretView,
};
pub use word::UnknownWord;
