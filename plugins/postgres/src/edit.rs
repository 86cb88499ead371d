//! Other settings for a tenant that is there: its URL asks something else of the server, and is proved to work.

use serde::Deserialize;
use serde_json::Value;
use systemprompt_sdk::{Failure, Operation};

use crate::Config;
use crate::server::Server;
use crate::tenancy::{LOG_IN, PASSWORD};

/// The operation's name.
pub(crate) const EDIT: &str = "edit";

/// The operation's input.
#[derive(Deserialize)]
struct Wanted {
    config: Config,
}

/// Nothing changes on the server. Certificates that a later login named are in the URL from now on.
pub(crate) fn edit(op: &Operation<Config>) -> Result<Value, Failure> {
    let tenant = op.tenant()?;
    let Wanted { config } = op.input()?;
    let server = Server::of(tenant).with(&config);
    let (role, database, password) = (tenant.login_role(), tenant.database_name(), op.secret(PASSWORD)?);
    op.step(LOG_IN).run(|| server.call(|postgres| postgres.check_login(&database, &role, &password)))?;
    let mut resources = tenant.resources.clone();
    let url = resources["database_url"].as_str().unwrap_or_default();
    let address = url.split_once('?').map_or(url, |(address, _)| address);
    resources["database_url"] = format!("{address}?{}", server.parameters()?).into();
    Ok(resources)
}
