//! What an organisation has, in all its apps.

use serde_json::{Value, json};

use super::page::page;
use crate::call::{Answer, Call, Outcome};
use crate::problem::Problem;
use crate::route::Route;
use crate::world::World;
use crate::world::app::App;

pub(super) const ROUTES: &[Route] =
    &[Route::get("/v1/orgs/{org}/machines", machines), Route::get("/v1/orgs/{org}/volumes", volumes)];

fn apps<'a>(world: &'a World, call: &'a Call) -> Result<impl Iterator<Item = &'a App>, Problem> {
    let slug = call.access.means(call.param("org"));
    world.org(slug)?;
    call.access.whole(slug)?;
    Ok(world.apps.values().filter(move |app| app.org == slug))
}

fn fits(call: &Call, region: &str, state: &str) -> bool {
    let (regions, states) = (call.list("region"), call.list("state"));
    (regions.is_empty() || regions.contains(&region)) && (states.is_empty() || states.contains(&state))
}

fn machines(world: &mut World, call: &Call) -> Outcome {
    let deleted = call.flag("include_deleted");
    let mut items = Vec::new();
    for app in apps(world, call)? {
        let listed = app.machines.values().filter(|machine| machine.listed_at <= call.now);
        let wanted = listed.filter(|machine| deleted || !machine.state.is_gone());
        let wanted = wanted.filter(|machine| fits(call, &machine.region, machine.state.name()));
        items.extend(wanted.map(|machine| (machine.id.clone(), machine.org_view(&app.name))));
    }
    list("machines", items, call)
}

fn volumes(world: &mut World, call: &Call) -> Outcome {
    let mut items = Vec::new();
    for app in apps(world, call)? {
        let wanted = app.volumes.values().filter(|volume| fits(call, &volume.region, volume.state()));
        items.extend(wanted.map(|volume| (volume.id.clone(), volume.org_view(&app.name))));
    }
    list("volumes", items, call)
}

fn list(name: &str, mut items: Vec<(String, Value)>, call: &Call) -> Outcome {
    items.sort_by(|(one, _), (other, _)| one.cmp(other));
    let (part, next) = page(items, call)?;
    let mut answer = json!({ name: part });
    if let Some(next) = next {
        answer["next_cursor"] = json!(next);
    }
    Answer::ok(answer)
}
