//! The tenant's application: a machine beside the database's, to which the web leads. It is told where the database is by
//! a secret of the app, and by nothing that whoever sees the machine's configuration could read.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use systemprompt_sdk::{Failure, Operation, Secret, Tenant, log};

use crate::Config;
use crate::api::Fly;
use crate::app::App;
use crate::image_name::is_same;
use crate::intake;
use crate::machine::{self, Machine};
use crate::tenancy;
use crate::update::{self, Change};

/// Name of the machine.
pub(crate) const MACHINE: &str = "app";
/// The secret that says where the database is.
pub(crate) const DATABASE_URL: &str = "DATABASE_URL";
/// Label of the machine: the version of the app's secrets that it was made or updated for last.
const SEEN: &str = "systemprompt_secrets";
/// The same: the operation that made it.
const MADE_BY: &str = "systemprompt_operation";
/// Where the web comes in.
const WEB: [u16; 2] = [80, 443];
/// How often a process that fails is begun again.
const TRIES: u32 = 10;

/// Field of a tenant's resources with the machine's id.
pub(crate) const RECORDED: &str = "app_machine";

/// Whether a tenant has one: as it was asked for, or as it was found when the tenant was taken in.
pub(crate) fn is_of(tenant: &Tenant<Config>) -> bool {
    tenant.config.app_image.is_some() || tenant.resources[RECORDED].is_string()
}

/// The application's machine as it was found.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Application {
    pub(crate) machine: Machine,
    /// For which version of the secrets it was updated last.
    seen: Option<String>,
    /// What an edit may change of it, as it was found.
    pub(crate) shape: Shape,
}

/// What an edit may change of an application's machine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Shape {
    pub(crate) image: Option<String>,
    pub(crate) memory_mb: Option<u64>,
    /// Where the web leads to, if it is led there.
    pub(crate) port: Option<u64>,
}

/// Where the database is for other machines of the app: on its own machine, as the app's name leads to all of them.
pub(crate) fn database_url<C>(app: &App, database: &Machine, tenant: &Tenant<C>, password: &Secret) -> String {
    let (role, name) = (tenant.role_name(), tenant.database_name());
    format!("postgres://{role}:{password}@{}.vm.{}.internal:5432/{name}", database.id, app.name)
}

/// For whom a machine is made, by which operation, and where.
#[derive(Clone, Debug)]
pub(crate) struct Making {
    tenant: String,
    operation: String,
    region: String,
}

impl Making {
    /// By this operation.
    pub(crate) fn by(op: &Operation<Config>) -> Result<Self, Failure> {
        let tenant = op.tenant()?;
        let region = tenancy::region(tenant).to_owned();
        Ok(Self { tenant: tenant.id.clone(), operation: op.operation_id.clone(), region })
    }
}

/// The machine, made of this shape if there is none. It sees at least this version of the app's secrets.
pub(crate) fn ensure(
    fly: &Fly,
    app: &App,
    making: &Making,
    shape: &Shape,
    secrets: Option<u64>,
) -> Result<Machine, Failure> {
    let mut body = json!({
        "name": MACHINE,
        "region": making.region,
        "config": {
            "image": shape.image,
            "metadata": { intake::ID: making.tenant, MADE_BY: making.operation },
            "guest": { "cpu_kind": "shared", "cpus": 1, "memory_mb": shape.memory_mb },
            "services": shape.port.map(service).into_iter().collect::<Vec<_>>(),
            "restart": { "policy": "on-failure", "max_retries": TRIES },
        },
    });
    if let Some(version) = secrets {
        body["min_secrets_version"] = version.into();
        body["config"]["metadata"][SEEN] = version.to_string().into();
    }
    machine::ensure(fly, app, MACHINE, &body)
}

/// Destroys the machine, if there is one and this operation made it.
pub(crate) fn unmake(fly: &Fly, app: &App, making: &Making) -> Result<(), Failure> {
    let Some(machine) = find(fly, app)? else { return Ok(()) };
    let config = update::configuration(fly, app, &machine.id)?;
    let is_its = config["metadata"][MADE_BY] == making.operation.as_str();
    if is_its { machine::destroy(fly, app, &machine.id) } else { Ok(()) }
}

/// The machine, if there is one.
pub(crate) fn find(fly: &Fly, app: &App) -> Result<Option<Machine>, Failure> {
    machine::find(fly, app, MACHINE)
}

/// The same with the secrets that it sees.
pub(crate) fn look(fly: &Fly, app: &App) -> Result<Option<Application>, Failure> {
    let Some(machine) = find(fly, app)? else { return Ok(None) };
    let config = update::configuration(fly, app, &machine.id)?;
    Ok(Some(Application { machine, seen: seen(&config), shape: Shape::of(&config) }))
}

impl Application {
    /// Whether it is of this shape, however its image is written.
    pub(crate) fn has(&self, shape: &Shape) -> bool {
        let Shape { image, memory_mb, port } = &self.shape;
        let is_image = image.as_deref().zip(shape.image.as_deref()).is_some_and(|(is, wanted)| is_same(is, wanted));
        is_image && (memory_mb, port) == (&shape.memory_mb, &shape.port)
    }

    /// Whether it runs, and so has to run afterwards.
    pub(crate) fn runs(&self) -> bool {
        self.machine.state == "started"
    }

