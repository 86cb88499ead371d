#![doc = include_str!("../README.md")]

pub mod account;
pub mod aside;
#[allow(missing_docs, unreachable_pub, unsafe_code, clippy::all, clippy::pedantic, reason = "generated")]
#[doc(hidden)]
pub mod bindings;
pub mod clock;
mod config;
pub mod docker;
mod export;
mod failure;
pub mod http;
mod journal;
pub mod log;
mod operation;
#[cfg(target_arch = "wasm32")]
mod panic;
pub mod postgres;
pub mod progress;
mod provider;
pub mod random;
mod report;
pub mod rotation;
mod secret;
pub mod server;
mod step;
mod tenant;
#[cfg(not(target_arch = "wasm32"))]
pub mod testing;

/// Functions of the host. No trait object stands between: a capability that is not called is not imported.
#[cfg(target_arch = "wasm32")]
use bindings::systemprompt::provider as imports;
#[cfg(not(target_arch = "wasm32"))]
use testing::imports;

pub use bindings::exports::systemprompt::provider::provider::{
    Description, FieldError, LiveStatus, Orphan, PlannedStep, PsqlEnded, PsqlRun,
};
pub use bindings::systemprompt::provider::types::{AccountField, ProbeReport, Region, Scope, UndoKind};
#[doc(hidden)]
pub use export::Exported;
pub use failure::{Detail, Failure};
pub use operation::{Operation, Request};
pub use provider::Provider;
pub use secret::{Renewal, Secret};
pub use step::Step;
pub use tenant::Tenant;
