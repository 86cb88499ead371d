//! Another password for a tenant's role: in the database, and among the secrets of its app.

use std::rc::Rc;

use serde::Deserialize;
use serde_json::Value;
use systemprompt_sdk::rotation::END_SESSIONS;
use systemprompt_sdk::{Failure, Operation, PlannedStep, Request, Secret, Tenant};

use crate::Config;
use crate::access;
use crate::api::Fly;
use crate::app::App;
use crate::application::{self, Application};
use crate::database;
use crate::intake;
use crate::machine::{self, Machine};
use crate::managed;
use crate::psql::Psql;
use crate::tenancy::{PASSWORD, SECRETS_VERSION, SYNC_TOKEN};

const FIND: &str = "find the machine";
const SET: &str = "set the new password";
const LOG_IN: &str = "log in with the new password";
const HAND_OVER: &str = "hand over the new password";
pub(crate) const APP_FIND: &str = "find the application's machine";
const APP_RENEW: &str = "restart the application";
const APP_START: &str = "wait until the application is started";

/// Arguments of the operation.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Input {
    #[serde(default)]
    overlap_ms: Option<u64>,
}

/// The steps of it.
pub(crate) fn plan(request: &Request<Config>) -> Result<Vec<PlannedStep>, Failure> {
    if managed::is_of(request.tenant()?) {
        refuse_overlap(request)?;
        return Ok(managed::rotation(request.tenant()?));
    }
    let (role, has_application) = (request.tenant()?.role_name(), application::is_of(request.tenant()?));
    refuse_overlap(request)?;
    let find = PlannedStep::new(FIND, "it has to run");
    let find_application = PlannedStep::new(APP_FIND, "it need not run");
    let set = PlannedStep::new(SET, format!("gives the role `{role}` another password"));
    let hand_over = PlannedStep::new(HAND_OVER, "to Fly, as a secret of the app");
    let (set, proves, hand_over) = if intake::is_without_password(request.tenant()?) {
        let summary = format!("gives the role `{role}` another password; the old one is not known here, and is gone");
        (PlannedStep { summary, ..set.irreversible() }, "proves that the new password is taken", hand_over)
    } else {
        (set.undoable(), "proves that the new password is taken, and the old one refused", hand_over.undoable())
    };
    let end = PlannedStep::new(END_SESSIONS, "ends the connections that the old password opened");
    let rest = [set, PlannedStep::new(LOG_IN, proves), hand_over, end];
    let of_application = |steps: Vec<PlannedStep>| steps.into_iter().filter(move |_| has_application);
    let steps = std::iter::once(find).chain(of_application(vec![find_application])).chain(rest);
    Ok(steps.chain(of_application(restarting())).collect())
}

/// Performs it. The database's machine goes on as it is: of what Fly keeps for it, it sees the new version when it is next
/// updated, and until then nothing on it needs the password. The application needs it, and is begun again.
pub(crate) fn rotate(op: &Operation<Config>) -> Result<Value, Failure> {
    let tenant = op.tenant()?;
    refuse_overlap(op)?;
    if managed::is_of(tenant) {
        return managed::rotate(op);
    }
    let (fly, app) = (Rc::new(Fly::connect()?), Rc::new(App::of(tenant)?));
    if intake::is_without_password(tenant) {
        return first(op, &fly, &app);
    }
    let renewal = op.renewed_secret(PASSWORD)?;
    let machine = op.step(FIND).run(|| running(&fly, &app))?;
    let has_application = application::is_of(tenant);
    let application: Option<Application> =
        if has_application { op.step(APP_FIND).run(|| application::look(&fly, &app))? } else { None };
    let psql = Rc::new(Psql::of(machine, tenant));
    let put_back = {
        let (fly, app, psql, before) = (Rc::clone(&fly), Rc::clone(&app), Rc::clone(&psql), renewal.before.clone());
        move || psql.set_password(&fly, &app, &before)
    };
    op.step(SET).undo(put_back).run(|| psql.set_password(&fly, &app, &renewal.after))?;
    op.step(LOG_IN).run(|| psql.check_renewal(&fly, &app, &renewal))?;
    let secrets = |password: &Secret| secrets(&app, &psql.machine, tenant, password);
    let take_back = {
        let (fly, app, before) = (Rc::clone(&fly), Rc::clone(&app), secrets(&renewal.before));
        let application = application.clone();
        // An application that was begun again sees the old password only after Fly has that back.
        move || {
            let version = database::hand_over(&fly, &app, &before)?;
            application.map_or(Ok(()), |application| application.put_back(&fly, &app, version))
        }
    };
    let version =
        op.step(HAND_OVER).undo(take_back).run(|| database::hand_over(&fly, &app, &secrets(&renewal.after)))?;
    op.step(END_SESSIONS).run(|| psql.end_sessions(&fly, &app))?;
    if has_application {
        restart(op, &fly, &app, application.as_ref(), version)?;
    }
    let mut resources = renewal.applied_to(&tenant.resources);
    resources[SECRETS_VERSION] = version.into();
    Ok(resources)
}

