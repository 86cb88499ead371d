//! Apps: names that are unique in all of Fly.

use std::time::Duration;

use serde::Deserialize;
use serde_json::json;

use crate::call::{Answer, Call, Outcome};
use crate::clock::later;
use crate::problem::Problem;
use crate::route::Route;
use crate::token::{Access, Scope};
use crate::world::World;
use crate::world::app::App;
use crate::world::machine::State;

pub(super) const ROUTES: &[Route] = &[
    Route::get("/v1/apps", list),
    Route::post("/v1/apps", create),
    Route::get("/v1/apps/{app}", show),
    Route::delete("/v1/apps/{app}", delete),
    Route::post("/v1/apps/{app}/deploy_token", deploy_token),
];

/// A label of DNS holds no more.
const NAME_MAX: usize = 63;

/// How long a deploy token holds that says nothing about it: 20 years.
const TOKEN_LIFE: Duration = Duration::from_hours(24 * 365 * 20);

fn list(world: &mut World, call: &Call) -> Outcome {
    let slug = call.query("org_slug").ok_or_else(|| Problem::invalid("org_slug is required"))?;
    let slug = call.access.means(slug);
    let org = world.org(slug)?;
    call.access.whole(slug)?;
    let visible = world.apps.values().filter(|app| app.org == slug && app.visible_at <= call.now);
    let apps: Vec<_> = visible.map(|app| app.view(org)).collect();
    Answer::ok(json!({ "total_apps": apps.len(), "apps": apps }))
}

#[derive(Deserialize)]
struct Create {
    #[serde(default)]
    name: String,
    #[serde(default)]
    org_slug: String,
    #[serde(default)]
    network: Option<String>,
}

fn create(world: &mut World, call: &Call) -> Outcome {
    let wanted: Create = call.body()?;
    if wanted.org_slug.is_empty() {
        return Err(Problem::new(400, "authorization: request doesn't contain org_slug"));
    }
    let org = call.access.means(&wanted.org_slug);
    world.org(org)?;
    call.access.whole(org)?;
    check_name(&wanted.name)?;
    check_network(wanted.network.as_deref())?;
    if world.is_taken(&wanted.name) {
        return Err(Problem::coded(422, "name_taken", "Validation failed: Name has already been taken"));
    }
    let delay = if call.flag("wait") { Duration::ZERO } else { world.delays.app_propagation };
    let (id, number) = (world.ids.app(), world.ids.number());
    let mut app = App::new(id, number, &wanted.name, org, call.now + delay);
    if let Some(network) = wanted.network {
        app.network = network;
    }
    let answer = json!({ "id": app.id, "created_at": call.now.timestamp_millis() });
    world.apps.insert(wanted.name, app);
    Answer::created(answer)
}

fn check_name(name: &str) -> Result<(), Problem> {
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if (1..NAME_MAX).contains(&name.len()) && name.chars().all(fits) {
        return Ok(());
    }
    Err(Problem::validation("Name under 63 chars using numbers, lowercase letters and dashes"))
}

fn check_network(network: Option<&str>) -> Result<(), Problem> {
    let Some(network) = network else { return Ok(()) };
    let begins = network.starts_with(|c: char| c.is_ascii_alphabetic());
    let fits = network.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
    if begins && fits { Ok(()) } else { Err(Problem::validation("Network is invalid")) }
}

fn show(world: &mut World, call: &Call) -> Outcome {
    let app = world.app(call)?;
    Answer::ok(app.view(world.org(&app.org)?))
}

fn delete(world: &mut World, call: &Call) -> Outcome {
    let delay = world.delays.app_deletion;
    if world.app(call)?.gone_at.is_some() {
        return Answer::empty(202);
    }
    let app = world.app_mut(call)?;
    let runs = app.living().any(|machine| !matches!(machine.state, State::Created | State::Stopped | State::Failed));
    if runs && !call.flag("force") {
        return Err(Problem::precondition("app has running machines, stop them first or use force"));
    }
    app.gone_at = Some(call.now + delay);
    Answer::empty(202)
}

#[derive(Deserialize)]
struct DeployToken {
    #[serde(default)]
    expiry: Option<String>,
}

fn deploy_token(world: &mut World, call: &Call) -> Outcome {
    let wanted: DeployToken = call.body()?;
    let app = world.app(call)?;
    let (org, name) = (app.org.clone(), app.name.clone());
    call.access.whole(&org)?;
    let life = wanted.expiry.as_deref().map_or(Ok(TOKEN_LIFE), humantime::parse_duration).map_err(Problem::invalid)?;
    let (id, secret) = (world.ids.number(), world.ids.token());
    let access = Access { org, user: None, scope: Scope::App(name), expires: Some(later(call.now, life.as_secs())) };
    world.tokens.add(id, &secret, access);
    Answer::ok(json!({ "token": format!("FlyV1 {secret}") }))
}
