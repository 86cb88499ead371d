//! Other settings for a tenant that is there: its URL asks something else of the server, or leads to where that has
//! moved, and is proved to work.

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

/// Nothing changes on the server. Certificates that a later login named are in the URL from now on; and the account's
/// address, where the tenant is on that server by now.
pub(crate) fn edit(op: &Operation<Config>) -> Result<Value, Failure> {
    let tenant = op.tenant()?;
    let Wanted { config } = op.input()?;
    let server = Server::of(tenant)?.with(&config);
    let (role, database, password) = (tenant.login_role(), tenant.database_name(), op.secret(PASSWORD)?);
    let home = op.step(LOG_IN).run(|| {
        let home = server.follow()?;
        server.postgres().check_login(&database, &role, &password)?;
        Ok(home)
    })?;
    let server = server.at(home);
    let mut resources = tenant.resources.clone();
    resources["database_url"] = server.url(&role, &password, &database)?.into();
    resources["server"] = server.description();
    Ok(resources)
}
