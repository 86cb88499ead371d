//! A host in memory, so that a provider is tested natively and its tests read as sentences.
//!
//! [`Harness`] runs one provider against a [`World`] of containers, clusters, databases and secrets, can make any call
//! fail and any moment crash, and says what is left. The functions of [`promise`] do so at every place there is;
//! [`conformance`] has them for tests, which panic. [`Subject`] is what they try: a provider of this program, or a
//! component that is called by another.
//!
//! ```text
//! provider ── op.step ──► journal record ┐
//!          ── docker, postgres, … ───────┴─► faults ──► world
//! ```

pub mod conformance;
mod contract;
mod fault;
mod harness;
mod host;
#[expect(missing_docs, reason = "the functions are the contract's, which documents them")]
pub mod imports;
pub mod promise;
mod record;
mod subject;
mod world;

pub use fault::{Crash, Fault, When};
pub use harness::{Component, Harness};
pub use subject::Subject;
pub use world::{Service, World};
