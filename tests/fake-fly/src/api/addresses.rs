//! Addresses of apps.

use serde::Deserialize;
use serde_json::json;

use crate::call::{Answer, Call, Outcome};
use crate::problem::Problem;
use crate::route::Route;
use crate::world::World;
use crate::world::address::{Address, Kind};

pub(super) const ROUTES: &[Route] = &[
    Route::get("/v1/apps/{app}/ip_assignments", list),
    Route::post("/v1/apps/{app}/ip_assignments", assign),
    Route::delete("/v1/apps/{app}/ip_assignments/{ip}", release),
];

fn list(world: &mut World, call: &Call) -> Outcome {
    let ips: Vec<_> = world.app(call)?.addresses.iter().map(Address::view).collect();
    Answer::ok(json!({ "ips": ips }))
}

#[derive(Deserialize)]
struct Assign {
    #[serde(default, rename = "type")]
    kind: String,
    region: Option<String>,
    service_name: Option<String>,
}

/// Each request makes another address: Fly keeps no one from having two.
fn assign(world: &mut World, call: &Call) -> Outcome {
    let wanted: Assign = call.body()?;
    let kind = Kind::parse(&wanted.kind).ok_or_else(|| Problem::validation("Type is not included in the list"))?;
    let number = world.ids.number();
    let app = world.app_mut(call)?;
    let mut address = Address::new(number, kind, call.now);
    address.region = wanted.region.unwrap_or(address.region);
    address.service = wanted.service_name;
    let view = address.view();
    app.addresses.push(address);
    Answer::ok(view)
}

fn release(world: &mut World, call: &Call) -> Outcome {
    let addresses = &mut world.app_mut(call)?.addresses;
    let place = addresses.iter().position(|address| address.ip == call.param("ip"));
    addresses.remove(place.ok_or_else(|| Problem::not_found("ip assignment"))?);
    Answer::empty(204)
}
