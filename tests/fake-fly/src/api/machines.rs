//! Machines: created, listed, shown.

use std::collections::VecDeque;

use serde::Deserialize;
use serde_json::{Value, json};

use crate::call::{Answer, Call, Outcome};
use crate::clock::later;
use crate::problem::Problem;
use crate::route::Route;
use crate::world::World;
use crate::world::app::App;
use crate::world::lease::Lease;
use crate::world::machine::{Machine, State, mounted};
use crate::world::region::NEAREST;

pub(super) const ROUTES: &[Route] = &[
    Route::get("/v1/apps/{app}/machines", list),
    Route::post("/v1/apps/{app}/machines", create),
    Route::get("/v1/apps/{app}/machines/{machine}", show),
    Route::get("/v1/apps/{app}/machines/{machine}/events", events),
    Route::get("/v1/apps/{app}/machines/{machine}/versions", versions),
];

fn list(world: &mut World, call: &Call) -> Outcome {
    let deleted = call.flag("include_deleted");
    let (regions, states) = (call.list("region"), call.list("state"));
    let machines = world.app(call)?.machines.values().filter(|machine| machine.listed_at <= call.now);
    let wanted = machines
        .filter(|machine| deleted || !machine.state.is_gone())
        .filter(|machine| regions.is_empty() || regions.contains(&machine.region.as_str()))
        .filter(|machine| states.is_empty() || states.contains(&machine.state.name()))
        .filter(|machine| has_metadata(machine, call));
    let view = if call.flag("summary") { Machine::summary } else { Machine::view };
    Answer::ok(wanted.map(view).collect())
}

/// Whether each `metadata.KEY=VALUE` of the query is so.
fn has_metadata(machine: &Machine, call: &Call) -> bool {
    let metadata = machine.metadata();
    let mut wanted = call.query.iter().filter_map(|(key, value)| Some((key.strip_prefix("metadata.")?, value)));
    wanted.all(|(key, value)| metadata.get(key) == Some(value))
}

fn show(world: &mut World, call: &Call) -> Outcome {
    Answer::ok(world.machine(call)?.view())
}

fn events(world: &mut World, call: &Call) -> Outcome {
    let limit = call.number("limit")?.and_then(|limit| usize::try_from(limit).ok()).unwrap_or(usize::MAX);
    Answer::ok(world.machine(call)?.event_views().into_iter().take(limit).collect())
}

fn versions(world: &mut World, call: &Call) -> Outcome {
    let machine = world.machine(call)?;
    let now = (machine.version.clone(), machine.config.clone());
    let all = std::iter::once(&now).chain(&machine.replaced);
    Answer::ok(all.map(|(version, config)| json!({ "version": version, "user_config": config })).collect())
}

/// What a machine is to be, when it is created and when it is updated.
#[derive(Deserialize)]
pub(super) struct Wanted {
    name: Option<String>,
    region: Option<String>,
    #[serde(default)]
    pub(super) config: Value,
    #[serde(default)]
    pub(super) skip_launch: bool,
    /// Seconds.
    lease_ttl: Option<u64>,
    #[serde(default)]
    min_secrets_version: u64,
    pub(super) current_version: Option<String>,
}

impl Wanted {
    pub(super) fn check(&self, app: &App) -> Result<(), Problem> {
        if self.config["image"].as_str().is_none_or(str::is_empty) {
            return Err(Problem::invalid("config.image is required"));
        }
        if self.min_secrets_version > app.secrets.version {
            let (wanted, there) = (self.min_secrets_version, app.secrets.version);
            return Err(Problem::precondition(format!("secrets version {wanted} not available, currently {there}")));
        }
        Ok(())
    }

    /// The lease that was asked for together with the machine.
    pub(super) fn lease(&self, world: &mut World, call: &Call) -> Option<Lease> {
        let ttl = self.lease_ttl.filter(|seconds| *seconds > 0)?;
        let owner = format!("somebody@{}.example", call.access.org);
        let expires_at = later(call.now, ttl);
        Some(Lease { nonce: world.ids.nonce(), owner, description: String::new(), expires_at })
    }
}

