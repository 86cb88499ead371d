//! A tenant whose database Fly manages: its app is in the organisation's network, where the cluster answers, and so are all
//! of the organisation's other apps.

use std::rc::Rc;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use systemprompt_sdk::{Failure, Operation, PlannedStep, Secret, Tenant, log};

use crate::Config;
use crate::api::Fly;
use crate::app::{self, App};
use crate::application::{self, Application};
use crate::client;
use crate::cluster::{self, Cluster, Endpoint};
use crate::credentials;
use crate::database;
use crate::intake;
use crate::machine::{self, Machine};
use crate::place::{Made, Place};
use crate::psql::Psql;
use crate::regions;
use crate::rotation::{self, running_as};
use crate::tag;
use crate::tenancy::{self, PASSWORD, SECRETS_VERSION, SYNC_TOKEN, region};

const NAME: &str = "look whether the name is free";
const CLUSTER: &str = "create the managed cluster";
const READY: &str = "wait until the cluster is ready";
const TAKE: &str = "take the password over";
const MACHINE: &str = "create the machine with psql";
const FIND: &str = "find the cluster and the machine";
const SET: &str = "have Fly make the new password";
const LOG_IN: &str = "log in with the new password";
const HAND_OVER: &str = "hand over the database's URL";

/// Whether Fly manages a tenant's database.
pub(crate) fn is_of(tenant: &Tenant<Config>) -> bool {
    tenant.config.is_managed() || tenant.resources[cluster::RECORDED].is_string()
}

/// What whoever makes one has to know.
const SHARED: &str = "in the organisation's network, whose other apps can reach it and its database";

/// The steps of making one.
pub(crate) fn creation(tenant: &Tenant<Config>) -> Vec<PlannedStep> {
    let (app, region, config) = (app::name(tenant), region(tenant), &tenant.config);
    let (disk, image, costs) = (config.volume_gb, &config.image, config.costs());
    let plan =
        format!("plan `{}`, PostgreSQL {}, {disk} GB in {region}: {costs}", config.database_plan, cluster::MAJOR);
    let mut steps = vec![
        PlannedStep::new(tenancy::ACCOUNT, "whose the token is, and for which organisation"),
        PlannedStep::new(NAME, format!("`{app}`: there is no other sign of whose an app of that name is")),
        PlannedStep::new(tenancy::APP, format!("`{app}`, {SHARED}")).undoable(),
        PlannedStep::new(CLUSTER, plan).undoable(),
        PlannedStep::new(READY, "up to 15 minutes"),
        PlannedStep::new(TAKE, "made by Fly, sealed here, and seen by nobody"),
        PlannedStep::new(
            MACHINE,
            format!("with `{image}`, and no server; the smallest machine, which costs money, too"),
        ),
        PlannedStep::new(tenancy::START, "up to five minutes"),
        PlannedStep::new(tenancy::LOGIN, "from the machine, and a `select 1`"),
    ];
    steps.extend(tenancy::application_steps(config));
    steps.extend(tenancy::address_steps(config));
    steps
}

/// Makes one: an app and a cluster, each with an undo.
pub(crate) fn create(op: &Operation<Config>) -> Result<Value, Failure> {
    let tenant = op.tenant()?;
    let (fly, region) = (Rc::new(Fly::connect()?), region(tenant));
    let app = Rc::new(App::marked_by(&op.operation_id, tenant));
    let sync_token = op.secret(SYNC_TOKEN)?;
    let organisation = op.step(tenancy::ACCOUNT).run(|| tenancy::look(&fly, region))?;
    op.step(NAME).run(|| {
        app.expect_none(&fly)?;
        // A token may be for no clusters, and what is made then can neither be finished nor seen to have gone.
        cluster::all(&fly, &organisation.slug).map(drop)
    })?;
    let place = Rc::new(Place::made_by(&op.operation_id, tenant, &organisation));
    let undo = {
        let (fly, app, organisation) = (Rc::clone(&fly), Rc::clone(&app), organisation.clone());
        move || app.remove(&fly, &organisation)
    };
    let uid: Option<String> = op.step(tenancy::APP).undo(undo).run(|| {
        log::warn(&format!("app `{}` is {SHARED}", app.name));
        let uid = app.ensure(&fly, &organisation.slug)?;
        place.is_unasked();
        Ok(uid)
    })?;
    let (cluster, endpoint) = make_cluster(op, &fly, &place)?;
    let password: String =
        op.step(TAKE).run(|| credentials::password(&fly, &cluster.id).map(|password| password.to_string()))?;
    let password = Secret::recorded(&password);
    let client = op.step(MACHINE).run(|| client::ensure(&fly, &app, tenant, &op.operation_id, region))?;
    op.step(tenancy::START).run(|| machine::wait_started(&fly, &app, &client))?;
    let psql = Psql::managed(client, endpoint.clone(), password.clone());
    op.step(tenancy::LOGIN).run(|| psql.check_login(&fly, &app))?;
    let url = endpoint.url(&password);
    let application = tenancy::start_application(op, &fly, &app, &url)?;
    let mut resources = tenancy::recorded(&app, &organisation, &url, &sync_token);
    resources[tag::MARKED] = app.mark().into();
    resources[app::UID] = uid.into();
    resources["machine"] = psql.machine.id.into();
    for (field, value) in Place::recorded(&cluster, &endpoint) {
        resources[field] = value;
    }
    if let Some(application) = application {
        resources[SECRETS_VERSION] = application.secrets_version.into();
        resources[application::RECORDED] = application.machine.into();
    }
    tenancy::finish(op, &fly, &app, resources)
}

