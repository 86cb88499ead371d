//! The cluster that all tenants of the machine share.

use std::time::Duration;

use serde_json::{Value, json};
use systemprompt_sdk::postgres::{Address, Postgres};
use systemprompt_sdk::server::{Binaries, Cluster, ClusterSpec};
use systemprompt_sdk::{Failure, Operation, Secret};

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
}

/// What became of a server that did not answer.
enum Woken {
    Started,
    Running,
    Missing,
}

impl Server {
    pub(crate) fn new(config: &Config) -> Self {
        Self { config: config.clone() }
    }

    /// The steps to a server that answers.
    pub(crate) fn bring_up(&self, op: &Operation<Config>) -> Result<Address, Failure> {
        op.step("find the binaries").run(|| self.find_binaries())?;
        op.step("start the server").run(|| self.start())?;
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

    /// Starts it if it is stopped; false when there is none.
    pub(crate) fn wake_for_removal(&self) -> Result<bool, Failure> {
        Ok(!matches!(self.wake()?, Woken::Missing))
    }

    fn find_binaries(&self) -> Result<Binaries, Failure> {
        let bin_dir = self.config.bin_dir.as_deref();
        systemprompt_sdk::server::Server.find_binaries(bin_dir).map_err(|failure| failure.or_help(INSTALL_HELP))
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

/// How the program finds it again.
pub(crate) fn description() -> Value {
    json!({ "kind": "cluster", "name": CLUSTER })
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
