//! What exists and costs money or room: what a test holds against what it expected to be left.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::clock::Moment;
use crate::world::World;
use crate::world::app::App;

/// All of one organisation, apps by their names and the rest by ids.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Inventory {
    /// Those being deleted included, until they have gone.
    pub apps: Vec<AppItem>,
    /// All but those that are destroyed.
    pub machines: Vec<MachineItem>,
    /// Those being destroyed included, until they have gone.
    pub volumes: Vec<VolumeItem>,
    /// Addresses of apps.
    pub ips: Vec<AddressItem>,
    /// Certificates of apps.
    pub certificates: Vec<CertificateItem>,
    /// Clusters of Managed Postgres, but for those that are deleted.
    pub clusters: Vec<ClusterItem>,
}

/// An app.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AppItem {
    /// Unique in all of Fly.
    pub name: String,
    /// Its private network.
    pub network: String,
    /// Whether it goes away.
    pub deleting: bool,
    /// Names of its secrets.
    pub secrets: Vec<String>,
    /// Grows with each change of secrets.
    pub secrets_version: u64,
}

/// A machine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MachineItem {
    /// Its app's name.
    pub app: String,
    /// Its id.
    pub id: String,
    /// Unique in its app.
    pub name: String,
    /// Such as `started`.
    pub state: String,
    /// Where it runs.
    pub region: String,
    /// What it runs.
    pub image: String,
    /// Which one that was when it was pulled.
    pub digest: String,
    /// Its labels.
    pub metadata: BTreeMap<String, String>,
    /// The secrets that it was given when its present version was made.
    pub secrets_version: u64,
    /// Its mounts, by the volumes' ids.
    pub volumes: Vec<String>,
    /// Ports that are open to the outside, each with what Fly does there.
    pub ports: Vec<(u64, Vec<String>)>,
}

/// A volume.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct VolumeItem {
    /// Its app's name.
    pub app: String,
    /// Its id.
    pub id: String,
    /// Not unique.
    pub name: String,
    /// `created` or `pending_destroy`.
    pub state: String,
    /// Where it lies.
    pub region: String,
    /// Gigabytes.
    pub size_gb: u64,
    /// Whether it is encrypted at rest.
    pub encrypted: bool,
    /// The machine that has it mounted.
    pub machine: Option<String>,
    /// How many snapshots it has.
    pub snapshots: usize,
}

/// An address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AddressItem {
    /// Its app's name.
    pub app: String,
    /// As text.
    pub ip: String,
    /// `shared_v4`, `v4`, `v6` or `private_v6`.
    pub kind: &'static str,
}

/// A certificate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CertificateItem {
    /// Its app's name.
    pub app: String,
    /// What it is for.
    pub hostname: String,
    /// `pending_validation`, `pending_ownership` or `active`.
    pub status: &'static str,
}

/// A cluster of Managed Postgres.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ClusterItem {
    /// Its id.
    pub id: String,
    /// Not unique.
    pub name: String,
    /// Where it runs.
    pub region: String,
    /// Such as `ready`.
    pub status: &'static str,
    /// The apps that are attached.
    pub apps: Vec<String>,
    /// Databases, by their names.
    pub databases: Vec<String>,
    /// Users, by their names.
    pub users: Vec<String>,
}

impl Inventory {
    /// Whether nothing is left.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    pub(crate) fn of(world: &World, org: &str, now: Moment) -> Self {
        let mut all = Self::default();
        for app in world.apps.values().filter(|app| app.org == org) {
            all.add(app);
        }
        for cluster in world.clusters.values().filter(|cluster| cluster.org == org) {
            let status = cluster.status(now);
            if status != "deleted" {
                all.clusters.push(ClusterItem {
                    id: cluster.id.clone(),
                    name: cluster.name.clone(),
                    region: cluster.region.clone(),
                    status,
                    apps: cluster.apps.iter().cloned().collect(),
                    databases: cluster.databases.iter().cloned().collect(),
                    users: cluster.users.keys().cloned().collect(),
                });
            }
        }
        all
    }

    fn add(&mut self, app: &App) {
        self.apps.push(AppItem {
            name: app.name.clone(),
            network: app.network.clone(),
            deleting: app.gone_at.is_some(),
            secrets: app.secrets.names().map(str::to_owned).collect(),
            secrets_version: app.secrets.version,
        });
        self.machines.extend(app.living().map(|machine| MachineItem {
            app: app.name.clone(),
            id: machine.id.clone(),
            name: machine.name.clone(),
            state: machine.state.name().to_owned(),
            region: machine.region.clone(),
            image: machine.image().to_owned(),
            digest: machine.digest.clone(),
            metadata: machine.metadata(),
            secrets_version: machine.secrets_version,
            volumes: machine.volumes(),
            ports: machine.ports(),
        }));
        self.volumes.extend(app.volumes.values().map(|volume| VolumeItem {
            app: app.name.clone(),
            id: volume.id.clone(),
            name: volume.name.clone(),
            state: volume.state().to_owned(),
            region: volume.region.clone(),
            size_gb: volume.size_gb,
            encrypted: volume.encrypted,
            machine: volume.machine.clone(),
            snapshots: volume.snapshots.len(),
        }));
        let name = || app.name.clone();
        let addresses = app.addresses.iter();
        self.ips.extend(addresses.map(|one| AddressItem { app: name(), ip: one.ip.clone(), kind: one.kind.name() }));
        let certificates = app.certificates.values();
        self.certificates.extend(certificates.map(|one| CertificateItem {
            app: name(),
            hostname: one.hostname.clone(),
            status: one.status(),
        }));
    }
}
