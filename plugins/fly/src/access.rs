//! Opening a tenant's database to the outside, and closing it.

use std::rc::Rc;

use serde::Deserialize;
use serde_json::Value;
use systemprompt_sdk::{Failure, Operation, PlannedStep, Request, Secret};

use crate::Config;
use crate::address::{self, Kind};
use crate::api::Fly;
use crate::app::App;
use crate::database;
use crate::door::{self, PORT};
use crate::psql::Psql;
use crate::rotation::running;
use crate::tenancy::{PASSWORD, SECRETS_VERSION};

/// The operation's name.
pub(crate) const EXTERNAL_ACCESS: &str = "external-access";

const FIND: &str = "find the machine";
const IPV4: &str = "get an IPv4 address of its own";
const OPEN: &str = "open the database";
const CLOSE: &str = "close the database";
const START: &str = "wait until the machine is started again";
const LOGIN: &str = "log in as the tenant";
const RELEASE: &str = "give the IPv4 address back";

/// Arguments of the operation.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Input {
    open: bool,
}

/// The steps of it.
pub(crate) fn plan(request: &Request<Config>) -> Result<Vec<PlannedStep>, Failure> {
    let find = PlannedStep::new(FIND, "it has to run");
    let start = PlannedStep::new(START, "its connections end");
    let log_in = PlannedStep::new(LOGIN, "on the machine, over its network");
    if request.input::<Input>()?.open {
        let address = PlannedStep::new(IPV4, "which costs money: a shared one carries no PostgreSQL").undoable();
        let open = PlannedStep::new(OPEN, format!("at port {PORT}, over TLS")).undoable();
        return Ok(vec![find, address, open, start, log_in]);
    }
    let close = PlannedStep::new(CLOSE, "to all but the app's own network").undoable();
    Ok(vec![find, close, start, log_in, PlannedStep::new(RELEASE, "as it costs money")])
}

/// Performs it. The machine is replaced by one that sees the newest secrets, too.
pub(crate) fn set(op: &Operation<Config>) -> Result<Value, Failure> {
    let tenant = op.tenant()?;
    let Input { open } = op.input()?;
    let (fly, app) = (Rc::new(Fly::connect()?), Rc::new(App::of(tenant)?));
    let secrets = tenant.resources[SECRETS_VERSION].as_u64();
    let password = op.secret(PASSWORD)?;
    let was_open = tenant.resources["external_db_access"].as_bool().unwrap_or_default();
    let machine = op.step(FIND).run(|| running(&fly, &app))?;
    if open {
        let undo = {
            let (fly, app) = (Rc::clone(&fly), Rc::clone(&app));
            move || if was_open { Ok(()) } else { address::release(&fly, &app, Kind::V4) }
        };
        op.step(IPV4).undo(undo).run(|| address::ensure(&fly, &app, Kind::V4))?;
    }
    let undo = {
        let (fly, app, machine) = (Rc::clone(&fly), Rc::clone(&app), machine.clone());
        move || {
            let machine = door::set(&fly, &app, &machine, was_open, secrets)?;
            database::wait_started(&fly, &app, &machine)
        }
    };
    let name = if open { OPEN } else { CLOSE };
    let machine = op.step(name).undo(undo).run(|| door::set(&fly, &app, &machine, open, secrets))?;
    op.step(START).run(|| database::wait_started(&fly, &app, &machine))?;
    let psql = Psql::of(machine, tenant);
    op.step(LOGIN).run(|| psql.check_password(&fly, &app, &password))?;
    if !open {
        op.step(RELEASE).run(|| address::release(&fly, &app, Kind::V4))?;
    }
    let mut resources = tenant.resources.clone();
    resources["external_db_access"] = open.into();
    if let Some(fields) = resources.as_object_mut() {
        fields.remove("database_url");
    }
    if open {
        resources["database_url"] = url(&app, tenant, &password).into();
    }
    Ok(resources)
}

/// Where it is reached from outside.
fn url(app: &App, tenant: &systemprompt_sdk::Tenant<Config>, password: &Secret) -> String {
    let (role, database) = (tenant.role_name(), tenant.database_name());
    format!("postgres://{role}:{password}@{}.fly.dev:{PORT}/{database}?sslmode=require", app.name)
}
