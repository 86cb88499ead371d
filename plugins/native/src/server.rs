//! The cluster that all tenants of the machine share.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use systemprompt_sdk::postgres::{Address, Postgres};
use systemprompt_sdk::server::{Binaries, Cluster, ClusterSpec};
use systemprompt_sdk::{Failure, Operation, Secret, Tenant};

use crate::Config;

/// How to get PostgreSQL where it is not found.
pub(crate) const INSTALL_HELP: &str = "install PostgreSQL: `apt install postgresql`, `dnf install postgresql-server` or \
     `brew install postgresql`; or say where it is: `--config bin_dir=/path/to/bin`";

const CLUSTER: &str = "shared";
const ADMIN_ROLE: &str = "systemprompt_admin";
/// The administrator's password, in the machine's vault.
const ADMIN_SECRET: &str = "native-cluster-admin";
/// A start that follows a crash replays the log first.
const WAIT: Duration = Duration::from_secs(90);

/// The cluster, and how to start it.
#[derive(Clone, Debug)]
pub(crate) struct Server {
    config: Config,
    /// Which cluster a tenant is in, as far as that is known.
    home: Option<Home>,
}

/// A cluster, as it is recorded with what was made in it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Home {
    /// Where its data was.
    data_dir: String,
    /// Which cluster it is, wherever its data is.
    identity: String,
}

/// What became of a server that did not answer.
enum Woken {
    Started,
    Running,
    Missing,
}

impl Server {
    pub(crate) fn new(config: &Config) -> Self {
        Self { config: config.clone(), home: None }
    }

    pub(crate) fn of(tenant: &Tenant<Config>) -> Self {
        let home = serde_json::from_value(tenant.resources["server"].clone()).ok();
        Self { home, ..Self::new(&tenant.config) }
    }

    /// How it is found again.
    pub(crate) fn description(&self) -> Value {
        let mut description = json!({ "kind": "cluster", "name": CLUSTER });
        if let Some(Home { data_dir, identity }) = &self.home {
            description["data_dir"] = json!(data_dir);
            description["identity"] = json!(identity);
        }
        description
    }

    /// The steps to a server that answers; after them it is known which cluster it is.
    pub(crate) fn bring_up(&mut self, op: &Operation<Config>) -> Result<Address, Failure> {
        op.step("find the binaries").run(|| self.find_binaries())?;
        self.home = op.step("start the server").run(|| self.start_and_identify())?;
        op.step("wait until the server answers").run(|| postgres()?.wait_ready(WAIT))
    }

    /// Calls a server that may have been stopped since an earlier step, and wakes it once.
    pub(crate) fn call(&self, call: impl Fn(&Postgres) -> Result<(), Failure>) -> Result<(), Failure> {
        self.call_or(call, Err)
    }

    /// The same for what is to be dropped: with the cluster gone, there is nothing to drop it from.
    pub(crate) fn drop(&self, call: impl Fn(&Postgres) -> Result<(), Failure>) -> Result<(), Failure> {
        self.call_or(call, |_| Ok(()))
    }

    /// Starts it if it is stopped; false when there is none any more.
    pub(crate) fn wake_for_removal(&self) -> Result<bool, Failure> {
        self.expect_home()?;
        Ok(!matches!(self.wake()?, Woken::Missing))
    }