    /// Begins it again with this version of the app's secrets. One that does not run sees them when it is started.
    pub(crate) fn renew(&self, fly: &Fly, app: &App, version: u64) -> Result<Machine, Failure> {
        let label = version.to_string();
        let is_done = |config: &Value| seen(config).as_ref() == Some(&label);
        let apply = |config: &mut Value| config["metadata"][SEEN] = label.clone().into();
        let change = Change { is_done: &is_done, apply: &apply, secrets: Some(version) };
        update::carry_out(fly, app, &self.machine.id, &change)
    }

    /// Does so where it was begun again since it was found, if it is still there. One that ran then runs afterwards.
    pub(crate) fn put_back(&self, fly: &Fly, app: &App, version: u64) -> Result<(), Failure> {
        match look(fly, app)? {
            Some(now) if now.machine.id == self.machine.id && now.seen != self.seen => {
                self.resume(fly, app, &self.renew(fly, app, version)?)
            }
            Some(_) | None => Ok(()),
        }
    }

    /// Gives it back the shape that it was found with. One that ran then runs afterwards. One that Fly has destroyed since, as
    /// it does with what it cannot launch, is made again; one that was made again before is taken for it.
    pub(crate) fn restore(&self, fly: &Fly, app: &App, making: &Making, secrets: Option<u64>) -> Result<(), Failure> {
        let machine = if let Some(machine) = find(fly, app)? {
            Self { machine, ..self.clone() }.reshape(fly, app, &self.shape, secrets)?
        } else {
            log::warn(&format!("machine `{}` of the application is gone: another is made", self.machine.id));
            ensure(fly, app, making, &self.shape, secrets)?
        };
        self.resume(fly, app, &machine)
    }

    /// Fly updates a machine that does not run and leaves it so, as where what it was to become did not start.
    fn resume(&self, fly: &Fly, app: &App, machine: &Machine) -> Result<(), Failure> {
        if self.runs() { machine::start(fly, app, machine) } else { Ok(()) }
    }

    /// Gives the machine this shape, and leaves the rest.
    pub(crate) fn reshape(
        &self,
        fly: &Fly,
        app: &App,
        shape: &Shape,
        secrets: Option<u64>,
    ) -> Result<Machine, Failure> {
        let is_done = |config: &Value| Shape::of(config) == *shape;
        let change = Change { is_done: &is_done, apply: &|config| shape.give(config), secrets };
        update::carry_out(fly, app, &self.machine.id, &change)
    }
}

impl Shape {
    /// As settings have it.
    pub(crate) fn wanted(settings: &Config) -> Self {
        Self {
            image: settings.app_image.clone(),
            memory_mb: Some(settings.app_memory_mb.into()),
            port: Some(settings.app_port.into()),
        }
    }

    /// As a machine's configuration has it.
    pub(crate) fn of(config: &Value) -> Self {
        let web = services(config).into_iter().find(is_web);
        Self {
            image: config["image"].as_str().map(str::to_owned),
            memory_mb: config["guest"]["memory_mb"].as_u64(),
            port: web.and_then(|service| service["internal_port"].as_u64()),
        }
    }

    /// What somebody else gave the machine stays.
    fn give(&self, config: &mut Value) {
        let mut services = services(config);
        services.retain(|service| !is_web(service));
        services.extend(self.port.map(service));
        config["services"] = services.into();
        config["image"] = json!(self.image);
        config["guest"]["memory_mb"] = json!(self.memory_mb);
    }
}

fn seen(config: &Value) -> Option<String> {
    config["metadata"][SEEN].as_str().map(str::to_owned)
}

fn services(config: &Value) -> Vec<Value> {
    config["services"].as_array().cloned().unwrap_or_default()
}

/// Whether it is the service that is made here, whatever it leads to.
fn is_web(service: &Value) -> bool {
    let ports = service["ports"].as_array().into_iter().flatten();
    ports.map(|port| &port["port"]).eq(WEB.map(Value::from).iter())
}

/// The web at a port of the machine's, of which Fly speaks TLS.
fn service(port: u64) -> Value {
    let [http, https] = WEB;
    json!({
        "protocol": "tcp",
        "internal_port": port,
        "autostart": true,
        "autostop": "off",
        "ports": [
            { "port": http, "handlers": ["http"], "force_https": true },
            { "port": https, "handlers": ["tls", "http"] },
        ],
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(image: &str, port: u16) -> Shape {
        Shape::wanted(&Config { app_image: Some(image.to_owned()), app_port: port, ..Config::default() })
    }

    #[test]
    fn other_settings_change_what_is_ours_and_nothing_else_and_can_be_taken_back() {
        let metrics = json!({ "internal_port": 9_090, "ports": [{ "port": 9_090, "handlers": ["tls"] }] });
        let mut config = json!({ "image": "shop:1", "env": { "A": "1" }, "guest": { "cpus": 2, "memory_mb": 512 },
            "services": [metrics, service(8_080)] });
        let before = config.clone();
        assert_eq!(Shape::of(&config), settings("shop:1", 8_080));
        settings("shop:2", 3_000).give(&mut config);
        assert_eq!(Shape::of(&config), settings("shop:2", 3_000), "{config}");
        assert_eq!(config["services"], json!([metrics, service(3_000)]));
        assert_eq!((&config["env"], &config["guest"]), (&before["env"], &before["guest"]));
        Shape::of(&before).give(&mut config);
        assert_eq!(config, before);
    }
}
