//! Other settings for a tenant that is there: where the programs are can change, the port is the cluster's.

use serde::Deserialize;
use serde_json::Value;
use systemprompt_sdk::{Failure, Operation};

use crate::Config;
use crate::server::Server;

/// The operation's name.
pub(crate) const EDIT: &str = "edit";

/// The operation's input.
#[derive(Deserialize)]
struct Wanted {
    config: Config,
}

/// What starts the cluster from now on has to be able to; nothing of the tenant changes.
pub(crate) fn edit(op: &Operation<Config>) -> Result<Value, Failure> {
    let tenant = op.tenant()?;
    let Wanted { config } = op.input()?;
    if config.port != tenant.config.port {
        let message = "`port` cannot change: the cluster keeps the port that it was made with, and tenants share it";
        return Err(Failure::refused("config-fixed", message).help("leave `port` as it is; `bin_dir` can change"));
    }
    let server = Server::new(&config);
    op.step("find the binaries").run(|| server.find_fitting_binaries())?;
    Ok(tenant.resources.clone())
}
