//! The tenant's PostgreSQL: a volume, and a machine with the official image.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use systemprompt_sdk::http::{Request, Response};
use systemprompt_sdk::{Failure, Secret, Tenant};

use crate::Config;
use crate::api::{BASE, Fly};
use crate::app::App;
use crate::intake;
use crate::machine::{self, Machine};

/// Name of the volume, which is in an app of its own.
pub(crate) const VOLUME: &str = "pg_data";
/// Name of the machine; Fly makes no second one of the same name in an app.
pub(crate) const MACHINE: &str = "postgres";
/// Where the volume is mounted; the file system's own directory is in there, so that the data is one below.
const MOUNT: &str = "/var/lib/postgresql/data";

/// A volume of the app.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Volume {
    pub(crate) id: String,
    #[serde(default)]
    pub(crate) name: String,
    #[serde(default)]
    state: String,
    #[serde(default)]
    pub(crate) size_gb: u64,
}

impl Volume {
    /// Whether it is there to stay.
    pub(crate) fn stays(&self) -> bool {
        let going = ["destroy", "fork_cleanup", "waiting_for_detach"];
        !going.iter().any(|word| self.state.contains(word))
    }
}

/// What setting secrets answers.
#[derive(Deserialize)]
struct Secrets {
    version: u64,
}

/// Hands secrets over, as names with values; answers since which version of the app's secrets they are among them.
pub(crate) fn hand_over(fly: &Fly, app: &App, values: &Value) -> Result<u64, Failure> {
    let request = Request::post(format!("{BASE}{}", app.path("/secrets")), &json!({ "values": values }));
    let what = format!("set the secrets of app `{}`", app.name);
    let secrets = fly.repeat(&request, &what, Response::json::<Secrets>)?.ok_or_else(|| gone(app))?;
    Ok(secrets.version)
}

/// The password as the machine is told it: the image takes the first, and `psql` on the machine the second.
pub(crate) fn secrets(password: &Secret) -> Value {
    json!({ "POSTGRES_PASSWORD": password.to_string(), "PGPASSWORD": password.to_string() })
}

/// Where the database is for what else is on the app's network: the app has one machine.
pub(crate) fn url<C>(app: &App, tenant: &Tenant<C>, password: &Secret) -> String {
    let (role, database) = (tenant.role_name(), tenant.database_name());
    format!("postgres://{role}:{password}@{}.internal:5432/{database}", app.name)
}

/// The volume, made if there is none.
pub(crate) fn ensure_volume(fly: &Fly, app: &App, region: &str, config: &Config) -> Result<Volume, Failure> {
    let path = app.path("/volumes");
    let body = json!({
        "name": VOLUME, "region": region, "size_gb": config.volume_gb, "encrypted": true,
        "snapshot_retention": config.snapshot_days, "auto_backup_enabled": true,
    });
    let what = format!("create the volume of app `{}`", app.name);
    fly.ensure(&Request::post(format!("{BASE}{path}"), &body), &what, || find_volume(fly, app))
}

/// The volume, if there is one.
pub(crate) fn find_volume(fly: &Fly, app: &App) -> Result<Option<Volume>, Failure> {
    Ok(volumes(fly, app)?.into_iter().find(|volume| volume.name == VOLUME && volume.stays()))
}

/// All volumes of the app.
pub(crate) fn volumes(fly: &Fly, app: &App) -> Result<Vec<Volume>, Failure> {
    let what = format!("list the volumes of app `{}`", app.name);
    Ok(fly.look_up(&app.path("/volumes"), &what)?.unwrap_or_default())
}

/// The machine, made if there is none.
pub(crate) fn ensure_machine(fly: &Fly, app: &App, wanted: &Wanted<'_>) -> Result<Machine, Failure> {
    machine::ensure(fly, app, MACHINE, &wanted.body())
}

/// What the machine is to be.
pub(crate) struct Wanted<'a> {
    pub(crate) tenant: &'a Tenant<Config>,
    pub(crate) operation_id: &'a str,
    pub(crate) region: &'a str,
    pub(crate) volume: &'a str,
    pub(crate) secrets_version: u64,
}

impl Wanted<'_> {
    fn body(&self) -> Value {
        let Config { image, memory_mb, .. } = &self.tenant.config;
        json!({
            "name": MACHINE,
            "region": self.region,
            "min_secrets_version": self.secrets_version,
            "config": {
                "image": image,
                "env": {
                    "POSTGRES_USER": self.tenant.role_name(),
                    "POSTGRES_DB": self.tenant.database_name(),
                    "PGDATA": format!("{MOUNT}/pgdata"),
                },
                "metadata": {
                    intake::ID: self.tenant.id, intake::NAME: self.tenant.name,
                    "systemprompt_operation": self.operation_id,
                },
                "guest": { "cpu_kind": "shared", "cpus": 1, "memory_mb": memory_mb },
                "mounts": [{ "volume": self.volume, "path": MOUNT }],
                "restart": { "policy": "always" },
            },
        })
    }
}

pub(crate) fn gone(app: &App) -> Failure {
    let help = "`systemprompt cloud sync` marks the tenant; if it is gone for good, `systemprompt cloud tenant delete` ends it";
    Failure::refused("app-missing", format!("app `{}` is not there any more", app.name)).help(help)
}
