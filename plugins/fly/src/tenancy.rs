//! A tenant's life: made in steps, and removed as one.

use std::rc::Rc;

use serde_json::{Value, json};
use systemprompt_sdk::{Failure, LiveStatus, Operation, PlannedStep, Tenant};

use crate::address::{self, Kind};
use crate::api::Fly;
use crate::app::{self, App};
use crate::application;
use crate::belongings;
use crate::certificate::{self, Certificate};
use crate::database::{self, Wanted};
use crate::identity::identity;
use crate::intake;
use crate::machine::{self, Machine};
use crate::organisation::{self, Organisation};
use crate::psql::Psql;
use crate::{Config, REGIONS};

/// The password of the tenant's role.
pub(crate) const PASSWORD: &str = "db-password";
/// Field of the resources with the version of the app's secrets that the tenant was last given.
pub(crate) const SECRETS_VERSION: &str = "secrets_version";
/// The token with which the tenant is synchronised.
pub(crate) const SYNC_TOKEN: &str = "sync-token";

const ACCOUNT: &str = "look at the account";
const APP: &str = "create the app";
const SECRETS: &str = "hand over the password";
const VOLUME: &str = "create the volume";
const MACHINE: &str = "create the machine";
const START: &str = "wait until the machine is started";
const LOGIN: &str = "log in as the tenant";
const APP_SECRET: &str = "hand over the database's URL";
const APP_MACHINE: &str = "create the application's machine";
const APP_START: &str = "wait until the application is started";
const IPV4: &str = "get a shared IPv4 address";
const IPV6: &str = "get an IPv6 address";
const CERTIFICATE: &str = "ask for the certificate";
const LOOK: &str = "look at the app";
const REMOVE: &str = "remove the app";

/// The steps of making one.
pub(crate) fn creation(tenant: &Tenant<Config>) -> Vec<PlannedStep> {
    let (app, region, Config { volume_gb, image, domain, .. }) = (app::name(tenant), region(tenant), &tenant.config);
    let mut steps = vec![
        PlannedStep::new(ACCOUNT, "whose the token is, and for which organisation"),
        PlannedStep::new(APP, format!("`{app}`, on a private network of its own")).undoable(),
        PlannedStep::new(SECRETS, "generated here, and kept by Fly as a secret of the app"),
        PlannedStep::new(VOLUME, format!("{volume_gb} GB in {region}, encrypted, with snapshots")),
        PlannedStep::new(MACHINE, format!("with `{image}`")),
        PlannedStep::new(START, "up to five minutes"),
        PlannedStep::new(LOGIN, "on the machine, over its network, and a `select 1`"),
    ];
    if let Config { app_image: Some(image), app_port, .. } = &tenant.config {
        let web = format!("with `{image}`, to whose port {app_port} the web leads; a second machine costs money");
        steps.extend([
            PlannedStep::new(APP_SECRET, "as the secret `DATABASE_URL` of the app"),
            PlannedStep::new(APP_MACHINE, web),
            PlannedStep::new(APP_START, "up to five minutes"),
        ]);
    }
    steps.extend([PlannedStep::new(IPV4, "for nothing"), PlannedStep::new(IPV6, "for nothing")]);
    steps.extend(
        domain.iter().map(|domain| PlannedStep::new(CERTIFICATE, format!("for `{domain}`, and not waited for"))),
    );
    steps
}

/// The steps of removing one, or of ending all that costs money, with what there is to be removed.
pub(crate) fn removal(tenant: &Tenant<Config>) -> Result<Vec<PlannedStep>, Failure> {
    let look = PlannedStep::new(LOOK, "so that nothing begins that cannot end");
    Ok(vec![look, PlannedStep::new(REMOVE, belongings::in_words(tenant)?).irreversible()])
}

/// Makes one. What it makes is in one app, so that there is one undo.
pub(crate) fn create(op: &Operation<Config>) -> Result<Value, Failure> {
    let tenant = op.tenant()?;
    let (fly, region) = (Rc::new(Fly::connect()?), region(tenant));
    let app = Rc::new(App::made_by(&op.operation_id, tenant));
    let (password, sync_token) = (op.secret(PASSWORD)?, op.secret(SYNC_TOKEN)?);
    let organisation = op.step(ACCOUNT).run(|| Ok(Organisation::of(identity(&fly)?)))?;
    let undo = {
        let (fly, app, organisation) = (Rc::clone(&fly), Rc::clone(&app), organisation.clone());
        move || app.remove(&fly, &organisation)
    };
    op.step(APP).undo(undo).run(|| app.ensure(&fly, &organisation.slug))?;
    let secrets_version = op.step(SECRETS).run(|| database::hand_over(&fly, &app, &database::secrets(&password)))?;
    let volume = op.step(VOLUME).run(|| database::ensure_volume(&fly, &app, region, &tenant.config))?;
    let operation_id = &op.operation_id;
    let wanted = Wanted { tenant, operation_id, region, volume: &volume.id, secrets_version };
    let machine = op.step(MACHINE).run(|| database::ensure_machine(&fly, &app, &wanted))?;
    op.step(START).run(|| machine::wait_started(&fly, &app, &machine))?;
    let psql = Psql::of(machine, tenant);
    op.step(LOGIN).run(|| psql.check_login(&fly, &app))?;
    let application = match &tenant.config.app_image {
        Some(image) => Some(start_application(op, &fly, &app, &psql.machine, image)?),
        None => None,
    };
    op.step(IPV4).run(|| address::ensure(&fly, &app, Kind::SharedV4))?;
    op.step(IPV6).run(|| address::ensure(&fly, &app, Kind::V6))?;
    let certificate: Option<Certificate> = match &tenant.config.domain {
        Some(domain) => Some(op.step(CERTIFICATE).run(|| certificate::ensure(&fly, &app, domain))?),
        None => None,
    };
    let url = match &application {
        Some(application) => application.url.clone(),
        None => database::url(&app, tenant, &password),
    };
    let mut resources = json!({
        "app_id": app.name,
        "hostname": format!("{}.fly.dev", app.name),
        "internal_database_url": url,
        "external_db_access": false,
        "sync_token": format!("sp_sync_{sync_token}"),
        organisation::SLUG: organisation.slug,
        organisation::OWNER: organisation.owner(),
        "network": app.network,
        "machine": psql.machine.id,
        "volume": volume.id,
        SECRETS_VERSION: application.as_ref().map_or(secrets_version, |application| application.secrets_version),
    });
    if let Some(application) = application {
        resources[application::RECORDED] = application.machine.into();
    }
    if let Some(certificate) = certificate {
        resources["certificate"] = json!(certificate);
    }
    Ok(resources)
}