fn create(world: &mut World, call: &Call) -> Outcome {
    let wanted: Wanted = call.body()?;
    let app = home(world, call)?;
    wanted.check(app)?;
    check_name(app, wanted.name.as_deref())?;
    check_payment(world, app)?;
    let region = wanted.region.as_deref().unwrap_or(NEAREST);
    check_mounts(app, None, region, &wanted.config)?;
    world.regions.room_for_machine(region, mounted(&wanted.config).first().map(String::as_str))?;
    let machine = build(world, call, &wanted, region)?;
    let (id, mut view) = (machine.id.clone(), machine.view());
    if let Some(lease) = &machine.lease {
        view["nonce"] = json!(lease.nonce);
    }
    let app = world.app_mut(call)?;
    attach(app, &id, &wanted.config);
    app.machines.insert(id, machine);
    Answer::ok(view)
}

/// The app that the machine is for. One that is not propagated is no app to the machines' side of Fly.
fn home<'a>(world: &'a World, call: &Call) -> Result<&'a App, Problem> {
    let name = call.param("app");
    let app = world.apps.get(name).filter(|app| call.access.opens(&app.org, name));
    if app.is_some_and(|app| call.now < app.visible_at) {
        return Err(Problem::new(500, "internal: failed to get app: sql: no rows in result set"));
    }
    world.app(call).and_then(|app| if app.gone_at.is_none() { Ok(app) } else { Err(Problem::not_found("app")) })
}

fn check_name(app: &App, name: Option<&str>) -> Result<(), Problem> {
    let Some(twin) = app.living().find(|machine| Some(machine.name.as_str()) == name) else { return Ok(()) };
    let (id, name) = (&twin.id, &twin.name);
    let why = format!("unique machine name violation, machine ID {id} already exists with name \"{name}\"");
    Err(Problem::new(409, format!("already_exists: {why}")))
}

fn check_payment(world: &World, app: &App) -> Result<(), Problem> {
    if world.org(&app.org)?.can_pay || app.living().next().is_none() {
        return Ok(());
    }
    Err(Problem::new(422, "To create more than 1 machine per app please add a payment method."))
}

/// Whether the machine may mount what its configuration says.
pub(super) fn check_mounts(app: &App, machine: Option<&str>, region: &str, config: &Value) -> Result<(), Problem> {
    for id in mounted(config) {
        let volume = app.volumes.get(&id).filter(|volume| volume.gone_at.is_none());
        let volume = volume.ok_or_else(|| Problem::invalid(format!("volume {id} does not exist")))?;
        if volume.region != region {
            let why = format!("volume {id} is in {}, the machine is in {region}", volume.region);
            return Err(Problem::invalid(why));
        }
        if let Some(other) = volume.machine.as_deref().filter(|user| Some(*user) != machine) {
            return Err(Problem::precondition(format!("volume {id} is already attached to machine {other}")));
        }
    }
    Ok(())
}

/// Volumes of the configuration belong to the machine.
pub(super) fn attach(app: &mut App, machine: &str, config: &Value) {
    for id in mounted(config) {
        if let Some(volume) = app.volumes.get_mut(&id) {
            volume.machine = Some(machine.to_owned());
        }
    }
}

fn build(world: &mut World, call: &Call, wanted: &Wanted, region: &str) -> Result<Machine, Problem> {
    let (id, version, number) = (world.ids.machine(), world.ids.ulid(), world.ids.number());
    let lease = wanted.lease(world, call);
    let digest = world.pull(wanted.config["image"].as_str().unwrap_or_default());
    let app = world.app(call)?;
    let mut machine = Machine {
        name: wanted.name.clone().unwrap_or_else(|| format!("machine-{number}")),
        region: region.to_owned(),
        state: State::Created,
        replaced: Vec::new(),
        config: wanted.config.clone(),
        digest,
        secrets: app.secrets.as_env(),
        secrets_version: app.secrets.version,
        private_ip: format!("fdaa:0:1:a7b:{number:x}::2"),
        created_at: call.now,
        updated_at: call.now,
        visible_at: call.now + world.delays.machine_visible,
        listed_at: call.now + world.delays.machine_listed,
        active_until: call.now,
        lease,
        events: Vec::new(),
        cordoned: false,
        reachable: true,
        plan: VecDeque::new(),
        id,
        version,
    };
    machine.enter(State::Created, call.now);
    if !wanted.skip_launch {
        machine.plan(world.launch(machine.image(), call.now));
    }
    Ok(machine)
}
