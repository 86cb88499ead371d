//! How a tenant is, as Fly says, beside what is recorded of it.

use systemprompt_sdk::{Failure, LiveStatus, Tenant};

use crate::Config;
use crate::api::Fly;
use crate::app::App;
use crate::application;
use crate::certificate::{self, Certificate};
use crate::client;
use crate::cluster::Cluster;
use crate::database;
use crate::intake;
use crate::machine::Machine;
use crate::managed;
use crate::organisation::Organisation;
use crate::tenancy::region;

/// Asks Fly.
pub(crate) fn status(tenant: &Tenant<Config>) -> Result<LiveStatus, Failure> {
    let (fly, app) = (Fly::connect_to_look()?, App::of(tenant)?);
    let is_gone = app.is_gone(&fly, &Organisation::recorded(tenant))?;
    let status = match (managed::is_of(tenant), is_gone) {
        (false, true) => {
            return Ok(LiveStatus::unreachable("missing").detail("App", format!("`{}` is not at Fly", app.name)));
        }
        (false, false) => with_machine(&fly, &app, tenant)?,
        (true, true) => return without_app(&fly, &app, tenant),
        (true, false) => with_cluster(&fly, &app, tenant)?,
    };
    let status = if application::is_of(tenant) {
        with_application(status, application::find(&fly, &app)?, tenant)
    } else {
        status
    };
    let status = if intake::is_without_password(tenant) {
        status.detail("Password", "not known here; `systemprompt cloud tenant rotate-credentials` makes another")
    } else {
        status
    };
    let Some(domain) = &tenant.config.domain else { return Ok(status) };
    Ok(match certificate::find(&fly, &app, domain)? {
        Some(certificate) => certified(status, &certificate),
        None => status.detail("Missing", format!("its certificate for `{domain}`")),
    })
}

/// A database on a machine of the tenant's own.
fn with_machine(fly: &Fly, app: &App, tenant: &Tenant<Config>) -> Result<LiveStatus, Failure> {
    let (machine, volume) = (database::find_machine(fly, app)?, database::find_volume(fly, app)?);
    let status = match &machine {
        Some(machine) if machine.state == "started" => LiveStatus::ready(),
        Some(machine) => LiveStatus::unreachable(&machine.state),
        None => LiveStatus::unreachable("incomplete").detail("Missing", "its machine"),
    };
    let status = status.detail("App", app.name.clone()).detail("Region", region(tenant));
    let status = match machine {
        Some(machine) => status.detail("Machine", format!("{}, {}", machine.id, machine.state)),
        None => status,
    };
    Ok(match volume {
        Some(volume) => status.detail("Volume", format!("{}, {} GB", volume.id, volume.size_gb)),
        None => status.detail("Missing", "its volume"),
    })
}

/// A database that Fly manages.
fn with_cluster(fly: &Fly, app: &App, tenant: &Tenant<Config>) -> Result<LiveStatus, Failure> {
    let (cluster, client) = (managed::cluster_of(tenant)?.look(fly)?, client::find(fly, app)?);
    let status = match &cluster {
        Some(cluster) if cluster.status == "ready" => LiveStatus::ready(),
        Some(cluster) => LiveStatus::unreachable(&cluster.status),
        None => LiveStatus::unreachable("incomplete").detail("Missing", "its cluster"),
    };
    let status = status.detail("App", app.name.clone()).detail("Region", region(tenant));
    let status = status.detail("Network", "the organisation's, whose other apps can reach it");
    let status = match cluster {
        Some(cluster) => compared(status, &cluster, tenant),
        None => status,
    };
    Ok(match client {
        Some(client) => status.detail("Machine", format!("{} with psql, {}", client.id, client.state)),
        None => status.detail("Missing", "its machine with psql"),
    })
}

/// The cluster, and what of it is not as it was asked for.
fn compared(status: LiveStatus, cluster: &Cluster, tenant: &Tenant<Config>) -> LiveStatus {
    let Cluster { id, status: state, plan, region: place, disk_size_gb, .. } = cluster;
    let status = status.detail("Cluster", format!("{id}, {state}, plan `{plan}`, {disk_size_gb} GB in {place}"));
    let (wanted, made_in) = (tenant.config.plan(), region(tenant));
    let status = if tenant.config.is_managed() && plan != wanted {
        status.detail("Differs", format!("the plan is `{plan}` at Fly, and `{wanted}` here"))
    } else {
        status
    };
    if place == made_in { status } else { status.detail("Differs", format!("it was made in {made_in}")) }
}

/// One whose app has gone: a cluster may be left, which costs money.
fn without_app(fly: &Fly, app: &App, tenant: &Tenant<Config>) -> Result<LiveStatus, Failure> {
    let Some(cluster) = managed::cluster_of(tenant)?.look(fly)? else {
        let gone = format!("`{}` is not at Fly, and neither is its cluster", app.name);
        return Ok(LiveStatus::unreachable("missing").detail("App", gone));
    };
    let left = format!("{}, {}; it costs money until the tenant is deleted", cluster.id, cluster.status);
    let status = LiveStatus::unreachable("incomplete").detail("Missing", format!("its app `{}`", app.name));
    Ok(status.detail("Cluster", left))
}

/// With the application; where that does not run, the tenant is no more than its database.
fn with_application(status: LiveStatus, application: Option<Machine>, tenant: &Tenant<Config>) -> LiveStatus {
    let is_whole = application.as_ref().is_some_and(|machine| machine.state == "started");
    let status = match application {
        Some(machine) => status.detail("Application", format!("{}, {}", machine.id, machine.state)),
        None => status.detail("Missing", format!("its application's machine{}", making_again(tenant))),
    };
    if is_whole || !status.reachable {
        return status;
    }
    LiveStatus { details: status.details, ..LiveStatus::unreachable("degraded") }
}

/// What makes an application's machine again, where its settings are known here.
fn making_again(tenant: &Tenant<Config>) -> String {
    let command = |image: &String| {
        let id = &tenant.id;
        format!("; `systemprompt cloud tenant edit {id} --config app_image={image}` makes it again")
    };
    tenant.config.app_image.as_ref().map(command).unwrap_or_default()
}

/// With the certificate and, as long as it is not active, what it waits for.
fn certified(status: LiveStatus, certificate: &Certificate) -> LiveStatus {
    let status = status.detail("Certificate", format!("`{}`, {}", certificate.hostname, certificate.status));
    let missing = certificate.records.iter().filter(|_| !certificate.is_active());
    missing.fold(status, |status, record| {
        status.detail("DNS", format!("{} {} {}", record.kind, record.name, record.value))
    })
}
