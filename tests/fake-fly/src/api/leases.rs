//! Leases on machines. Their answers come in an envelope, `{"status", "data"}`, though the document shows none.
//!
//! Source: <https://fly.io/docs/machines/api/machines-resource/#create-a-machine-lease>

use serde::Deserialize;
use serde_json::json;

use crate::call::{Answer, Call, Outcome};
use crate::clock::later;
use crate::problem::Problem;
use crate::route::Route;
use crate::world::World;
use crate::world::lease::Lease;

pub(super) const ROUTES: &[Route] = &[
    Route::get("/v1/apps/{app}/machines/{machine}/lease", show),
    Route::post("/v1/apps/{app}/machines/{machine}/lease", take),
    Route::delete("/v1/apps/{app}/machines/{machine}/lease", release),
];

/// Seconds of a lease that says nothing about it.
const TTL_DEFAULT: u64 = 30;

fn none() -> Problem {
    Problem::of_lease(404, "lease not found")
}

fn show(world: &mut World, call: &Call) -> Outcome {
    let machine = world.machine(call)?;
    Answer::ok(machine.lease_view(machine.lease(call.now).ok_or_else(none)?))
}

#[derive(Deserialize)]
struct Take {
    ttl: Option<u64>,
    #[serde(default)]
    description: String,
}

/// Takes it, or lets whoever has it keep it longer.
fn take(world: &mut World, call: &Call) -> Outcome {
    let wanted: Take = call.body()?;
    let ttl = call.number("ttl")?.or(wanted.ttl).unwrap_or(TTL_DEFAULT);
    let (nonce, owner) = (world.ids.nonce(), format!("somebody@{}.example", call.access.org));
    let machine = world.unleased_machine_mut(call)?;
    let expires_at = later(call.now, ttl);
    let lease = match machine.lease(call.now) {
        Some(held) if call.nonce() != Some(&held.nonce) => return Err(Problem::of_lease(409, machine.held(held))),
        Some(held) => Lease { expires_at, ..held.clone() },
        None if call.nonce().is_some() => return Err(none()),
        None => Lease { nonce, owner, description: wanted.description, expires_at },
    };
    let view = machine.lease_view(&lease);
    machine.lease = Some(lease);
    Answer::created(view)
}

fn release(world: &mut World, call: &Call) -> Outcome {
    let nonce = call.nonce().ok_or_else(|| Problem::of_lease(400, "fly-machine-lease-nonce is required"))?;
    let machine = world.unleased_machine_mut(call)?;
    machine.lease(call.now).filter(|lease| lease.nonce == nonce).ok_or_else(none)?;
    machine.lease = None;
    Answer::ok(json!({ "status": "success", "data": { "ok": true } }))
}
