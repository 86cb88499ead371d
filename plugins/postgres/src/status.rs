//! How the server is, and whether the tenant gets in.

use serde_json::json;
use systemprompt_sdk::{Failure, LiveStatus, Tenant};

use crate::Config;
use crate::server::{self, Server};
use crate::tenancy::PASSWORD;

/// Whose the account is, on which server.
pub(crate) fn of_account() -> Result<LiveStatus, Failure> {
    let (_, found) = Server::new(&Config::default()).look()?;
    let address = server::address()?;
    let status = LiveStatus::ready()
        .detail("server", address)
        .detail("version", found.version)
        .detail("administrator", found.role.clone());
    Ok(LiveStatus { ext: Some(json!({ "user": found.role }).to_string()), ..status })
}

/// How a tenant is.
pub(crate) fn of_tenant(tenant: &Tenant<Config>) -> LiveStatus {
    let login = || {
        let server = Server::of(tenant)?;
        server.expect_home()?;
        let password = tenant.secret(PASSWORD)?;
        server.postgres().check_login(&tenant.database_name(), &tenant.login_role(), &password)
    };
    let status = match login() {
        Ok(()) => LiveStatus::ready(),
        Err(failure) if failure.code() == "server-changed" => return trouble("elsewhere", &failure),
        // Who does not get in may have nothing to get into; where the administrator cannot look, nobody can tell.
        Err(failure) => {
            let is_gone = Server::of(tenant).and_then(|server| server.has_nothing_left()).unwrap_or(false);
            if is_gone { gone() } else { trouble("unreachable", &failure) }
        }
    };
    let address = tenant.resources["server"]["address"].as_str().unwrap_or_default();
    status.detail("server", address).detail("database", tenant.database_name()).detail("role", tenant.login_role())
}

fn gone() -> LiveStatus {
    LiveStatus::unreachable("missing").detail("problem", "the server has neither a role nor a database of the tenant")
}

fn trouble(state: &str, failure: &Failure) -> LiveStatus {
    LiveStatus::unreachable(state).detail("problem", failure.to_string())
}
