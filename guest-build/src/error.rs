//! Why a plugin could not be built.

use std::error::Error;
use std::fmt;
use std::io;
use std::path::PathBuf;

use crate::TARGET;

/// Why a plugin could not be built.
#[derive(Debug)]
pub enum BuildError {
    /// Neither cargo nor rustc answers.
    NoRust {
        /// Why.
        source: io::Error,
    },
    /// There is no compiler for the guests' target.
    NoTarget,
    /// The compiler has something against the code.
    Compiler {
        /// What it said; nothing where whoever waits has read it.
        said: String,
    },
    /// A module cannot be read.
    Module {
        /// Where it was expected.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A module is not one that a component can be made of.
    Component {
        /// Why.
        reason: String,
    },
}

impl fmt::Display for BuildError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoRust { source } => write!(formatter, "Rust's cargo cannot be run: {source}"),
            Self::NoTarget => write!(
                formatter,
                "the Rust target `{TARGET}` is not installed; run `rustup target add {TARGET}` or `cargo xtask toolchain`"
            ),
            Self::Compiler { said } => write!(formatter, "building the plugins failed:\n{said}"),
            Self::Module { path, source } => write!(formatter, "{}: {source}", path.display()),
            Self::Component { reason } => write!(formatter, "no component can be made of the module: {reason}"),
        }
    }
}

impl Error for BuildError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::NoRust { source } | Self::Module { source, .. } => Some(source),
            Self::NoTarget | Self::Compiler { .. } | Self::Component { .. } => None,
        }
    }
}
