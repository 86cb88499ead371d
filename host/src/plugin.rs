//! Providers as WebAssembly components: loading, limits, grants, and the capabilities that the host lends them.

pub mod backtrace;
pub mod cache;
pub mod candidate;
pub mod capability;
pub mod catalog;
pub mod compiler;
pub mod demand;
pub mod destination;
pub mod embedded;
pub mod engine;
pub mod error;
pub mod grants;
pub mod guest;
pub mod installed;
pub mod limits;
pub mod lock;
pub mod maker;
pub mod publisher;

pub mod v1;

pub use error::PluginError;
pub use guest::Guest;
