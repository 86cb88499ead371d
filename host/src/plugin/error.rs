//! How a plugin can fail its host, apart from the failures that it reports itself.

use std::path::PathBuf;

use super::backtrace::Whereabouts;
use super::limits::LimitHit;

/// A plugin that could not be loaded or called.
#[derive(Debug, thiserror::Error)]
pub enum PluginError {
    /// Nobody knows a plugin of this id.
    #[error("there is no plugin `{id}` here")]
    Unknown {
        /// As asked for.
        id: String,
        /// What there is.
        known: Vec<String>,
    },
    /// The history names the plugin, but this user has not allowed it on this machine.
    #[error("plugin `{id}` is not allowed on this machine")]
    NotGranted {
        /// The plugin.
        id: String,
        /// Whether this user has its file all the same.
        is_here: bool,
    },
    /// The component imports what the grant does not name.
    #[error("plugin `{id}` asks for `{capability}`, which is not granted")]
    CapabilityMissing {
        /// The plugin.
        id: String,
        /// The first capability that is missing.
        capability: String,
    },
    /// The file differs from what was allowed.
    #[error("plugin `{id}` is not the one that was allowed: its hash is {found}, not {expected}")]
    WrongHash {
        /// The plugin.
        id: String,
        /// Recorded with the grant.
        expected: String,
        /// Of the file.
        found: String,
    },
    /// Not a component of our world.
    #[error("this is not a provider plugin: {reason}")]
    NotAProvider {
        /// Why, in wasmtime's words or ours.
        reason: String,
    },
    /// Compiling it takes more than any provider needs.
    #[error("this plugin is not compiled: {reason}")]
    TooCostly {
        /// Which bound.
        reason: String,
    },
    /// Nothing could be compiled.
    #[error("could not start the compiler of plugins")]
    Compiler {
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// A file could not be read or written.
    #[error("could not access {}", crate::text::shown(path))]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// It trapped or hit a limit.
    #[error("plugin `{id}` was stopped: {reason}")]
    Stopped {
        /// The plugin.
        id: String,
        /// Which limit or trap.
        reason: String,
        /// Code of the error: `plugin-trap`, `plugin-cpu-limit`, `plugin-memory-limit`, …
        code: &'static str,
        /// Where it was by then.
        trace: Whereabouts,
    },
    /// The run differs from its record.
    #[error("nondeterministic plugin `{id}`: step {index} is `{found}` now, and was `{recorded}` when it was recorded")]
    Nondeterministic {
        /// The plugin.
        id: String,
        /// Index of the step.
        index: u32,
        /// In the record.
        recorded: String,
        /// In this run.
        found: String,
    },
    /// The host failed while the guest was waiting for it.
    #[error(transparent)]
    Host(Box<crate::error::CliError>),
}

impl PluginError {
    /// A limit that was hit by what a plugin answered, when it was nowhere any more.
    pub fn at(id: String, limit: LimitHit) -> PluginError {
        PluginError::Stopped { id, reason: limit.to_string(), code: limit.code(), trace: Whereabouts::default() }
    }
}
