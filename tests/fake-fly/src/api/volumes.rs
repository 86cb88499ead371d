//! Volumes and their snapshots.

use serde::Deserialize;
use serde_json::json;

use crate::call::{Answer, Call, Outcome};
use crate::problem::Problem;
use crate::route::Route;
use crate::world::World;
use crate::world::machine::State;
use crate::world::volume::{Snapshot, Volume};

pub(super) const ROUTES: &[Route] = &[
    Route::get("/v1/apps/{app}/volumes", list),
    Route::post("/v1/apps/{app}/volumes", create),
    Route::get("/v1/apps/{app}/volumes/{volume}", show),
    Route::put("/v1/apps/{app}/volumes/{volume}", update),
    Route::delete("/v1/apps/{app}/volumes/{volume}", destroy),
    Route::put("/v1/apps/{app}/volumes/{volume}/extend", extend),
    Route::get("/v1/apps/{app}/volumes/{volume}/snapshots", snapshots),
    Route::post("/v1/apps/{app}/volumes/{volume}/snapshots", snapshot),
];

/// Gigabytes of a volume, if nothing else is said.
const SIZE_DEFAULT: u64 = 3;
const SIZE_MAX: u64 = 500;
/// Days for which a snapshot is kept, if nothing else is said.
const RETENTION_DEFAULT: u64 = 5;
const RETENTION_MAX: u64 = 60;

fn list(world: &mut World, call: &Call) -> Outcome {
    Answer::ok(world.app(call)?.volumes.values().map(Volume::view).collect())
}

#[derive(Deserialize)]
struct Create {
    #[serde(default)]
    name: String,
    #[serde(default)]
    region: String,
    size_gb: Option<u64>,
    encrypted: Option<bool>,
    auto_backup_enabled: Option<bool>,
    snapshot_retention: Option<u64>,
    snapshot_id: Option<String>,
    source_volume_id: Option<String>,
}

fn create(world: &mut World, call: &Call) -> Outcome {
    let wanted: Create = call.body()?;
    world.app_mut(call)?;
    check_name(&wanted.name)?;
    check_size(wanted.size_gb)?;
    check_retention(wanted.snapshot_retention)?;
    world.regions.room_for_volume(&wanted.region)?;
    let origin = origin_size(world, call, &wanted)?;
    let id = world.ids.volume();
    let volume = Volume {
        id: id.clone(),
        name: wanted.name,
        region: wanted.region,
        size_gb: wanted.size_gb.or(origin).unwrap_or(SIZE_DEFAULT),
        encrypted: wanted.encrypted.unwrap_or(true),
        auto_backup: wanted.auto_backup_enabled.unwrap_or(true),
        retention: wanted.snapshot_retention.unwrap_or(RETENTION_DEFAULT),
        created_at: call.now,
        machine: None,
        gone_at: None,
        snapshots: Vec::new(),
    };
    let view = volume.view();
    world.app_mut(call)?.volumes.insert(id, volume);
    Answer::ok(view)
}

/// The size of the snapshot or volume that a new volume is made of, if it is made of one.
fn origin_size(world: &World, call: &Call, wanted: &Create) -> Result<Option<u64>, Problem> {
    let mine = world.apps.values().filter(|app| call.access.opens(&app.org, &app.name));
    let mut volumes = mine.flat_map(|app| app.volumes.values());
    let size = match (&wanted.snapshot_id, &wanted.source_volume_id) {
        (None, None) => return Ok(None),
        (Some(id), _) => volumes.flat_map(|volume| &volume.snapshots).find(|one| &one.id == id).map(|one| one.size_gb),
        (None, Some(id)) => volumes.find(|volume| &volume.id == id).map(|volume| volume.size_gb),
    };
    size.map(Some).ok_or_else(|| Problem::not_found("snapshot or volume"))
}

