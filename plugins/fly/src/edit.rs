//! Other settings for a tenant that is there: those of its application. All others say how it is made.

use std::rc::Rc;

use serde::Deserialize;
use serde_json::Value;
use systemprompt_sdk::{Failure, Operation, PlannedStep, Request, Tenant, log};

use crate::Config;
use crate::api::Fly;
use crate::app::App;
use crate::application::{self, Application, Making, Shape};
use crate::database;
use crate::machine;
use crate::tenancy::SECRETS_VERSION;

/// The operation's name.
pub(crate) const EDIT: &str = "edit";

const FIND: &str = "find the application's machine";
const MAKE: &str = "make the application's machine again";
const UPDATE: &str = "update the application's machine";
const START: &str = "wait until the application is started";

/// The operation's input.
#[derive(Deserialize)]
struct Wanted {
    config: Config,
}

/// The steps of it; none of a tenant without an application, of which nothing can change.
pub(crate) fn plan(request: &Request<Config>) -> Result<Vec<PlannedStep>, Failure> {
    let wanted = wanted(request)?;
    let Some(image) = wanted.app_image.as_ref() else { return Ok(Vec::new()) };
    let mut steps = vec![PlannedStep::new(FIND, "it goes on until it is replaced")];
    match found_in_passing(request.tenant()?) {
        Ok(None) => {
            let again = format!("with `{image}`: app has none any more; it costs money");
            steps.push(PlannedStep::new(MAKE, again).undoable());
        }
        Ok(Some(found)) if is_so(request, &wanted) && found.has(&Shape::wanted(&wanted)) => return Ok(steps),
        // Where Fly does not say, it is taken to be as it is recorded.
        Err(_) if is_so(request, &wanted) => return Ok(steps),
        Ok(Some(_)) | Err(_) => {
            steps.push(PlannedStep::new(UPDATE, format!("to `{image}`, in place of the one that runs")).undoable());
        }
    }
    steps.push(PlannedStep::new(START, "up to five minutes"));
    Ok(steps)
}

/// Performs it. An application whose machine is gone gets another, and one that somebody changed is as it is recorded again,
/// also where nothing is to be changed.
pub(crate) fn edit(op: &Operation<Config>) -> Result<Value, Failure> {
    let (tenant, wanted) = (op.tenant()?, wanted(op)?);
    let mut resources = tenant.resources.clone();
    if wanted.app_image.is_none() {
        return Ok(resources);
    }
    let (fly, app) = (Rc::new(Fly::connect()?), Rc::new(App::of(tenant)?));
    let work = Work { making: Making::by(op)?, secrets: resources[SECRETS_VERSION].as_u64(), fly, app };
    let found: Option<Application> = op.step(FIND).run(|| find(&work.fly, &work.app))?;
    let machine = match found {
        Some(found) if is_so(op, &wanted) && found.has(&Shape::wanted(&wanted)) => found.machine.id,
        Some(found) => update(op, work, found, &Shape::wanted(&wanted))?,
        None => make(op, work, &Shape::wanted(&wanted))?,
    };
    resources[application::RECORDED] = machine.into();
    Ok(resources)
}

/// What both ways need, and their undos.
struct Work {
    fly: Rc<Fly>,
    app: Rc<App>,
    making: Making,
    /// The version of the app's secrets that the tenant was given last.
    secrets: Option<u64>,
}

fn update(op: &Operation<Config>, work: Work, found: Application, shape: &Shape) -> Result<String, Failure> {
    let Work { fly, app, making, secrets } = work;
    let found = Rc::new(found);
    let undo = {
        let (fly, app, found) = (Rc::clone(&fly), Rc::clone(&app), Rc::clone(&found));
        // As it was found, whoever made it so.
        move || found.restore(&fly, &app, &making, secrets)
    };
    let updated = op.step(UPDATE).undo(undo).run(|| found.reshape(&fly, &app, shape, secrets))?;
    op.step(START).run(|| {
        if found.runs() {
            return machine::wait_started(&fly, &app, &updated);
        }
        log::warn(&format!(
            "the application did not run before, and is left so; `fly machine start {} --app {}` starts it",
            updated.id, app.name
        ));
        Ok(())
    })?;
    Ok(updated.id)
}

/// Where somebody destroyed it, or Fly did.
fn make(op: &Operation<Config>, work: Work, shape: &Shape) -> Result<String, Failure> {
    let Work { fly, app, making, secrets } = work;
    let undo = {
        let (fly, app, making) = (Rc::clone(&fly), Rc::clone(&app), making.clone());
        move || application::unmake(&fly, &app, &making)
    };
    let made = op.step(MAKE).undo(undo).run(|| {
        log::warn(&format!("app `{}` has no machine of its application any more: another is made", app.name));
        application::ensure(&fly, &app, &making, shape, secrets)
    })?;
    op.step(START).run(|| machine::wait_started(&fly, &app, &made))?;
    Ok(made.id)
}

fn is_so(request: &Request<Config>, wanted: &Config) -> bool {
    request.tenant().is_ok_and(|tenant| tenant.config == *wanted)
}

/// For a plan, which does not wait for Fly.
fn found_in_passing(tenant: &Tenant<Config>) -> Result<Option<Application>, Failure> {
    find(&Fly::connect_in_passing()?, &App::of(tenant)?)
}

fn find(fly: &Fly, app: &App) -> Result<Option<Application>, Failure> {
    if app.is_there_or_gone(fly)? { application::look(fly, app) } else { Err(database::gone(app)) }
}

/// The settings that are wanted, where a tenant can get them; else the rule that keeps one as it is.
fn wanted(request: &Request<Config>) -> Result<Config, Failure> {
    let (Wanted { config: wanted }, now) = (request.input()?, &request.tenant()?.config);
    let (image, port, memory) = (wanted.app_image.clone(), wanted.app_port, wanted.app_memory_mb);
    let possible = Config { app_image: image, app_port: port, app_memory_mb: memory, ..now.clone() };
    let rule = if now.app_image.is_none() && application::is_of(request.tenant()?) {
        "the tenant was taken in, and the settings of its application are not known: `fly machine update` changes it"
    } else if now.app_image.is_some() != wanted.app_image.is_some() {
        "`app_image` cannot come or go: a tenant is created with an application or without one"
    } else if now.app_image.is_none() && wanted != *now && wanted == possible {
        "`app_port` and `app_memory_mb` are an application's, and the tenant was created without one"
    } else if wanted != possible {
        "only `app_image`, `app_port` and `app_memory_mb` can change: the rest says how the database is made"
    } else {
        return Ok(wanted);
    };
    let help = "create another tenant with the new settings, and move the data with `pg_dump` and `psql`";
    Err(Failure::refused("config-fixed", rule).help(help))
}