/// A password for one whose own is not known here, as it was taken in: that cannot be put back, so that there is no way
/// but on. Whoever used it is out.
fn first(op: &Operation<Config>, fly: &Fly, app: &App) -> Result<Value, Failure> {
    let (tenant, password, sync_token) = (op.tenant()?, op.secret(PASSWORD)?, op.secret(SYNC_TOKEN)?);
    let machine = op.step(FIND).run(|| running(fly, app))?;
    let has_application = application::is_of(tenant);
    let application: Option<Application> =
        if has_application { op.step(APP_FIND).run(|| application::look(fly, app))? } else { None };
    let psql = Psql::of(machine, tenant);
    op.step(SET).irreversible().run(|| psql.set_password(fly, app, &password))?;
    op.step(LOG_IN).run(|| psql.check_password(fly, app, &password))?;
    let secrets = secrets(app, &psql.machine, tenant, &password);
    let version = op.step(HAND_OVER).run(|| database::hand_over(fly, app, &secrets))?;
    op.step(END_SESSIONS).run(|| psql.end_sessions(fly, app))?;
    if has_application {
        restart(op, fly, app, application.as_ref(), version)?;
    }
    let mut resources = tenant.resources.clone();
    resources["internal_database_url"] = if has_application {
        application::database_url(app, &psql.machine, tenant, &password).into()
    } else {
        database::url(app, tenant, &password).into()
    };
    if resources["external_db_access"] == true {
        resources["database_url"] = access::url(app, tenant, &password).into();
    }
    if resources["sync_token"].is_null() {
        resources["sync_token"] = format!("sp_sync_{sync_token}").into();
    }
    resources[SECRETS_VERSION] = version.into();
    Ok(resources)
}

/// All secrets of the app that have the password in them.
fn secrets(app: &App, database: &Machine, tenant: &Tenant<Config>, password: &Secret) -> Value {
    let mut secrets = database::secrets(password);
    if application::is_of(tenant) {
        secrets[application::DATABASE_URL] = application::database_url(app, database, tenant, password).into();
    }
    secrets
}

/// The steps of [`restart`].
pub(crate) fn restarting() -> Vec<PlannedStep> {
    let renew = PlannedStep::new(APP_RENEW, "so that it sees the new password");
    vec![renew, PlannedStep::new(APP_START, "up to five minutes")]
}

/// An application that is not there is none of a rotation's business.
pub(crate) fn restart(
    op: &Operation<Config>,
    fly: &Fly,
    app: &App,
    application: Option<&Application>,
    version: u64,
) -> Result<(), Failure> {
    let renewed: Option<Machine> =
        op.step(APP_RENEW).run(|| application.map(|it| it.renew(fly, app, version)).transpose())?;
    op.step(APP_START).run(|| match renewed.filter(|_| application.is_some_and(Application::runs)) {
        Some(machine) => machine::wait_started(fly, app, &machine).map_err(|failure| unready(app, &machine, failure)),
        None => Ok(()),
    })
}

/// A rotation without an application that runs is a rotation all the same.
fn unready(app: &App, application: &Machine, failure: Failure) -> Failure {
    if failure.code() != "machine-failed" {
        return failure;
    }
    let stop = format!("fly machine stop {} --app {}", application.id, app.name);
    let logs = format!("fly logs --app {}", app.name);
    failure.help(format!(
        "`{logs}` says why; if the old password is known to others, `{stop}` first: then a rotation does not wait for it"
    ))
}

/// A second role would have to be told to whoever reads the app's secrets, which hold one password.
fn refuse_overlap(request: &Request<Config>) -> Result<(), Failure> {
    match request.input::<Input>()?.overlap_ms {
        None => Ok(()),
        Some(_) => Err(Failure::refused("overlap-unsupported", "at Fly a tenant has one password at a time")
            .help("rotate without `--overlap`")),
    }
}

/// The machine, if it runs.
pub(crate) fn running(fly: &Fly, app: &App) -> Result<Machine, Failure> {
    running_as(fly, app, database::MACHINE)
}

/// The machine of this name, if it runs.
pub(crate) fn running_as(fly: &Fly, app: &App, name: &str) -> Result<Machine, Failure> {
    if !app.is_there_or_gone(fly)? {
        return Err(database::gone(app));
    }
    match machine::find(fly, app, name)? {
        Some(machine) if machine.state == "started" => Ok(machine),
        Some(machine) => {
            let message =
                format!("machine `{}` of app `{}` does not run: it is {}", machine.id, app.name, machine.state);
            Err(Failure::refused("machine-stopped", message)
                .help(format!("start it with `fly machine start {} --app {}`", machine.id, app.name)))
        }
        None => {
            let message = format!("app `{}` has no machine `{name}` any more", app.name);
            Err(Failure::refused("machine-missing", message).help("look at it at https://fly.io/dashboard"))
        }
    }
}
