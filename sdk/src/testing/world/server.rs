//! PostgreSQL clusters on the machine itself.

use std::collections::BTreeMap;

use super::postgres::Disk;
use super::{Owner, World};
use crate::Failure;
use crate::server::{Binaries, Cluster, ClusterSpec};

/// The programs that are installed, and the clusters made with them.
#[derive(Clone, Debug)]
pub(super) struct Clusters {
    binaries: Option<Binaries>,
    held: BTreeMap<String, Held>,
    /// How many data directories there were before this one.
    number: u32,
    /// How many clusters were ever made here.
    made: u32,
}

#[derive(Clone, Debug)]
struct Held {
    shown: Cluster,
    identity: String,
    running_since_ms: u64,
}

impl Default for Clusters {
    fn default() -> Self {
        let binaries = Binaries { bin_dir: "/usr/lib/postgresql/18/bin".to_owned(), version: "18.1".to_owned() };
        Self { binaries: Some(binaries), held: BTreeMap::new(), number: 0, made: 0 }
    }
}

impl World {
    /// PostgreSQL is not installed.
    pub fn uninstall_postgres(&mut self) {
        self.clusters.binaries = None;
    }

    /// Somebody stops a cluster.
    pub fn stop_cluster(&mut self, name: &str) {
        if let Some(held) = self.clusters.held.get_mut(name) {
            "stopped".clone_into(&mut held.shown.state);
        }
    }

    /// From here on there is another data directory, with nothing in it; and the first one again, when it is said twice.
    pub fn switch_data_directory(&mut self) {
        let new = || Box::new((Clusters { number: self.clusters.number + 1, ..Clusters::default() }, BTreeMap::new()));
        let mut other = self.other_clusters.take().unwrap_or_else(new);
        std::mem::swap(&mut self.clusters, &mut other.0);
        std::mem::swap(&mut self.disks, &mut other.1);
        self.other_clusters = Some(other);
    }

    /// Somebody removes a cluster with all of its data.
    pub fn lose_cluster(&mut self, name: &str) {
        self.clusters.held.remove(name);
        self.disks.remove(&disk(name));
    }

    pub(in crate::testing) fn find_binaries(&self, bin_dir: Option<&str>) -> Result<Binaries, Failure> {
        let found = self.clusters.binaries.as_ref().filter(|found| bin_dir.is_none_or(|dir| dir == found.bin_dir));
        let message = "there is no `initdb` in the usual places";
        found.cloned().ok_or_else(|| Failure::refused("postgres-missing", message))
    }

    pub(in crate::testing) fn ensure_cluster(&mut self, spec: &ClusterSpec) -> Result<Cluster, Failure> {
        self.known_secret(&spec.admin_password)?;
        let binaries = self.find_binaries(spec.bin_dir.as_deref())?;
        let port = self.free_port(spec.preferred_port);
        let now_ms = self.now_ms;
        let Clusters { number, made, held, .. } = &mut self.clusters;
        let held = held.entry(spec.name.clone()).or_insert_with(|| {
            *made += 1;
            let identity = format!("cluster-{number}-{made}");
            Held { shown: cluster(*number, &spec.name, &binaries.version), identity, running_since_ms: now_ms }
        });
        if !held.shown.is_running() {
            "running".clone_into(&mut held.shown.state);
            held.shown.port = Some(port);
            held.running_since_ms = now_ms;
        }
        let shown = held.shown.clone();
        let new_disk = || Disk::new(spec.admin_role.clone(), spec.admin_password.clone());
        self.disks.entry(disk(&spec.name)).or_insert_with(new_disk);
        Ok(shown)
    }

    pub(in crate::testing) fn cluster(&self, name: &str) -> Cluster {
        let missing = || Cluster { state: "missing".to_owned(), ..cluster(self.clusters.number, name, "") };
        self.clusters.held.get(name).map_or_else(missing, |held| held.shown.clone())
    }

    pub(in crate::testing) fn cluster_identity(&self, name: &str) -> Option<String> {
        self.clusters.held.get(name).map(|held| held.identity.clone())
    }

    pub(in crate::testing) fn stop_cluster_of(&mut self, name: &str) -> Result<(), Failure> {
        if self.tenant.is_some() {
            return Err(Failure::refused("not-yours", format!("cluster `{name}` is shared by tenants")));
        }
        self.stop_cluster(name);
        Ok(())
    }

    /// Where a running cluster keeps its databases, where it listens, and since when it runs.
    pub(super) fn cluster_server(&self, name: &str) -> Option<(String, u16, u64)> {
        let held = self.clusters.held.get(name).filter(|held| held.shown.is_running())?;
        Some((disk(name), held.shown.port.unwrap_or_default(), held.running_since_ms))
    }
}

impl Clusters {
    pub(super) fn listens_on(&self, port: u16) -> bool {
        self.held.values().any(|held| held.shown.is_running() && held.shown.port == Some(port))
    }

    pub(super) fn objects(&self) -> Vec<(Owner, String)> {
        let line = |(name, held): (&String, &Held)| (Owner::Machine, format!("cluster `{name}`, {}", held.shown.state));
        self.held.iter().map(line).collect()
    }
}

fn disk(cluster: &str) -> String {
    format!("cluster:{cluster}")
}

fn cluster(number: u32, name: &str, version: &str) -> Cluster {
    let data = if number == 0 { "/home/user/.local/share/systemprompt".to_owned() } else { format!("/data-{number}") };
    let directory = format!("{data}/clusters/{name}");
    Cluster {
        name: name.to_owned(),
        state: "stopped".to_owned(),
        version: version.to_owned(),
        port: None,
        data_dir: format!("{directory}/data"),
        socket_dir: format!("{directory}/run"),
        log_file: format!("{directory}/log"),
    }
}
