//! A host in memory, so that a provider is tested natively and its tests read as sentences.
//!
//! [`Harness`] runs one provider against a [`World`] of containers, clusters, databases and secrets, can make any call
//! fail and any moment crash, and says what is left. The functions of [`conformance`] do so at every place there is.
//!
//! ```text
//! provider ── op.step ──► journal record ┐
//!          ── docker, postgres, … ───────┴─► faults ──► world
//! ```

pub mod conformance;
mod fault;
mod harness;
mod host;
pub(crate) mod imports;
mod record;
mod world;

pub use fault::{Crash, Fault, When};
pub use harness::Harness;
pub use world::{Service, World};
