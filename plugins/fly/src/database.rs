//! The tenant's PostgreSQL: a volume, and a machine with the official image.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use systemprompt_sdk::http::{Request, Response};
use systemprompt_sdk::{Failure, Secret, Tenant, progress};

use crate::Config;
use crate::api::{BASE, Fly, MAKING, Outcome};
use crate::app::App;
use crate::retry::Retry;

/// Name of the volume, which is in an app of its own.
const VOLUME: &str = "pg_data";
/// Name of the machine; Fly makes no second one of the same name in an app.
const MACHINE: &str = "postgres";
/// Where the volume is mounted; the file system's own directory is in there, so that the data is one below.
const MOUNT: &str = "/var/lib/postgresql/data";
/// Seconds of one poll: the most that Fly waits on a client's behalf.
const POLL_SECONDS: u32 = 50;
/// How long a machine may take: pulling the image, and Fly placing it.
const START: Duration = Duration::from_mins(5);
/// How long a machine that was made may not be seen yet.
const UNSEEN: Duration = Duration::from_secs(30);
/// A volume of the app.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Volume {
    pub(crate) id: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    state: String,
    #[serde(default)]
    pub(crate) size_gb: u64,
}

/// A machine of the app.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Machine {
    pub(crate) id: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    pub(crate) state: String,
    #[serde(default)]
    instance_id: String,
    #[serde(default)]
    pub(crate) private_ip: Option<String>,
}

/// What setting secrets answers.
#[derive(Deserialize)]
struct Secrets {
    version: u64,
}

/// Hands the password over; answers since which version of the app's secrets it is among them.
pub(crate) fn set_password(fly: &Fly, app: &App, password: &Secret) -> Result<u64, Failure> {
    // The image takes the first, and `psql` on the machine the second.
    let values = json!({ "POSTGRES_PASSWORD": password.to_string(), "PGPASSWORD": password.to_string() });
    let request = Request::post(format!("{BASE}{}", app.path("/secrets")), &json!({ "values": values }));
    let what = format!("set the secrets of app `{}`", app.name);
    let secrets = fly.repeat(&request, &what, Response::json::<Secrets>)?.ok_or_else(|| gone(app))?;
    Ok(secrets.version)
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
    let stays = |volume: &Volume| {
        let going = ["destroy", "fork_cleanup", "waiting_for_detach"];
        volume.name == VOLUME && !going.iter().any(|word| volume.state.contains(word))
    };
    Ok(volumes(fly, app)?.into_iter().find(stays))
}

/// All volumes of the app.
pub(crate) fn volumes(fly: &Fly, app: &App) -> Result<Vec<Volume>, Failure> {
    let what = format!("list the volumes of app `{}`", app.name);
    Ok(fly.look_up(&app.path("/volumes"), &what)?.unwrap_or_default())
}

/// The machine, made if there is none.
pub(crate) fn ensure_machine(fly: &Fly, app: &App, wanted: &Wanted<'_>) -> Result<Machine, Failure> {
    let path = app.path("/machines");
    let what = format!("create the machine of app `{}`", app.name);
    let request = Request::post(format!("{BASE}{path}"), &wanted.body()).timeout(MAKING);
    fly.ensure(&request, &what, || find_machine(fly, app))
}

/// The machine, if there is one.
pub(crate) fn find_machine(fly: &Fly, app: &App) -> Result<Option<Machine>, Failure> {
    let ours = |machine: &Machine| machine.name == MACHINE && !["destroying", "destroyed"].contains(&&*machine.state);
    Ok(machines(fly, app)?.into_iter().find(ours))
}

/// All machines of the app.
pub(crate) fn machines(fly: &Fly, app: &App) -> Result<Vec<Machine>, Failure> {
    let what = format!("list the machines of app `{}`", app.name);
    Ok(fly.look_up(&app.path("/machines"), &what)?.unwrap_or_default())
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
                "metadata": { "systemprompt_tenant": self.tenant.id, "systemprompt_operation": self.operation_id },
                "guest": { "cpu_kind": "shared", "cpus": 1, "memory_mb": memory_mb },
                "mounts": [{ "volume": self.volume, "path": MOUNT }],
                "restart": { "policy": "always" },
            },
        })
    }
}

/// Waits until the machine runs.
pub(crate) fn wait_started(fly: &Fly, app: &App, machine: &Machine) -> Result<(), Failure> {
    let (id, version) = (&machine.id, &machine.instance_id);
    let what = format!("start machine `{id}`");
    // One that cannot be launched goes by itself.
    let states = "state=started&state=failed&state=destroyed";
    let path = app.path(&format!("/machines/{id}/wait?{states}&instance_id={version}&timeout={POLL_SECONDS}"));
    let request = Request::get(format!("{BASE}{path}")).timeout(Duration::from_secs(u64::from(POLL_SECONDS) + 10));
    let (mut retry, mut unseen) = (Retry::within(START), Retry::within(UNSEEN));
    loop {
        progress::waiting("Fly starts the machine");
        let (failure, after) = match fly.send(&request)? {
            Outcome::Done(response) => match response.json::<Waited>() {
                Ok(waited) if ["failed", "destroyed"].contains(&&*waited.state) => return Err(did_not_start(id)),
                Ok(_) => return Ok(()),
                Err(failure) => (failure, None),
            },
            // Just made and not seen everywhere yet, or gone as it could not be started.
            Outcome::Refused(problem) if problem.is_missing() => {
                if has_ended(fly, app, id)? || !unseen.pause(None) {
                    return Err(did_not_start(id));
                }
                continue;
            }
            Outcome::Refused(problem) if problem.is_passing() => (problem.failure(&what), problem.retry_after()),
            Outcome::Refused(problem) => return Err(problem.failure(&what)),
            Outcome::Silent(failure) => (failure, None),
        };
        if !retry.pause(after) {
            return Err(failure);
        }
    }
}

/// Whether a machine was there, and is not any more.
fn has_ended(fly: &Fly, app: &App, machine: &str) -> Result<bool, Failure> {
    let path = app.path(&format!("/machines/{machine}"));
    let found: Option<Machine> = fly.look_up(&path, &format!("show machine `{machine}`"))?;
    Ok(found.is_some_and(|machine| ["launch_failed", "destroying", "destroyed"].contains(&&*machine.state)))
}

#[derive(Deserialize)]
struct Waited {
    #[serde(default)]
    state: String,
}

fn did_not_start(machine: &str) -> Failure {
    Failure::refused("machine-failed", format!("machine `{machine}` did not start"))
        .help("is the image right? Its logs are at https://fly.io/dashboard")
}

pub(crate) fn gone(app: &App) -> Failure {
    Failure::refused("app-missing", format!("app `{}` is not there any more", app.name))
}
