//! Other settings for a tenant that is there: those of its application. All others say how it is made.

use std::rc::Rc;

use serde::Deserialize;
use serde_json::Value;
use systemprompt_sdk::{Failure, Operation, PlannedStep, Request, log};

use crate::Config;
use crate::api::Fly;
use crate::app::App;
use crate::application::{self, Application, Shape};
use crate::database;
use crate::machine;
use crate::tenancy::SECRETS_VERSION;

/// The operation's name.
pub(crate) const EDIT: &str = "edit";

const FIND: &str = "find the application's machine";
const UPDATE: &str = "update the application's machine";
const START: &str = "wait until the application is started";

/// The operation's input.
#[derive(Deserialize)]
struct Wanted {
    config: Config,
}

/// The steps of it; none where nothing is another.
pub(crate) fn plan(request: &Request<Config>) -> Result<Vec<PlannedStep>, Failure> {
    let wanted = wanted(request)?;
    let Some(image) = wanted.app_image.as_ref().filter(|_| !is_so(request, &wanted)) else { return Ok(Vec::new()) };
    Ok(vec![
        PlannedStep::new(FIND, "it goes on until it is replaced"),
        PlannedStep::new(UPDATE, format!("to `{image}`, in place of the one that runs")).undoable(),
        PlannedStep::new(START, "up to five minutes"),
    ])
}

/// Performs it.
pub(crate) fn edit(op: &Operation<Config>) -> Result<Value, Failure> {
    let (tenant, wanted) = (op.tenant()?, wanted(op)?);
    let resources = tenant.resources.clone();
    if is_so(op, &wanted) {
        return Ok(resources);
    }
    let secrets = resources[SECRETS_VERSION].as_u64();
    let (fly, app) = (Rc::new(Fly::connect()?), Rc::new(App::of(tenant)?));
    let found = Rc::new(op.step(FIND).run(|| find(&fly, &app))?);
    let shape = Shape::wanted(&wanted);
    let undo = {
        let (fly, app, found) = (Rc::clone(&fly), Rc::clone(&app), Rc::clone(&found));
        // As it was found, whoever made it so.
        move || found.restore(&fly, &app, secrets)
    };
    let updated = op.step(UPDATE).undo(undo).run(|| found.reshape(&fly, &app, &shape, secrets))?;
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
    Ok(resources)
}

fn is_so(request: &Request<Config>, wanted: &Config) -> bool {
    request.tenant().is_ok_and(|tenant| tenant.config == *wanted)
}

fn find(fly: &Fly, app: &App) -> Result<Application, Failure> {
    if !app.is_there_or_gone(fly)? {
        return Err(database::gone(app));
    }
    application::look(fly, app)?.ok_or_else(|| {
        let message = format!("app `{}` has no machine of its application any more", app.name);
        Failure::refused("machine-missing", message).help("look at it at https://fly.io/dashboard")
    })
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
