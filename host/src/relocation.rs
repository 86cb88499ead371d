//! Databases whose server answers at another port than before: a shared container that was removed and made again.

use std::net::SocketAddr;

use sqlx::Connection;
use systemprompt_events::{Command, Json, PluginId, TenantCommand, TenantState, TenantView};

use crate::command::cloud::tenant::create::database_url;
use crate::database;
use crate::error::CliError;
use crate::project::Project;
use crate::view::database::Server;

/// Records the port of every database of this project that is on this server, once a login there has worked.
///
/// Returns what the user should know, a line each.
pub async fn follow(project: &mut Project, provider: &PluginId, server: &Server) -> Result<Vec<String>, CliError> {
    let address = server.details.iter().find(|(label, _)| label == "address");
    let Some(address) = address.and_then(|(_, value)| value.parse::<SocketAddr>().ok()) else { return Ok(Vec::new()) };
    let mut lines = Vec::new();
    for tenant in project.ledger().log.tenants().await? {
        let is_there = tenant.provider == *provider && tenant.state == TenantState::Ready && is_shared(&tenant);
        let Some(moved) = moved(&tenant, address.port()).filter(|_| is_there) else { continue };
        let name = tenant.name.clone();
        let is_ours = answers(project, &tenant, &moved).await?;
        if is_ours {
            let command = TenantCommand::MoveDatabase { database_url: moved };
            project.ledger().record(vec![Command::Tenant(tenant.id, command)]).await?;
            lines.push(format!("the database of tenant `{name}` is at {address} now"));
        } else {
            lines.push(format!("the database of tenant `{name}` is not at {address}, where its server answers now"));
        }
    }
    Ok(lines)
}

/// Dedicated servers have ports of their own.
fn is_shared(tenant: &TenantView) -> bool {
    let resources = tenant.resources.value();
    resources["server"]["kind"] == "cluster" || resources.get("shared_container_db").is_some()
}

/// The template of its URL with this port, if it has another.
fn moved(tenant: &TenantView, port: u16) -> Option<String> {
    let resources = tenant.resources.value();
    let template = resources.get("database_url")?.as_str()?;
    let (login, place) = template.rsplit_once('@')?;
    let (address, path) = place.split_once('/')?;
    let (host, current) = address.rsplit_once(':')?;
    let current: u16 = current.parse().ok()?;
    (current != port).then(|| format!("{login}@{host}:{port}/{path}"))
}

/// Whether the tenant's role gets in there with the tenant's password.
async fn answers(project: &mut Project, tenant: &TenantView, template: &str) -> Result<bool, CliError> {
    let mut resources = tenant.resources.value();
    resources["database_url"] = template.into();
    let Ok(resources) = Json::from_value(&resources) else { return Ok(false) };
    let there = TenantView { resources, ..tenant.clone() };
    let Some(url) = database_url(project, &there).await? else { return Ok(false) };
    match database::log_in(&url).await {
        Ok(connection) => {
            let _the_server_notices = connection.close().await;
            Ok(true)
        }
        Err(_) => Ok(false),
    }
}
