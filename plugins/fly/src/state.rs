//! How a tenant is, as Fly says, beside what is recorded of it.

use systemprompt_sdk::{Failure, LiveStatus, Tenant};

use crate::Config;
use crate::address;
use crate::api::Fly;
use crate::app::App;
use crate::application;
use crate::certificate::{self, Certificate};
use crate::client;
use crate::cluster::Cluster;
use crate::database;
use crate::drift::{self, DIFFERS, MISSING, There};
use crate::intake;
use crate::managed;
use crate::organisation::Organisation;
use crate::part::{self, Part};
use crate::tenancy::region;

/// Asks Fly.
pub(crate) fn status(tenant: &Tenant<Config>) -> Result<LiveStatus, Failure> {
    let (fly, app) = (Fly::connect_to_look()?, App::of(tenant)?);
    let is_gone = app.is_gone(&fly, &Organisation::recorded(tenant))?;
    match (managed::is_of(tenant), is_gone) {
        (false, true) => Ok(LiveStatus::unreachable("missing").detail("App", format!("`{}` is not at Fly", app.name))),
        (true, true) => without_app(&fly, &app, tenant),
        (false | true, false) => with_app(&fly, &app, tenant),
    }
}

/// One whose app is there.
fn with_app(fly: &Fly, app: &App, tenant: &Tenant<Config>) -> Result<LiveStatus, Failure> {
    let there = look(fly, app)?;
    let status = if managed::is_of(tenant) {
        with_cluster(fly, app, tenant, &there)?
    } else {
        with_machine(app, tenant, &there)
    };
    let application = there.machine(application::MACHINE);
    let status = if application::is_of(tenant) { with_application(status, application, tenant) } else { status };
    let status =
        drift::of(tenant, &there).into_iter().fold(status, |status, (label, value)| status.detail(label, value));
    let status = if intake::is_without_password(tenant) {
        status.detail("Password", "not known here; `systemprompt cloud tenant rotate-credentials` makes another")
    } else {
        status
    };
    let Some(domain) = &tenant.config.domain else { return Ok(status) };
    Ok(match certificate::find(fly, app, domain)? {
        Some(certificate) => certified(status, &certificate),
        None => status.detail(MISSING, format!("its certificate for `{domain}`")),
    })
}

/// What there is in the app.
fn look(fly: &Fly, app: &App) -> Result<There, Failure> {
    let parts = part::all(fly, &app.name)?.unwrap_or_default();
    Ok(There { parts, volumes: database::volumes(fly, app)?, addresses: address::all(fly, app)? })
}

/// A database on a machine of the tenant's own.
fn with_machine(app: &App, tenant: &Tenant<Config>, there: &There) -> LiveStatus {
    let machine = there.machine(database::MACHINE);
    let status = match machine {
        Some(machine) if machine.state == "started" => LiveStatus::ready(),
        Some(machine) => LiveStatus::unreachable(&machine.state),
        None => LiveStatus::unreachable("incomplete").detail(MISSING, "its machine"),
    };
    let status = placed(status, app, tenant, machine);
    let status = match machine {
        Some(machine) => status.detail("Machine", format!("{}, {}", machine.id, machine.state)),
        None => status,
    };
    match there.volume(tenant) {
        Some(volume) => status.detail("Volume", format!("{}, {} GB", volume.id, volume.size_gb)),
        None => status.detail(MISSING, "its volume"),
    }
}

/// Where it is: as Fly says, and where Fly does not as it was asked for.
fn placed(status: LiveStatus, app: &App, tenant: &Tenant<Config>, machine: Option<&Part>) -> LiveStatus {
    let found = machine.and_then(|machine| machine.region.as_deref());
    status.detail("App", app.name.clone()).detail("Region", found.unwrap_or_else(|| region(tenant)))
}

/// A database that Fly manages.
fn with_cluster(fly: &Fly, app: &App, tenant: &Tenant<Config>, there: &There) -> Result<LiveStatus, Failure> {
    let (cluster, client) = (managed::cluster_of(tenant)?.look(fly)?, there.machine(client::MACHINE));
    let status = match &cluster {
        Some(cluster) if cluster.status == "ready" => LiveStatus::ready(),
        Some(cluster) => LiveStatus::unreachable(&cluster.status),
        None => LiveStatus::unreachable("incomplete").detail(MISSING, "its cluster"),
    };
    let status = placed(status, app, tenant, client);
    let status = status.detail("Network", "the organisation's, whose other apps can reach it");
    let status = match cluster {
        Some(cluster) => compared(status, &cluster, tenant),
        None => status,
    };
    Ok(match client {
        Some(client) => status.detail("Machine", format!("{} with psql, {}", client.id, client.state)),
        None => status.detail(MISSING, "its machine with psql"),
    })
}

/// The cluster, and what of it is not as it was asked for.
fn compared(status: LiveStatus, cluster: &Cluster, tenant: &Tenant<Config>) -> LiveStatus {
    let Cluster { id, status: state, plan, region: place, disk_size_gb, .. } = cluster;
    let status = status.detail("Cluster", format!("{id}, {state}, plan `{plan}`, {disk_size_gb} GB in {place}"));
    let (wanted, made_in, disk) = (tenant.config.plan(), region(tenant), tenant.config.volume_gb);
    let is_known = tenant.config.is_managed();
    let differences = [
        (is_known && plan != wanted, format!("the plan is `{plan}` at Fly, and `{wanted}` here")),
        (
            is_known && *disk_size_gb != u64::from(disk),
            format!("the disk is {disk_size_gb} GB at Fly, and {disk} GB here"),
        ),
        (place != made_in, format!("the region of the cluster is `{place}` at Fly, and `{made_in}` here")),
    ];
    let differences = differences.into_iter().filter(|(differs, _)| *differs);
    differences.fold(status, |status, (_, line)| status.detail(DIFFERS, line))
}

/// One whose app has gone: a cluster may be left, which costs money.
fn without_app(fly: &Fly, app: &App, tenant: &Tenant<Config>) -> Result<LiveStatus, Failure> {
    let Some(cluster) = managed::cluster_of(tenant)?.look(fly)? else {
        let gone = format!("`{}` is not at Fly, and neither is its cluster", app.name);
        return Ok(LiveStatus::unreachable("missing").detail("App", gone));
    };
    let left = format!("{}, {}; it costs money until the tenant is deleted", cluster.id, cluster.status);
    let status = LiveStatus::unreachable("incomplete").detail(MISSING, format!("its app `{}`", app.name));
    Ok(status.detail("Cluster", left))
}

/// With the application; where that does not run, the tenant is no more than its database.
fn with_application(status: LiveStatus, application: Option<&Part>, tenant: &Tenant<Config>) -> LiveStatus {
    let is_whole = application.is_some_and(|machine| machine.state == "started");
    let status = match application {
        Some(machine) => status.detail("Application", format!("{}, {}", machine.id, machine.state)),
        None => status.detail(MISSING, format!("its application's machine{}", making_again(tenant))),
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
