//! How a tenant's server is, and whether the tenant gets in.

use systemprompt_sdk::docker::Container;
use systemprompt_sdk::{Failure, LiveStatus, Tenant};

use crate::Config;
use crate::server::Server;
use crate::tenancy::PASSWORD;

pub(crate) fn status(tenant: Option<&Tenant<Config>>) -> LiveStatus {
    let server = tenant.map_or_else(|| Server::shared(&Config::default()), Server::of);
    let container = match server.expect_engine().and_then(|()| server.inspect()) {
        Ok(Some(container)) => container,
        Ok(None) => return missing(&server),
        Err(failure) if failure.code() == "engine-changed" => {
            return trouble("elsewhere", &failure).detail("container", server.name);
        }
        Err(failure) => return trouble("unknown", &failure).detail("container", server.name),
    };
    let status = if container.is_running() { answer(&server, tenant) } else { LiveStatus::unreachable("stopped") };
    with_details(status, container, tenant)
}

/// Without its container; its data may still be there.
fn missing(server: &Server) -> LiveStatus {
    match server.expect_no_data() {
        Ok(()) => LiveStatus::unreachable("missing"),
        Err(failure) => trouble("missing", &failure),
    }
    .detail("container", server.name.clone())
}

fn answer(server: &Server, tenant: Option<&Tenant<Config>>) -> LiveStatus {
    let login = || match tenant {
        None => Ok(()),
        Some(tenant) => {
            let password = tenant.secret(PASSWORD)?;
            server.postgres()?.check_login(&tenant.database_name(), &tenant.login_role(), &password)
        }
    };
    login().map_or_else(|failure| trouble("unreachable", &failure), |()| LiveStatus::ready())
}

fn with_details(status: LiveStatus, container: Container, tenant: Option<&Tenant<Config>>) -> LiveStatus {
    let mut status = status.detail("container", container.name).detail("image", container.image);
    if let Some(port) = container.host_port {
        status = status.detail("address", format!("127.0.0.1:{port}"));
    }
    for volume in container.volumes {
        status = status.detail("volume", volume);
    }
    match tenant {
        Some(tenant) => status.detail("database", tenant.database_name()).detail("role", tenant.login_role()),
        None => status,
    }
}

fn trouble(state: &str, failure: &Failure) -> LiveStatus {
    LiveStatus::unreachable(state).detail("problem", failure.to_string())
}