fn check_name(name: &str) -> Result<(), Problem> {
    let fits = name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
    if fits && (1..=30).contains(&name.len()) { Ok(()) } else { Err(Problem::validation("Name is invalid")) }
}

fn check_size(size_gb: Option<u64>) -> Result<(), Problem> {
    let fits = size_gb.is_none_or(|size| (1..=SIZE_MAX).contains(&size));
    if fits { Ok(()) } else { Err(Problem::validation("Size must be between 1 and 500 GB")) }
}

fn check_retention(days: Option<u64>) -> Result<(), Problem> {
    let fits = days.is_none_or(|days| (1..=RETENTION_MAX).contains(&days));
    if fits { Ok(()) } else { Err(Problem::validation("Snapshot retention must be between 1 and 60 days")) }
}

fn volume<'a>(world: &'a World, call: &Call) -> Result<&'a Volume, Problem> {
    world.app(call)?.volumes.get(call.param("volume")).ok_or_else(|| Problem::not_found("volume"))
}

/// The volume, to be changed. One that is being destroyed takes nothing more.
fn volume_mut<'a>(world: &'a mut World, call: &Call) -> Result<&'a mut Volume, Problem> {
    let volume = world.app_mut(call)?.volumes.get_mut(call.param("volume"));
    volume.filter(|volume| volume.gone_at.is_none()).ok_or_else(|| Problem::not_found("volume"))
}

fn show(world: &mut World, call: &Call) -> Outcome {
    Answer::ok(volume(world, call)?.view())
}

#[derive(Deserialize)]
struct Update {
    auto_backup_enabled: Option<bool>,
    snapshot_retention: Option<u64>,
}

fn update(world: &mut World, call: &Call) -> Outcome {
    let wanted: Update = call.body()?;
    check_retention(wanted.snapshot_retention)?;
    let volume = volume_mut(world, call)?;
    volume.auto_backup = wanted.auto_backup_enabled.unwrap_or(volume.auto_backup);
    volume.retention = wanted.snapshot_retention.unwrap_or(volume.retention);
    Answer::ok(volume.view())
}

fn destroy(world: &mut World, call: &Call) -> Outcome {
    let delay = world.delays.volume_destroy;
    if volume(world, call)?.gone_at.is_some() {
        return Answer::ok(volume(world, call)?.view());
    }
    let volume = volume_mut(world, call)?;
    if let Some(machine) = &volume.machine {
        return Err(Problem::precondition(format!("volume is currently bound to machine: {machine}")));
    }
    volume.gone_at = Some(call.now + delay);
    Answer::ok(volume.view())
}

#[derive(Deserialize)]
struct Extend {
    size_gb: u64,
}

fn extend(world: &mut World, call: &Call) -> Outcome {
    let wanted: Extend = call.body()?;
    check_size(Some(wanted.size_gb))?;
    let user = volume(world, call)?.machine.clone();
    let machines = &world.app(call)?.machines;
    let runs = user.and_then(|id| machines.get(&id)).is_some_and(|machine| machine.state == State::Started);
    let volume = volume_mut(world, call)?;
    if wanted.size_gb < volume.size_gb {
        return Err(Problem::validation("Volumes can be extended but not shrunk"));
    }
    volume.size_gb = wanted.size_gb;
    Answer::ok(json!({ "volume": volume.view(), "needs_restart": runs }))
}

fn snapshots(world: &mut World, call: &Call) -> Outcome {
    Answer::ok(volume(world, call)?.snapshots.iter().map(|snapshot| snapshot.view(call.now)).collect())
}

fn snapshot(world: &mut World, call: &Call) -> Outcome {
    let (id, delay) = (world.ids.snapshot(), world.delays.snapshot);
    let volume = volume_mut(world, call)?;
    let (size_gb, retention) = (volume.size_gb, volume.retention);
    let snapshot = Snapshot { id, size_gb, retention, created_at: call.now, ready_at: call.now + delay };
    volume.snapshots.push(snapshot);
    Answer::empty(200)
}
