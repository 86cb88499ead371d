//! A PostgreSQL cluster on this machine, without containers, owned by us.

use crate::bindings::systemprompt::provider::server as contract;
use crate::{Failure, Secret, imports};

pub use contract::{Binaries, Cluster, ClusterSpec};

/// The clusters of this machine.
#[derive(Clone, Copy, Debug)]
pub struct Server;

impl Server {
    /// Finds `initdb` and `postgres`, in a directory or in the usual places.
    pub fn find_binaries(self, bin_dir: Option<&str>) -> Result<Binaries, Failure> {
        imports::server::find_binaries(bin_dir)
    }

    /// Makes a cluster if there is none, starts it if it is stopped.
    pub fn ensure(self, spec: &ClusterSpec) -> Result<Cluster, Failure> {
        imports::server::ensure(spec)
    }

    /// How a cluster is; its state is `missing` when there is none.
    pub fn status(self, name: &str) -> Result<Cluster, Failure> {
        imports::server::status(name)
    }

    /// Which cluster it is, wherever its directory lies; none when there is none.
    pub fn identity(self, name: &str) -> Result<Option<String>, Failure> {
        imports::server::identity(name)
    }

    /// Stops a cluster; nothing happens when there is none or it is stopped.
    pub fn stop(self, name: &str) -> Result<(), Failure> {
        imports::server::stop(name)
    }
}

impl ClusterSpec {
    /// A cluster with its administrator, on port 5432 when that is free.
    pub fn new(name: &str, admin_role: &str, admin_password: &Secret) -> Self {
        Self {
            name: name.to_owned(),
            bin_dir: None,
            preferred_port: 5432,
            admin_role: admin_role.to_owned(),
            admin_password: admin_password.to_string(),
            ext: None,
        }
    }

    /// Says where `initdb` and `postgres` are; they are searched for otherwise.
    #[must_use]
    pub fn bin_dir(mut self, bin_dir: Option<String>) -> Self {
        self.bin_dir = bin_dir;
        self
    }

    /// Asks for a port; any free one is taken when it is in use.
    #[must_use]
    pub fn prefer_port(mut self, port: u16) -> Self {
        self.preferred_port = port;
        self
    }
}

impl Cluster {
    /// Whether it runs.
    pub fn is_running(&self) -> bool {
        self.state == "running"
    }

    /// Whether there is none.
    pub fn is_missing(&self) -> bool {
        self.state == "missing"
    }
}
