//! Another password for a tenant's role: in the database, and among the secrets of its app.

use std::rc::Rc;

use serde::Deserialize;
use serde_json::Value;
use systemprompt_sdk::{Failure, Operation, PlannedStep, Request};

use crate::Config;
use crate::api::Fly;
use crate::app::App;
use crate::database::{self, Machine};
use crate::psql::Psql;
use crate::tenancy::{PASSWORD, SECRETS_VERSION};

const FIND: &str = "find the machine";
const SET: &str = "set the new password";
const LOG_IN: &str = "log in with the new password";
const HAND_OVER: &str = "hand over the new password";
const END: &str = "end open sessions";

/// Arguments of the operation.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Input {
    #[serde(default)]
    overlap_ms: Option<u64>,
}

/// The steps of it.
pub(crate) fn plan(request: &Request<Config>) -> Result<Vec<PlannedStep>, Failure> {
    let role = request.tenant()?.role_name();
    refuse_overlap(request)?;
    Ok(vec![
        PlannedStep::new(FIND, "it has to run"),
        PlannedStep::new(SET, format!("gives the role `{role}` another password")).undoable(),
        PlannedStep::new(LOG_IN, "proves that the new password is taken, and the old one refused"),
        PlannedStep::new(HAND_OVER, "to Fly, as a secret of the app").undoable(),
        PlannedStep::new(END, "ends the connections that the old password opened"),
    ])
}

/// Performs it. The machine goes on as it is: of what Fly keeps for it, it sees the new version when it is next updated, and
/// until then nothing on it needs the password.
pub(crate) fn rotate(op: &Operation<Config>) -> Result<Value, Failure> {
    let tenant = op.tenant()?;
    refuse_overlap(op)?;
    let (fly, app) = (Rc::new(Fly::connect()?), Rc::new(App::of(tenant)?));
    let renewal = op.renewed_secret(PASSWORD)?;
    let machine = op.step(FIND).run(|| running(&fly, &app))?;
    let psql = Rc::new(Psql::of(machine, tenant));
    let put_back = {
        let (fly, app, psql, before) = (Rc::clone(&fly), Rc::clone(&app), Rc::clone(&psql), renewal.before.clone());
        move || psql.set_password(&fly, &app, &before)
    };
    op.step(SET).undo(put_back).run(|| psql.set_password(&fly, &app, &renewal.after))?;
    op.step(LOG_IN).run(|| psql.check_renewal(&fly, &app, &renewal))?;
    let take_back = {
        let (fly, app, before) = (Rc::clone(&fly), Rc::clone(&app), renewal.before.clone());
        move || database::set_password(&fly, &app, &before).map(|_| ())
    };
    let version = op.step(HAND_OVER).undo(take_back).run(|| database::set_password(&fly, &app, &renewal.after))?;
    op.step(END).run(|| psql.end_sessions(&fly, &app))?;
    let mut resources = renewal.applied_to(&tenant.resources);
    resources[SECRETS_VERSION] = version.into();
    Ok(resources)
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
    if !app.is_there(fly)? {
        return Err(database::gone(app));
    }
    match database::find_machine(fly, app)? {
        Some(machine) if machine.state == "started" => Ok(machine),
        Some(machine) => {
            let message =
                format!("machine `{}` of app `{}` does not run: it is {}", machine.id, app.name, machine.state);
            Err(Failure::refused("machine-stopped", message)
                .help(format!("start it with `fly machine start {} --app {}`", machine.id, app.name)))
        }
        None => {
            let message = format!("app `{}` has no machine `postgres` any more", app.name);
            Err(Failure::refused("machine-missing", message).help("look at it at https://fly.io/dashboard"))
        }
    }
}
