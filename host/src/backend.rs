//! What the capabilities `docker`, `http`, `postgres` and `server` stand on: typed verbs against real servers.

pub mod cluster;
pub mod docker;
pub mod http;
pub mod machine_lock;
mod port;
pub mod postgres;

use std::ffi::OsString;
use std::path::PathBuf;

/// The code of every error that says that no space is left.
pub const DISK_FULL: &str = "disk-full";

/// What to do about it.
pub const MAKE_ROOM: &str = "make room, then type the same again";

/// How a verb failed, by what the caller can do about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorKind {
    /// Somebody has to change something first.
    Refused,
    /// The other side is not there or not ready; the same call may work later.
    Retryable,
    /// It is not known whether the effect happened.
    Ambiguous,
    /// Something that should not happen did.
    Broken,
}

/// A failed verb, in words for a person and a code for a program.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct BackendError {
    /// What the caller can do about it.
    pub kind: ErrorKind,
    /// Stable and machine-readable, in kebab-case.
    pub code: &'static str,
    /// What is wrong and why: lower case, no full stop.
    pub message: String,
    /// What to do now, best a command to type.
    pub help: Option<String>,
}

impl BackendError {
    /// Somebody has to change something first.
    pub fn refused(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Refused, code, message)
    }

    /// The same call may work later.
    pub fn retryable(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Retryable, code, message)
    }

    /// It is not known whether the effect happened.
    pub fn ambiguous(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Ambiguous, code, message)
    }

    /// Something that should not happen did.
    pub fn broken(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Broken, code, message)
    }

    /// No space is left.
    pub fn disk_full(message: impl Into<String>) -> Self {
        Self::refused(DISK_FULL, message).help(MAKE_ROOM)
    }

    /// The same error with what to do about it.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    fn new(kind: ErrorKind, code: &'static str, message: impl Into<String>) -> Self {
        Self { kind, code, message: message.into(), help: None }
    }
}

/// On whose behalf a verb is called, and so which objects it may touch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Owner {
    /// One tenant, during one operation.
    Tenant {
        /// The tenant's id.
        id: String,
        /// The operation's id, with which what it makes is tagged.
        operation: String,
        /// The plugin that performs the operation.
        plugin: String,
    },
    /// A plugin, for what the tenants of all projects on this machine share.
    Machine {
        /// The plugin's id.
        plugin: String,
    },
}

impl Owner {
    /// The plugin that acts.
    pub fn plugin(&self) -> &str {
        match self {
            Self::Tenant { plugin, .. } | Self::Machine { plugin } => plugin,
        }
    }
}

/// Where a verb that takes long says how far it is.
pub trait Progress: Send + Sync {
    /// What is being waited for; `total` is 0 when unknown.
    fn report(&self, message: &str, current: u64, total: u64);
}

/// Progress that nobody looks at.
#[cfg(test)]
#[derive(Debug, Clone, Copy)]
pub struct Quiet;

#[cfg(test)]
impl Progress for Quiet {
    fn report(&self, _message: &str, _current: u64, _total: u64) {}
}

/// What the backends need to know of the process's environment.
#[derive(Debug, Clone, Default)]
pub struct Surroundings {
    /// `DOCKER_HOST`: where the user says that the engine answers.
    pub docker_host: Option<String>,
    /// `DOCKER_CONTEXT`: which of the user's Docker contexts says it.
    pub docker_context: Option<String>,
    /// `DOCKER_CONFIG`: where Docker keeps what the user chose, when that is not in the home directory.
    pub docker_config: Option<PathBuf>,
    /// `HOME`, in which engines of the user's own put their sockets.
    pub home: Option<PathBuf>,
    /// `XDG_RUNTIME_DIR`: where sockets of this user's session live.
    pub runtime_dir: Option<PathBuf>,
    /// `PATH`: where programs are looked for.
    pub path: Option<OsString>,
}

impl Surroundings {
    /// Reads them by a lookup, so that the environment itself is read in one place of the program.
    pub fn from_lookup(lookup: impl Fn(&str) -> Option<OsString>) -> Self {
        let filled = |name| lookup(name).filter(|value| !value.is_empty());
        let text = |name| filled(name).map(|value| value.to_string_lossy().into_owned());
        let directory = |name| filled(name).map(PathBuf::from).filter(|path| path.is_absolute());
        Self {
            docker_host: text("DOCKER_HOST"),
            docker_context: text("DOCKER_CONTEXT"),
            docker_config: directory("DOCKER_CONFIG"),
            home: directory("HOME"),
            runtime_dir: directory("XDG_RUNTIME_DIR"),
            path: filled("PATH"),
        }
    }
}

/// Whether an error of the operating system says that no space is left.
pub fn is_full(error: &std::io::Error) -> bool {
    matches!(error.kind(), std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded)
}

/// The line in which a program says that no space is left, if it does.
fn line_of_full_disk(said: &str) -> Option<&str> {
    let is_it = |line: &&str| ["No space left on device", "quota exceeded"].iter().any(|words| line.contains(words));
    said.lines().find(is_it).map(str::trim)
}

/// The last `lines` lines of a text, for errors that quote what a program said.
fn last_lines(text: &str, lines: usize) -> String {
    let kept: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
    kept[kept.len().saturating_sub(lines)..].join("\n")
}
