//! Opening a tenant's database to the outside, and closing it.

use std::cell::OnceCell;
use std::net::Ipv4Addr;
use std::rc::Rc;

use serde::Deserialize;
use serde_json::Value;
use systemprompt_sdk::{Failure, Operation, PlannedStep, Request, Secret, Tenant, log};

use crate::Config;
use crate::address::{self, Kind};
use crate::api::Fly;
use crate::app::App;
use crate::door::{self, PORT};
use crate::intake;
use crate::machine::{self, Machine};
use crate::managed;
use crate::psql::Psql;
use crate::rotation::running;
use crate::tenancy::{PASSWORD, SECRETS_VERSION};

/// The operation's name.
pub(crate) const EXTERNAL_ACCESS: &str = "external-access";

/// Field of the resources with the IPv4 address that an opening made; none where it found one.
const ADDRESS: &str = "ipv4";

const FIND: &str = "find the machine";
const LOOK: &str = "look for IPv4 addresses that are there";
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
    managed::refuse_access(request.tenant()?)?;
    intake::require_password(request.tenant()?)?;
    let find = PlannedStep::new(FIND, format!("it has to run, without another service on port {PORT}"));
    let start = PlannedStep::new(START, "its connections end");
    let log_in = PlannedStep::new(LOGIN, "on the machine, over its network");
    if request.input::<Input>()?.open {
        let look = PlannedStep::new(LOOK, "they stay as they are, and one of them is enough");
        let address = PlannedStep::new(IPV4, "unless there is one; it costs money, as a shared one will not do");
        let open = PlannedStep::new(OPEN, format!("at port {PORT}, over TLS")).undoable();
        return Ok(vec![find, look, address.undoable(), open, start, log_in]);
    }
    let close = PlannedStep::new(CLOSE, "to all but the app's own network").undoable();
    let release = PlannedStep::new(RELEASE, "the one that an opening made: there is no way to get the same again");
    Ok(vec![find, close, start, log_in, release.irreversible()])
}

/// Performs it. The machine is replaced by one that sees the newest secrets, too.
pub(crate) fn set(op: &Operation<Config>) -> Result<Value, Failure> {
    let tenant = op.tenant()?;
    let Input { open } = op.input()?;
    managed::refuse_access(tenant)?;
    intake::require_password(tenant)?;
    let (fly, app) = (Rc::new(Fly::connect()?), Rc::new(App::of(tenant)?));
    let secrets = tenant.resources[SECRETS_VERSION].as_u64();
    let password = op.secret(PASSWORD)?;
    let was_open = tenant.resources["external_db_access"].as_bool().unwrap_or_default();
    let machine = op.step(FIND).run(|| find(&fly, &app))?;
    let ours = if open { ensure_address(op, &fly, &app)? } else { recorded_address(tenant) };
    let undo = {
        let (fly, app, machine) = (Rc::clone(&fly), Rc::clone(&app), machine.clone());
        move || {
            let machine = door::set(&fly, &app, &machine, was_open, secrets)?;
            machine::wait_started(&fly, &app, &machine)
        }
    };
    let name = if open { OPEN } else { CLOSE };
    let machine = op.step(name).undo(undo).run(|| door::set(&fly, &app, &machine, open, secrets))?;
    op.step(START).run(|| machine::wait_started(&fly, &app, &machine))?;
    let psql = Psql::of(machine, tenant);
    op.step(LOGIN).run(|| psql.check_password(&fly, &app, &password))?;
    if !open {
        // The last: whoever asks to stop before it has the database open again, at the address that others know.
        op.step(RELEASE).irreversible().run(|| give_back(&fly, &app, ours.as_deref()))?;
    }
    Ok(resources(tenant, open, url(&app, tenant, &password), ours))
}

/// The machine, if it runs and nobody else opened its database.
fn find(fly: &Fly, app: &App) -> Result<Machine, Failure> {
    let machine = running(fly, app)?;
    door::refuse_another(fly, app, &machine)?;
    Ok(machine)
}

/// What is recorded of the tenant then.
fn resources(tenant: &Tenant<Config>, open: bool, url: String, ours: Option<String>) -> Value {
    let mut resources = tenant.resources.clone();
    resources["external_db_access"] = open.into();
    if let Some(fields) = resources.as_object_mut() {
        for (field, value) in [("database_url", Some(url)), (ADDRESS, ours)] {
            match value.filter(|_| open) {
                Some(value) => fields.insert(field.to_owned(), value.into()),
                None => fields.remove(field),
            };
        }
    }
    resources
}

/// The address that an opening made.
pub(crate) fn recorded_address(tenant: &Tenant<Config>) -> Option<String> {
    let recorded = tenant.resources[ADDRESS].as_str().filter(|ip| ip.parse::<Ipv4Addr>().is_ok());
    recorded.map(str::to_owned)
}

/// Sees to it that there is an address. Answers the one that is to be given back some day: made now, or by an opening
/// before. Any other is somebody's own, who may need it for something else.
fn ensure_address(op: &Operation<Config>, fly: &Rc<Fly>, app: &Rc<App>) -> Result<Option<String>, Failure> {
    let seen: Vec<String> = op.step(LOOK).run(|| address::dedicated(fly, app))?;
    let is_missing = seen.is_empty();
    let made = Rc::new(OnceCell::<Option<String>>::new());
    let undo = {
        let (fly, app, made) = (Rc::clone(fly), Rc::clone(app), Rc::clone(&made));
        move || match made.get() {
            Some(made) => made.iter().try_for_each(|ip| address::release(&fly, &app, ip)),
            // Asked for, and nobody knows which it is: there was none before.
            None if is_missing => {
                address::dedicated(&fly, &app)?.iter().try_for_each(|ip| address::release(&fly, &app, ip))
            }
            None => Ok(()),
        }
    };
    let new: Option<String> = op.step(IPV4).undo(undo).run(|| {
        if is_missing { address::ensure(fly, app, Kind::V4).map(|address| Some(address.ip)) } else { Ok(None) }
    })?;
    let before = recorded_address(op.tenant()?).filter(|ip| seen.contains(ip));
    Ok(made.get_or_init(|| new).clone().or(before))
}

/// Gives back what an opening made, and nothing else.
fn give_back(fly: &Fly, app: &App, ours: Option<&str>) -> Result<(), Failure> {
    if let Some(ip) = ours {
        return address::release(fly, app, ip);
    }
    for ip in address::dedicated(fly, app)? {
        let release = format!("`fly ips release {ip} --app {}`", app.name);
        log::warn(&format!("IPv4 address {ip} stays: nothing says that an opening made it; {release} gives it back"));
    }
    Ok(())
}

/// Where it is reached from outside.
pub(crate) fn url(app: &App, tenant: &Tenant<Config>, password: &Secret) -> String {
    let (role, database) = (tenant.role_name(), tenant.database_name());
    format!("postgres://{role}:{password}@{}.fly.dev:{PORT}/{database}?sslmode=require", app.name)
}