/// An application that was started, and what it was told.
struct Started {
    machine: String,
    url: String,
    secrets_version: u64,
}

/// Only when the database has answered: an application's first look is at that.
fn start_application(
    op: &Operation<Config>,
    fly: &Fly,
    app: &App,
    database: &Machine,
    image: &str,
) -> Result<Started, Failure> {
    let tenant = op.tenant()?;
    let url = application::database_url(app, database, tenant, &op.secret(PASSWORD)?);
    let secret = json!({ application::DATABASE_URL: url });
    let secrets_version = op.step(APP_SECRET).run(|| database::hand_over(fly, app, &secret))?;
    let operation_id = &op.operation_id;
    let wanted = application::Wanted { tenant, operation_id, region: region(tenant), image, secrets_version };
    let machine = op.step(APP_MACHINE).run(|| application::ensure(fly, app, &wanted))?;
    op.step(APP_START).run(|| machine::wait_started(fly, app, &machine))?;
    Ok(Started { machine: machine.id, url, secrets_version })
}

/// Removes one.
pub(crate) fn delete(op: &Operation<Config>) -> Result<(), Failure> {
    let tenant = op.tenant()?;
    let (fly, app) = (Fly::connect()?, App::of(tenant)?);
    let organisation = Organisation::recorded(tenant);
    op.step(LOOK).run(|| app.is_there_or_gone(&fly).map(|_| ()))?;
    op.step(REMOVE).irreversible().run(|| app.remove(&fly, &organisation))
}

/// Ends all of one that costs money; answers what is still said of it.
pub(crate) fn cancel(op: &Operation<Config>) -> Result<Value, Failure> {
    const KEPT: [&str; 5] = ["app_id", "network", organisation::SLUG, organisation::OWNER, "sync_token"];
    let tenant = op.tenant()?;
    let (fly, app) = (Fly::connect()?, App::of(tenant)?);
    let organisation = Organisation::recorded(tenant);
    // What is not seen counts as gone only for a login that would see it, and the removal cannot turn back.
    op.step(LOOK).run(|| app.is_there_or_gone(&fly).map(|_| ()))?;
    op.step(REMOVE).irreversible().run(|| app.remove(&fly, &organisation))?;
    let kept = KEPT.map(|field| (field.to_owned(), tenant.resources[field].clone()));
    Ok(kept.into_iter().filter(|(_, value)| !value.is_null()).collect::<serde_json::Map<_, _>>().into())
}

/// How one is, as Fly says.
pub(crate) fn status(tenant: &Tenant<Config>) -> Result<LiveStatus, Failure> {
    let (fly, app) = (Fly::connect_to_look()?, App::of(tenant)?);
    let organisation = Organisation::recorded(tenant);
    if app.is_gone(&fly, &organisation)? {
        return Ok(LiveStatus::unreachable("missing").detail("App", format!("`{}` is not at Fly", app.name)));
    }
    let (machine, volume) = (database::find_machine(&fly, &app)?, database::find_volume(&fly, &app)?);
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
    let status = match volume {
        Some(volume) => status.detail("Volume", format!("{}, {} GB", volume.id, volume.size_gb)),
        None => status.detail("Missing", "its volume"),
    };
    let status =
        if application::is_of(tenant) { with_application(status, application::find(&fly, &app)?) } else { status };
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

/// With the application; where that does not run, the tenant is no more than its database.
fn with_application(status: LiveStatus, application: Option<Machine>) -> LiveStatus {
    let is_whole = application.as_ref().is_some_and(|machine| machine.state == "started");
    let status = match application {
        Some(machine) => status.detail("Application", format!("{}, {}", machine.id, machine.state)),
        None => status.detail("Missing", "its application's machine"),
    };
    if is_whole || !status.reachable {
        return status;
    }
    LiveStatus { details: status.details, ..LiveStatus::unreachable("degraded") }
}

/// With the certificate and, as long as it is not active, what it waits for.
fn certified(status: LiveStatus, certificate: &Certificate) -> LiveStatus {
    let status = status.detail("Certificate", format!("`{}`, {}", certificate.hostname, certificate.status));
    let missing = certificate.records.iter().filter(|_| !certificate.is_active());
    missing.fold(status, |status, record| {
        status.detail("DNS", format!("{} {} {}", record.kind, record.name, record.value))
    })
}

/// Where it runs: as asked for, or in the first region.
fn region(tenant: &Tenant<Config>) -> &str {
    tenant.region.as_deref().unwrap_or(REGIONS[0].0)
}
