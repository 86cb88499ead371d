//! How the cluster is, and whether the tenant gets in.

use systemprompt_sdk::server::Cluster;
use systemprompt_sdk::{Failure, LiveStatus, Tenant};

use crate::Config;
use crate::server::{self, Server};
use crate::tenancy::PASSWORD;

pub(crate) fn status(tenant: Option<&Tenant<Config>>) -> LiveStatus {
    let expected = tenant.map_or(Ok(()), |tenant| Server::of(tenant).expect_home());
    let cluster = match expected.and_then(|()| server::look()) {
        Ok(cluster) => cluster,
        Err(failure) if failure.code() == "cluster-changed" => return trouble("elsewhere", &failure),
        Err(failure) => return trouble("unknown", &failure),
    };
    let status = if cluster.is_running() { answer(tenant) } else { LiveStatus::unreachable(&cluster.state) };
    if cluster.is_missing() { status } else { with_details(status, cluster, tenant) }
}

fn answer(tenant: Option<&Tenant<Config>>) -> LiveStatus {
    let login = || match tenant {
        None => Ok(()),
        Some(tenant) => {
            let password = tenant.secret(PASSWORD)?;
            server::postgres()?.check_login(&tenant.database_name(), &tenant.login_role(), &password)
        }
    };
    login().map_or_else(|failure| trouble("unreachable", &failure), |()| LiveStatus::ready())
}

fn with_details(status: LiveStatus, cluster: Cluster, tenant: Option<&Tenant<Config>>) -> LiveStatus {
    let mut status = status.detail("version", cluster.version);
    if let Some(port) = cluster.port {
        status = status.detail("address", format!("127.0.0.1:{port}"));
    }
    status =
        status.detail("socket", cluster.socket_dir).detail("data", cluster.data_dir).detail("log", cluster.log_file);
    match tenant {
        Some(tenant) => status.detail("database", tenant.database_name()).detail("role", tenant.login_role()),
        None => status,
    }
}

fn trouble(state: &str, failure: &Failure) -> LiveStatus {
    LiveStatus::unreachable(state).detail("problem", failure.to_string())
}
