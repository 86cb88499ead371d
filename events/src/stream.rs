//! Streams: the history of one thing.

use std::{fmt, str::FromStr};

use crate::{OperationId, PluginId, ProfileId, ShellId, TenantId, name::shown};

/// The stream that an event belongs to.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Stream {
    /// `project`.
    Project,
    /// `tenant/<id>`.
    Tenant(TenantId),
    /// `operation/<id>`.
    Operation(OperationId),
    /// `plugin/<id>`.
    Plugin(PluginId),
    /// `profile/<id>`.
    Profile(ProfileId),
    /// `session/<tenant id>`.
    Session(TenantId),
    /// `shell/<id>`.
    Shell(ShellId),
    /// `account/<provider>`.
    Account(PluginId),
}

impl fmt::Display for Stream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Project => f.write_str("project"),
            Self::Tenant(id) => write!(f, "tenant/{id}"),
            Self::Operation(id) => write!(f, "operation/{id}"),
            Self::Plugin(id) => write!(f, "plugin/{id}"),
            Self::Profile(id) => write!(f, "profile/{id}"),
            Self::Session(tenant) => write!(f, "session/{tenant}"),
            Self::Shell(id) => write!(f, "shell/{id}"),
            Self::Account(provider) => write!(f, "account/{provider}"),
        }
    }
}

impl FromStr for Stream {
    type Err = InvalidStream;

    fn from_str(text: &str) -> Result<Self, InvalidStream> {
        let parsed = match text.split_once('/') {
            None if text == "project" => Some(Self::Project),
            Some(("tenant", id)) => id.parse().ok().map(Self::Tenant),
            Some(("operation", id)) => id.parse().ok().map(Self::Operation),
            Some(("plugin", id)) => id.parse().ok().map(Self::Plugin),
            Some(("profile", id)) => id.parse().ok().map(Self::Profile),
            Some(("session", tenant)) => tenant.parse().ok().map(Self::Session),
            Some(("shell", id)) => id.parse().ok().map(Self::Shell),
            Some(("account", provider)) => provider.parse().ok().map(Self::Account),
            None | Some(_) => None,
        };
        parsed.ok_or_else(|| InvalidStream { given: shown(text) })
    }
}

/// A text that names no stream.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{given}` is not a stream: `project`, or an id after `tenant/`, `profile/`, `session/`, `shell/`, `account/`, \
     `operation/` or `plugin/`"
)]
pub struct InvalidStream {
    /// What was given, escaped and shortened.
    pub given: String,
}