    /// Refused when what is here is not the cluster that the tenant is in. A cluster that is gone from its own place is
    /// gone; that there is none in another place proves nothing.
    pub(crate) fn expect_home(&self) -> Result<(), Failure> {
        let Some(home) = &self.home else { return Ok(()) };
        let (here, found) = (look()?.data_dir, systemprompt_sdk::server::Server.identity(CLUSTER)?);
        let (message, help) = match found {
            Some(found) if found == home.identity => return Ok(()),
            None if here == home.data_dir => return Ok(()),
            Some(found) if here == home.data_dir => (
                format!(
                    "cluster `{}`, in which the tenant is, is not in `{here}` any more: cluster `{found}` is there now",
                    home.identity
                ),
                "stop that one with `systemprompt infra db down --provider native`, put the data of the first one back, \
                 and run the command again"
                    .to_owned(),
            ),
            Some(_) | None => (
                format!(
                    "the tenant is in the cluster in `{}`, and clusters are looked for in `{here}` now",
                    home.data_dir
                ),
                "set `SYSTEMPROMPT_DATA_DIR` to the directory that the tenant was made with, and run the command again"
                    .to_owned(),
            ),
        };
        Err(Failure::refused("cluster-changed", message).help(help))
    }

    fn start_and_identify(&self) -> Result<Option<Home>, Failure> {
        let data_dir = self.start()?.data_dir;
        let identity = systemprompt_sdk::server::Server.identity(CLUSTER)?;
        Ok(identity.map(|identity| Home { data_dir, identity }))
    }

    fn find_binaries(&self) -> Result<Binaries, Failure> {
        let bin_dir = self.config.bin_dir.as_deref();
        systemprompt_sdk::server::Server.find_binaries(bin_dir).map_err(|failure| failure.or_help(INSTALL_HELP))
    }

    /// The same, where those that are named also fit the data that there is.
    pub(crate) fn find_fitting_binaries(&self) -> Result<Binaries, Failure> {
        let (binaries, cluster) = (self.find_binaries()?, look()?);
        // Where none are named, those of the data's own version are searched for.
        if self.config.bin_dir.is_none() || cluster.is_missing() || major(&binaries.version) == major(&cluster.version)
        {
            return Ok(binaries);
        }
        let message = format!(
            "the cluster's data is of PostgreSQL {}, and `{}` holds {}",
            major(&cluster.version),
            binaries.bin_dir,
            binaries.version
        );
        let help = format!("name the directory of PostgreSQL {}'s programs", major(&cluster.version));
        Err(Failure::refused("version-mismatch", message).help(help))
    }

    fn start(&self) -> Result<Cluster, Failure> {
        let spec = ClusterSpec::new(CLUSTER, ADMIN_ROLE, &Secret::of_machine(ADMIN_SECRET)?)
            .bin_dir(self.config.bin_dir.clone())
            .prefer_port(self.config.port);
        systemprompt_sdk::server::Server.ensure(&spec)
    }

    fn call_or(
        &self,
        call: impl Fn(&Postgres) -> Result<(), Failure>,
        missing: impl Fn(Failure) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        self.expect_home()?;
        let server = postgres()?;
        match call(&server) {
            Err(failure) if failure.is_retryable() => match self.wake()? {
                Woken::Started => call(&server),
                Woken::Running => Err(failure),
                Woken::Missing => missing(failure),
            },
            outcome => outcome,
        }
    }

    fn wake(&self) -> Result<Woken, Failure> {
        let cluster = look()?;
        if cluster.is_missing() {
            return Ok(Woken::Missing);
        }
        if cluster.is_running() {
            return Ok(Woken::Running);
        }
        self.start()?;
        postgres()?.wait_ready(WAIT).map(|_| Woken::Started)
    }
}

/// `15` of `15.18`, `17` of `17beta2`.
fn major(version: &str) -> &str {
    version.split(|c: char| !c.is_ascii_digit()).next().unwrap_or_default()
}

pub(crate) fn postgres() -> Result<Postgres, Failure> {
    Ok(Postgres::in_cluster(CLUSTER, ADMIN_ROLE, &Secret::of_machine(ADMIN_SECRET)?))
}

/// How the cluster is.
pub(crate) fn look() -> Result<Cluster, Failure> {
    systemprompt_sdk::server::Server.status(CLUSTER)
}

pub(crate) fn stop() -> Result<(), Failure> {
    systemprompt_sdk::server::Server.stop(CLUSTER)
}
