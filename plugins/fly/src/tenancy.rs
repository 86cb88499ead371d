//! A tenant's life: made in steps, and removed as one.

use std::rc::Rc;

use serde_json::{Value, json};
use systemprompt_sdk::{Failure, Operation, PlannedStep, Secret, Tenant};

use crate::Config;
use crate::address::{self, Kind};
use crate::api::Fly;
use crate::app::{self, App};
use crate::application::{self, Making, Shape};
use crate::belongings;
use crate::certificate::{self, Certificate};
use crate::cluster;
use crate::database::{self, Wanted};
use crate::identity::identity;
use crate::machine;
use crate::managed;
use crate::organisation::{self, Organisation};
use crate::psql::Psql;
use crate::regions::{self, REGIONS};
use crate::tag;

/// The password of the tenant's role.
pub(crate) const PASSWORD: &str = "db-password";
/// Field of the resources with the version of the app's secrets that the tenant was last given.
pub(crate) const SECRETS_VERSION: &str = "secrets_version";
/// The token with which the tenant is synchronised.
pub(crate) const SYNC_TOKEN: &str = "sync-token";

pub(crate) const ACCOUNT: &str = "look at the account";
pub(crate) const APP: &str = "create the app";
const SECRETS: &str = "hand over the password";
const VOLUME: &str = "create the volume";
const MACHINE: &str = "create the machine";
pub(crate) const START: &str = "wait until the machine is started";
pub(crate) const LOGIN: &str = "log in as the tenant";
const APP_SECRET: &str = "hand over the database's URL";
const APP_MACHINE: &str = "create the application's machine";
const APP_START: &str = "wait until the application is started";
const IPV4: &str = "get a shared IPv4 address";
const IPV6: &str = "get an IPv6 address";
const CERTIFICATE: &str = "ask for the certificate";
const LOOK: &str = "look at the app";
const REMOVE: &str = "remove the app";
const REMOVE_CLUSTER: &str = "remove the managed cluster";

/// The steps of making one.
pub(crate) fn creation(tenant: &Tenant<Config>) -> Vec<PlannedStep> {
    if tenant.config.is_managed() {
        return managed::creation(tenant);
    }
    let (app, region, Config { volume_gb, image, .. }) = (app::name(tenant), region(tenant), &tenant.config);
    let mut steps = vec![
        PlannedStep::new(ACCOUNT, "whose the token is, and for which organisation"),
        PlannedStep::new(APP, format!("`{app}`, on a private network of its own")).undoable(),
        PlannedStep::new(SECRETS, "generated here, and kept by Fly as a secret of the app"),
        PlannedStep::new(VOLUME, format!("{volume_gb} GB in {region}, encrypted, with snapshots")),
        PlannedStep::new(MACHINE, format!("with `{image}`")),
        PlannedStep::new(START, "up to five minutes"),
        PlannedStep::new(LOGIN, "on the machine, over its network, and a `select 1`"),
    ];
    steps.extend(application_steps(&tenant.config));
    steps.extend(address_steps(&tenant.config));
    steps
}

/// Those of an application, where there is one.
pub(crate) fn application_steps(config: &Config) -> Vec<PlannedStep> {
    let Config { app_image: Some(image), app_port, .. } = config else { return Vec::new() };
    let web = format!("with `{image}`, to whose port {app_port} the web leads; a second machine costs money");
    vec![
        PlannedStep::new(APP_SECRET, "as the secret `DATABASE_URL` of the app"),
        PlannedStep::new(APP_MACHINE, web),
        PlannedStep::new(APP_START, "up to five minutes"),
    ]
}

/// Those by which the web finds the app.
pub(crate) fn address_steps(config: &Config) -> Vec<PlannedStep> {
    let certificate = config.domain.iter();
    let certificate =
        certificate.map(|domain| PlannedStep::new(CERTIFICATE, format!("for `{domain}`, and not waited for")));
    let addresses = [PlannedStep::new(IPV4, "for nothing"), PlannedStep::new(IPV6, "for nothing")];
    addresses.into_iter().chain(certificate).collect()
}

/// The steps of removing one, or of ending all that costs money, with what there is to be removed.
pub(crate) fn removal(tenant: &Tenant<Config>) -> Result<Vec<PlannedStep>, Failure> {
    let look = PlannedStep::new(LOOK, "so that nothing begins that cannot end");
    let remove = PlannedStep::new(REMOVE, belongings::in_words(tenant)?).irreversible();
    if !managed::is_of(tenant) {
        return Ok(vec![look, remove]);
    }
    let cluster = PlannedStep::new(REMOVE_CLUSTER, belongings::of_cluster(tenant)?);
    Ok(vec![look, remove, cluster.irreversible()])
}

