//! A PostgreSQL cluster on this machine, without containers, owned by us.
//!
//! `<root>/<name>/` holds `data/` and `socket/`, which belong to the user that the server runs as, and `cluster.json`,
//! `postgresql.conf` and `log/`, which belong to the user that runs this program. The two differ for root alone,
//! as whom PostgreSQL does not run: so nothing that root writes stands in a directory that somebody else controls.

mod account;
mod binaries;
mod control;
mod creation;
mod layout;
mod postmaster;
mod program;
mod record;
mod running;
mod settings;

use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use zeroize::Zeroizing;

use self::account::Account;
use self::binaries::{find_major, look_in};
use self::layout::Layout;
use self::postmaster::Postmaster;
use self::record::Record;
use super::machine_lock::MachineLock;
use super::postgres::{Admin, AdminHost, Idle};
use super::{BackendError, Progress, Surroundings};

pub use self::binaries::{Binaries, find_binaries};

/// Longer than making a cluster takes on a slow disk, so that the second of two commands finds it made.
const LOCK_TIMEOUT: Duration = Duration::from_mins(3);

/// A cluster to have.
#[derive(Clone)]
pub struct ClusterSpec {
    /// Where `initdb` and `postgres` are; searched for when absent.
    pub bin_dir: Option<PathBuf>,
    /// The port of a new cluster when it is free; 0 for no preference.
    pub preferred_port: u16,
    /// The superuser of a new cluster.
    pub admin_role: String,
    /// Its password.
    pub admin_password: Zeroizing<String>,
}

/// A cluster as it is found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClusterInfo {
    /// Its name.
    pub name: String,
    /// Whether it runs.
    pub state: ClusterState,
    /// The server's version; empty when the cluster is missing.
    pub version: String,
    /// Its port, whether it runs or not.
    pub port: Option<u16>,
    /// Its data.
    pub data_dir: PathBuf,
    /// Its unix socket.
    pub socket_dir: PathBuf,
    /// What it printed.
    pub log_file: PathBuf,
}

/// Whether a cluster runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClusterState {
    /// Its server is up, or on its way up.
    Running,
    /// It is there and its server is not.
    Stopped,
    /// There is none.
    Missing,
}

impl fmt::Display for ClusterState {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Running => "running",
            Self::Stopped => "stopped",
            Self::Missing => "missing",
        })
    }
}

/// A cluster by name, whether it exists or not.
#[derive(Debug, Clone)]
pub struct Cluster {
    name: String,
    layout: Layout,
    surroundings: Surroundings,
}

impl Cluster {
    /// The cluster of that name in a directory of clusters.
    pub fn at(root: PathBuf, name: &str, surroundings: &Surroundings) -> Result<Self, BackendError> {
        let layout = Layout::new(root, name, surroundings)?;
        Ok(Self { name: name.to_owned(), layout, surroundings: surroundings.clone() })
    }

    /// Makes it if there is none, starts it if it is stopped.
    pub async fn ensure(&self, spec: &ClusterSpec, progress: &dyn Progress) -> Result<ClusterInfo, BackendError> {
        creation::check(spec)?;
        let account = Account::of_servers()?;
        self.layout.prepare_root(&account)?;
        let _lock = MachineLock::acquire(&self.layout.root, &self.name, LOCK_TIMEOUT, progress).await?;
        let mut record = match Record::load(&self.layout)? {
            Some(record) => record,
            None => creation::create(&self.layout, spec, &account, &self.surroundings, progress).await?,
        };
        if Postmaster::find(&self.layout).is_none() {
            let binaries = self.binaries(&record, spec.bin_dir.as_deref()).await?;
            record.adopt(&binaries, &self.layout.socket);
            running::start(&self.layout, &mut record, &account, progress).await?;
        } else {
            running::settle(&self.layout, &mut record, progress).await?;
        }
        Ok(self.info(Some(&record), ClusterState::Running))
    }

    /// What there is.
    pub fn status(&self) -> Result<ClusterInfo, BackendError> {
        let record = Record::load(&self.layout)?;
        let running = record.is_some() && Postmaster::find(&self.layout).is_some();
        let state = match (&record, running) {
            (None, _) => ClusterState::Missing,
            (Some(_), true) => ClusterState::Running,
            (Some(_), false) => ClusterState::Stopped,
        };
        Ok(self.info(record.as_ref(), state))
    }

    /// Which cluster it is: the number that `initdb` gave it, which a copy and a move keep. None when there is none.
    pub fn identity(&self) -> Result<Option<String>, BackendError> {
        if Record::load(&self.layout)?.is_none() {
            return Ok(None);
        }
        control::system_identifier(&self.layout.data).map(Some)
    }

    /// Stops it, ending its connections; nothing happens when it is stopped or there is none.
    pub async fn stop(&self, progress: &dyn Progress) -> Result<(), BackendError> {
        if Record::load(&self.layout)?.is_none() {
            return Ok(());
        }
        let _lock = MachineLock::acquire(&self.layout.root, &self.name, LOCK_TIMEOUT, progress).await?;
        running::stop(&self.layout, progress).await
    }

    /// Its administrator, over its socket: the file system keeps others from answering there.
    pub fn admin(&self, role: &str, password: Zeroizing<String>) -> Result<Admin, BackendError> {
        let missing = || BackendError::refused("cluster-missing", format!("there is no cluster `{}`", self.name));
        let record = Record::load(&self.layout)?.ok_or_else(missing)?;
        let host = AdminHost::Socket { directory: record.socket(&self.layout), port: record.port };
        Ok(Admin { host, role: role.to_owned(), password, idle: Idle::default(), hands_over_clear: false })
    }

    /// An error when its server does not run, with the last that it printed.
    pub(super) fn check_running(&self) -> Result<(), BackendError> {
        if Postmaster::find(&self.layout).is_some() { Ok(()) } else { Err(running::exited(&self.layout, 0)) }
    }

    /// The programs for a cluster: of its own major version, for no other can read its data.
    async fn binaries(&self, record: &Record, named: Option<&Path>) -> Result<Binaries, BackendError> {
        if let Some(named) = named {
            let binaries = look_in(named).await?;
            return if binaries.major == record.major { Ok(binaries) } else { Err(mismatch(record, &binaries)) };
        }
        match look_in(&record.bin_dir).await {
            Ok(binaries) if binaries.major == record.major => Ok(binaries),
            Ok(_) | Err(_) => find_major(record.major, &self.surroundings).await,
        }
    }

    fn info(&self, record: Option<&Record>, state: ClusterState) -> ClusterInfo {
        ClusterInfo {
            name: self.name.clone(),
            state,
            version: record.map(|record| record.version.clone()).unwrap_or_default(),
            port: record.map(|record| record.port),
            data_dir: self.layout.data.clone(),
            socket_dir: record.map_or_else(|| self.layout.socket.clone(), |record| record.socket(&self.layout)),
            log_file: self.layout.log_file.clone(),
        }
    }
}

fn mismatch(record: &Record, binaries: &Binaries) -> BackendError {
    let message = format!(
        "the cluster's data is of PostgreSQL {}, and `{}` holds {}",
        record.major,
        binaries.bin_dir.display(),
        binaries.version
    );
    BackendError::refused("version-mismatch", message)
        .help(format!("name the directory of PostgreSQL {}'s programs", record.major))
}
