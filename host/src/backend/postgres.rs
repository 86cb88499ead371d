//! PostgreSQL through an administrator's connection: roles and databases of tenants, and nobody else's.
//!
//! Each verb has a connection to itself and looks before it acts, so that it may be repeated after a crash.
//! Which roles and databases are a tenant's, their comments in the server say.

mod access;
mod certificate;
mod database;
mod fault;
mod holdings;
mod idle;
mod login;
mod own_password;
mod quote;
mod ready;
mod remote;
mod rights;
mod role;
mod scram;
mod session;
mod tag;
mod tagged;

pub use idle::Idle;
pub use own_password::OwnRole;
pub use remote::{Remote, Tls};
pub use rights::Standing;
pub use tagged::Tagged;

use std::path::PathBuf;

use zeroize::Zeroizing;

use super::cluster::Cluster;
use super::docker::Docker;
use super::{BackendError, Owner};

/// Servers of ours answer here.
const LOOPBACK: &str = "127.0.0.1";

/// An administrator of a server, and where that server answers.
#[derive(Clone)]
pub struct Admin {
    /// Where.
    pub host: AdminHost,
    /// A superuser, where the server is ours.
    pub role: String,
    /// Its password.
    pub password: Zeroizing<String>,
    /// Where its verbs leave a connection to each other.
    pub idle: Idle,
    /// Whether the server is handed passwords of others in clear, because it takes no verifiers of them.
    pub hands_over_clear: bool,
}

/// Where an administrator logs in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AdminHost {
    /// On 127.0.0.1.
    Tcp {
        /// The port.
        port: u16,
    },
    /// In a directory of sockets, which the file system guards.
    Socket {
        /// The directory.
        directory: PathBuf,
        /// The port, which is part of the socket's name.
        port: u16,
    },
    /// Anywhere, where somebody said: not only tenants of ours are there.
    Remote(Box<Remote>),
}

/// Where a server can be reached from this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    /// An address or a name.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// As the server says it: `15.18`.
    pub version: String,
}

/// A login to try.
#[derive(Clone, Copy)]
pub struct Login<'a> {
    /// Who.
    pub role: &'a str,
    /// With what.
    pub password: &'a Zeroizing<String>,
    /// Where to.
    pub database: &'a str,
}

/// What runs the server, so that waiting for one that has exited ends at once.
#[derive(Clone, Copy)]
pub enum Liveness<'a> {
    /// A container.
    Container {
        /// The engine.
        docker: &'a Docker,
        /// The container's name.
        name: &'a str,
        /// On whose behalf to look.
        owner: &'a Owner,
    },
    /// A cluster of ours.
    Cluster(&'a Cluster),
    /// Somebody else, who is not asked.
    Unknown,
}

impl Liveness<'_> {
    async fn check(&self) -> Result<(), BackendError> {
        match self {
            Self::Container { docker, name, owner } => docker.check_running(name, owner).await,
            Self::Cluster(cluster) => cluster.check_running(),
            Self::Unknown => Ok(()),
        }
    }
}

impl AdminHost {
    fn port(&self) -> u16 {
        match self {
            Self::Tcp { port } | Self::Socket { port, .. } => *port,
            Self::Remote(remote) => remote.port,
        }
    }

    /// Where a tenant reaches it.
    fn name(&self) -> &str {
        match self {
            Self::Tcp { .. } | Self::Socket { .. } => LOOPBACK,
            Self::Remote(remote) => &remote.host,
        }
    }

    fn in_words(&self) -> String {
        match self {
            Self::Tcp { port } | Self::Socket { port, .. } => format!("on port {port}"),
            Self::Remote(remote) => format!("at `{}`", remote.in_words()),
        }
    }
}
