//! Labels of machines, changed without a new version.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::json;

use crate::call::{Answer, Call, Outcome};
use crate::problem::Problem;
use crate::route::Route;
use crate::world::World;

const ALL: &str = "/v1/apps/{app}/machines/{machine}/metadata";
const ONE: &str = "/v1/apps/{app}/machines/{machine}/metadata/{key}";

pub(super) const ROUTES: &[Route] = &[
    Route::get(ALL, list),
    Route::put(ALL, replace),
    Route::patch(ALL, merge),
    Route::get(ONE, show),
    Route::post(ONE, set),
    Route::delete(ONE, unset),
];

fn list(world: &mut World, call: &Call) -> Outcome {
    Answer::ok(json!(world.machine(call)?.metadata()))
}

fn show(world: &mut World, call: &Call) -> Outcome {
    let metadata = world.machine(call)?.metadata();
    let value = metadata.get(call.param("key")).ok_or_else(|| Problem::not_found("metadata"))?;
    Answer::ok(json!({ "value": value }))
}

#[derive(Deserialize)]
struct Change {
    metadata: BTreeMap<String, Option<String>>,
    machine_version: Option<String>,
}

fn replace(world: &mut World, call: &Call) -> Outcome {
    let wanted: Change = call.body()?;
    change(world, call, wanted, true)
}

fn merge(world: &mut World, call: &Call) -> Outcome {
    let wanted: Change = call.body()?;
    change(world, call, wanted, false)
}

fn change(world: &mut World, call: &Call, wanted: Change, afresh: bool) -> Outcome {
    let machine = world.machine_mut(call)?;
    if wanted.machine_version.is_some_and(|version| version != machine.version) {
        return Err(Problem::precondition("machine version does not match"));
    }
    let mut metadata = if afresh { BTreeMap::new() } else { machine.metadata() };
    for (key, value) in wanted.metadata {
        match value {
            Some(value) => metadata.insert(key, value),
            None => metadata.remove(&key),
        };
    }
    machine.config["metadata"] = json!(metadata);
    Answer::empty(204)
}

#[derive(Deserialize)]
struct Set {
    value: String,
}

fn set(world: &mut World, call: &Call) -> Outcome {
    let wanted: Set = call.body()?;
    let metadata = BTreeMap::from([(call.param("key").to_owned(), Some(wanted.value))]);
    change(world, call, Change { metadata, machine_version: None }, false)
}

fn unset(world: &mut World, call: &Call) -> Outcome {
    let metadata = BTreeMap::from([(call.param("key").to_owned(), None)]);
    change(world, call, Change { metadata, machine_version: None }, false)
}
