//! Secrets of apps.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::json;

use crate::call::{Answer, Call, Outcome};
use crate::problem::Problem;
use crate::route::Route;
use crate::world::World;
use crate::world::app::App;

pub(super) const ROUTES: &[Route] = &[
    Route::get("/v1/apps/{app}/secrets", list),
    Route::post("/v1/apps/{app}/secrets", change),
    Route::get("/v1/apps/{app}/secrets/{name}", show),
    Route::post("/v1/apps/{app}/secrets/{name}", set),
    Route::delete("/v1/apps/{app}/secrets/{name}", unset),
];

/// The app, if its secrets are as new as the caller wants.
fn app<'a>(world: &'a World, call: &Call) -> Result<&'a App, Problem> {
    let app = world.app(call)?;
    let wanted = call.number("min_version")?.unwrap_or_default();
    if app.secrets.version < wanted {
        return Err(Problem::new(
            404,
            format!("secrets version {wanted} not found, currently {}", app.secrets.version),
        ));
    }
    Ok(app)
}

fn list(world: &mut World, call: &Call) -> Outcome {
    Answer::ok(json!({ "secrets": app(world, call)?.secrets.views(call.flag("show_secrets")) }))
}

fn show(world: &mut World, call: &Call) -> Outcome {
    let view = app(world, call)?.secrets.view(call.param("name"), call.flag("show_secrets"));
    Answer::ok(view.ok_or_else(|| Problem::not_found("secret"))?)
}

#[derive(Deserialize)]
struct Change {
    values: BTreeMap<String, Option<String>>,
}

fn change(world: &mut World, call: &Call) -> Outcome {
    let wanted: Change = call.body()?;
    let secrets = &mut world.app_mut(call)?.secrets;
    secrets.change(wanted.values, call.now);
    Answer::ok(json!({ "secrets": secrets.views(false), "version": secrets.version, "Version": secrets.version }))
}

#[derive(Deserialize)]
struct Set {
    value: String,
}

fn set(world: &mut World, call: &Call) -> Outcome {
    let wanted: Set = call.body()?;
    let (name, secrets) = (call.param("name"), &mut world.app_mut(call)?.secrets);
    secrets.change(BTreeMap::from([(name.to_owned(), Some(wanted.value))]), call.now);
    let mut view = secrets.view(name, false).unwrap_or_default();
    view["version"] = json!(secrets.version);
    view["Version"] = json!(secrets.version);
    Answer::created(view)
}

fn unset(world: &mut World, call: &Call) -> Outcome {
    let (name, secrets) = (call.param("name"), &mut world.app_mut(call)?.secrets);
    if !secrets.has(name) {
        return Err(Problem::not_found("secret"));
    }
    secrets.change(BTreeMap::from([(name.to_owned(), None)]), call.now);
    Answer::ok(json!({ "version": secrets.version, "Version": secrets.version }))
}