/// Makes one. What it makes is in one app, so that there is one undo.
pub(crate) fn create(op: &Operation<Config>) -> Result<Value, Failure> {
    let tenant = op.tenant()?;
    if tenant.config.is_managed() {
        return managed::create(op);
    }
    let (fly, region) = (Rc::new(Fly::connect()?), region(tenant));
    let app = Rc::new(App::made_by(&op.operation_id, tenant));
    let (password, sync_token) = (op.secret(PASSWORD)?, op.secret(SYNC_TOKEN)?);
    let organisation = op.step(ACCOUNT).run(|| look(&fly, region))?;
    let undo = {
        let (fly, app, organisation) = (Rc::clone(&fly), Rc::clone(&app), organisation.clone());
        move || app.remove(&fly, &organisation)
    };
    op.step(APP).undo(undo).run(|| app.ensure(&fly, &organisation.slug).map(drop))?;
    let secrets_version = op.step(SECRETS).run(|| database::hand_over(&fly, &app, &database::secrets(&password)))?;
    let volume = op.step(VOLUME).run(|| {
        let made = database::ensure_volume(&fly, &app, region, &tenant.config);
        made.map_err(|failure| regions::explain(&fly, region, failure))
    })?;
    let operation_id = &op.operation_id;
    let wanted = Wanted { tenant, operation_id, region, volume: &volume.id, secrets_version };
    let machine = op.step(MACHINE).run(|| database::ensure_machine(&fly, &app, &wanted))?;
    op.step(START).run(|| machine::wait_started(&fly, &app, &machine))?;
    let psql = Psql::of(machine, tenant);
    op.step(LOGIN).run(|| psql.check_login(&fly, &app))?;
    let url = application::database_url(&app, &psql.machine, tenant, &password);
    let application = start_application(op, &fly, &app, &url)?;
    let url = if application.is_some() { url } else { database::url(&app, tenant, &password) };
    let mut resources = recorded(&app, &organisation, &url, &sync_token);
    resources["external_db_access"] = false.into();
    if let Some(image) = psql.machine.image_ref.as_ref().and_then(|found| found.of(&tenant.config.image)) {
        resources["image"] = image.into();
    }
    resources["machine"] = psql.machine.id.into();
    resources["volume"] = volume.id.into();
    resources[SECRETS_VERSION] = secrets_version.into();
    if let Some(application) = application {
        resources[SECRETS_VERSION] = application.secrets_version.into();
        resources[application::RECORDED] = application.machine.into();
    }
    finish(op, &fly, &app, resources)
}

/// Whose the account is, where the region is one at all.
pub(crate) fn look(fly: &Fly, region: &str) -> Result<Organisation, Failure> {
    let organisation = Organisation::of(identity(fly)?);
    regions::expect(fly, region)?;
    Ok(organisation)
}

/// What is recorded of every tenant.
pub(crate) fn recorded(app: &App, organisation: &Organisation, url: &str, sync_token: &Secret) -> Value {
    json!({
        "app_id": app.name,
        "hostname": format!("{}.fly.dev", app.name),
        "internal_database_url": url,
        "sync_token": format!("sp_sync_{sync_token}"),
        organisation::SLUG: organisation.slug,
        organisation::OWNER: organisation.owner(),
        "network": app.network(),
    })
}

/// Lets the web find the app, and adds what is recorded of that.
pub(crate) fn finish(op: &Operation<Config>, fly: &Fly, app: &App, mut resources: Value) -> Result<Value, Failure> {
    op.step(IPV4).run(|| address::ensure(fly, app, Kind::SharedV4))?;
    op.step(IPV6).run(|| address::ensure(fly, app, Kind::V6))?;
    if let Some(domain) = &op.tenant()?.config.domain {
        let certificate: Certificate = op.step(CERTIFICATE).run(|| certificate::ensure(fly, app, domain))?;
        resources["certificate"] = json!(certificate);
    }
    Ok(resources)
}

/// An application that was started, and what it was told.
pub(crate) struct Started {
    pub(crate) machine: String,
    pub(crate) secrets_version: u64,
}

/// Only when the database has answered: an application's first look is at that. None where there is none.
pub(crate) fn start_application(
    op: &Operation<Config>,
    fly: &Fly,
    app: &App,
    url: &str,
) -> Result<Option<Started>, Failure> {
    let tenant = op.tenant()?;
    if tenant.config.app_image.is_none() {
        return Ok(None);
    }
    let secret = json!({ application::DATABASE_URL: url });
    let secrets_version = op.step(APP_SECRET).run(|| database::hand_over(fly, app, &secret))?;
    let (making, shape) = (Making::by(op)?, Shape::wanted(&tenant.config));
    let machine = op.step(APP_MACHINE).run(|| application::ensure(fly, app, &making, &shape, Some(secrets_version)))?;
    op.step(APP_START).run(|| machine::wait_started(fly, app, &machine))?;
    Ok(Some(Started { machine: machine.id, secrets_version }))
}

/// Removes one.
pub(crate) fn delete(op: &Operation<Config>) -> Result<(), Failure> {
    let tenant = op.tenant()?;
    let (fly, app) = (Fly::connect()?, App::of(tenant)?);
    let cluster = if managed::is_of(tenant) { Some(managed::cluster_of(tenant)?) } else { None };
    // What is not seen counts as gone only for a login that would see it, and the removal cannot turn back.
    op.step(LOOK).run(|| {
        app.is_there_or_gone(&fly)?;
        cluster.iter().try_for_each(|cluster| cluster.look(&fly).map(drop))
    })?;
    op.step(REMOVE).irreversible().run(|| app.remove(&fly, &Organisation::recorded(tenant)))?;
    match cluster {
        Some(cluster) => op.step(REMOVE_CLUSTER).irreversible().run(|| cluster.remove(&fly)),
        None => Ok(()),
    }
}

/// Ends all of one that costs money; answers what is still said of it.
pub(crate) fn cancel(op: &Operation<Config>) -> Result<Value, Failure> {
    const KEPT: [&str; 8] = [
        "app_id",
        "network",
        tag::MARKED,
        cluster::RECORDED,
        cluster::NAME,
        organisation::SLUG,
        organisation::OWNER,
        "sync_token",
    ];
    delete(op)?;
    let resources = &op.tenant()?.resources;
    let kept = KEPT.map(|field| (field.to_owned(), resources[field].clone()));
    Ok(kept.into_iter().filter(|(_, value)| !value.is_null()).collect::<serde_json::Map<_, _>>().into())
}

/// Where it runs: as asked for, or in the first region.
pub(crate) fn region(tenant: &Tenant<Config>) -> &str {
    tenant.region.as_deref().unwrap_or(REGIONS[0].0)
}