fn make_cluster(op: &Operation<Config>, fly: &Rc<Fly>, place: &Rc<Place>) -> Result<(Cluster, Endpoint), Failure> {
    let tenant = op.tenant()?;
    let undo = {
        let (fly, place) = (Rc::clone(fly), Rc::clone(place));
        move || place.remove(&fly)
    };
    let Made { cluster, may_be_two } = op.step(CLUSTER).undo(undo).run(|| {
        let made = place.ensure(fly, region(tenant), &tenant.config);
        made.map_err(|failure| regions::explain(fly, region(tenant), failure))
    })?;
    place.is_made(&cluster.id);
    op.step(READY).run(|| {
        let ready = cluster::wait_ready(fly, &cluster)?;
        let endpoint = ready.endpoint()?;
        if may_be_two {
            place.remove_others(fly, &cluster.id);
        }
        Ok((ready, endpoint))
    })
}

/// `psql` in its database, with the password as it is recorded.
pub(crate) fn psql(fly: &Fly, app: &App, tenant: &Tenant<Config>) -> Result<Psql, Failure> {
    intake::require_password(tenant)?;
    let machine = running_as(fly, app, client::MACHINE)?;
    Ok(Psql::managed(machine, Endpoint::of(tenant)?, Secret::of_tenant(PASSWORD)?))
}

/// What is known before a rotation.
#[derive(Serialize, Deserialize)]
struct Found {
    cluster: String,
    /// Placeholder of the password.
    password: String,
    client: Machine,
    application: Option<Application>,
}

/// The steps of a rotation.
pub(crate) fn rotation(tenant: &Tenant<Config>) -> Vec<PlannedStep> {
    let set = "Fly chooses it, and ends what the old one opened; there is no way back";
    let mut steps = vec![
        PlannedStep::new(FIND, "it has to be ready, and the machine with psql to run"),
        PlannedStep::new(SET, set).irreversible(),
        PlannedStep::new(LOG_IN, "proves that the new password is taken"),
    ];
    if application::is_of(tenant) {
        steps.push(PlannedStep::new(HAND_OVER, "as the secret `DATABASE_URL` of the app"));
        steps.extend(rotation::restarting());
    }
    steps
}

/// Performs it. Fly makes the password, so that the one before cannot be put back.
pub(crate) fn rotate(op: &Operation<Config>) -> Result<Value, Failure> {
    let tenant = op.tenant()?;
    let (fly, app) = (Fly::connect()?, App::of(tenant)?);
    let (endpoint, sync_token) = (Endpoint::of(tenant)?, op.secret(SYNC_TOKEN)?);
    let found: Found = op.step(FIND).run(|| find(&fly, &app, tenant))?;
    let before = Secret::recorded(&found.password);
    let after: String = op
        .step(SET)
        .irreversible()
        .run(|| credentials::rotate(&fly, &found.cluster, &before).map(|after| after.to_string()))?;
    let after = Secret::recorded(&after);
    let psql = Psql::managed(found.client, endpoint.clone(), after.clone());
    op.step(LOG_IN).run(|| psql.check_login(&fly, &app))?;
    let mut resources = tenant.resources.clone();
    let url = endpoint.url(&after);
    if application::is_of(tenant) {
        let secret = json!({ application::DATABASE_URL: url });
        let version = op.step(HAND_OVER).run(|| database::hand_over(&fly, &app, &secret))?;
        rotation::restart(op, &fly, &app, found.application.as_ref(), version)?;
        resources[SECRETS_VERSION] = version.into();
    }
    resources["internal_database_url"] = url.into();
    if resources["sync_token"].is_null() {
        resources["sync_token"] = format!("sp_sync_{sync_token}").into();
    }
    Ok(resources)
}

fn find(fly: &Fly, app: &App, tenant: &Tenant<Config>) -> Result<Found, Failure> {
    let client = running_as(fly, app, client::MACHINE)?;
    let cluster = match cluster_of(tenant)?.look(fly)? {
        Some(cluster) if cluster.status == "ready" => cluster.id,
        Some(cluster) => {
            let message = format!("cluster `{}` is not ready: it is {}", cluster.name, cluster.status);
            return Err(Failure::retryable("cluster-not-ready", message).help("type the same again later"));
        }
        None => return Err(cluster::missing(tenant.resources[cluster::RECORDED].as_str().unwrap_or_default())),
    };
    let password = credentials::password(fly, &cluster)?.to_string();
    let application = if application::is_of(tenant) { application::look(fly, app)? } else { None };
    Ok(Found { cluster, password, client, application })
}

/// The tenant's cluster as it is recorded.
pub(crate) fn cluster_of(tenant: &Tenant<Config>) -> Result<Place, Failure> {
    Place::of(tenant).ok_or_else(|| {
        let message = format!("nothing says which cluster is tenant `{}`'s", tenant.name);
        Failure::broken("cluster-unknown", message)
            .help("look for it at https://fly.io/dashboard, and remove it there if it is the tenant's")
    })
}

/// Refuses what Fly does not offer for a managed database.
pub(crate) fn refuse_access(tenant: &Tenant<Config>) -> Result<(), Failure> {
    if !is_of(tenant) {
        return Ok(());
    }
    let message = "a managed database answers in the organisation's network alone: Fly has no address outside for it";
    Err(Failure::refused("access-unsupported", message).help(format!(
        "`systemprompt infra db psql {}` works without; for psql of your own there is `fly mpg connect`",
        tenant.id
    )))
}
