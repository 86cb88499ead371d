//! A server that behaves like Fly.io's Machines API, with state: to develop and test a provider for Fly against.
//!
//! It knows what a client has to reckon with: names that are taken, things that are not there yet or not gone yet, full
//! regions, leases, rate limits, and above all requests that are done although they fail. A test says which request
//! fails and how, and looks at the end what there is:
//!
//! ```
//! use systemprompt_fake_fly::{FakeFly, Fault, Rule};
//!
//! let fly = FakeFly::start();
//! fly.fail(Rule::next("POST", "/v1/apps/*/machines", Fault::StatusAfterCommit(502)));
//! // … the client runs against `fly.url()` with `fly.token()` …
//! assert!(fly.inventory().machines.is_empty());
//! assert!(fly.requests().iter().all(|request| request.header("authorization").is_some()));
//! ```
//!
//! Sources of what it does: Fly's documents <https://fly.io/docs/machines/api/> and
//! <https://docs.machines.dev/>, and Fly's own clients, <https://github.com/superfly/fly-go> and
//! <https://github.com/superfly/flyctl>. Where they are silent, it does what asks most of a client.

mod api;
mod call;
mod clock;
mod delays;
mod exec;
mod fake;
mod fault;
mod ids;
mod inventory;
mod limit;
mod postgres;
mod problem;
mod record;
mod route;
mod script;
mod server;
mod settings;
mod state;
mod token;
mod world;

pub use clock::{Clock, Moment};
pub use delays::Delays;
pub use exec::{Command, Output};
pub use fake::FakeFly;
pub use fault::{Fault, RetryAfter};
pub use inventory::{AddressItem, AppItem, CertificateItem, ClusterItem, Inventory, MachineItem, VolumeItem};
pub use limit::{Rate, RateLimits};
pub use record::Request;
pub use script::Rule;
pub use settings::{Settings, Unpropagated};
pub use token::{Access, Scope};
pub use world::certificate::Dns;
pub use world::image::ImageBehaviour;
pub use world::region::Capacity;
