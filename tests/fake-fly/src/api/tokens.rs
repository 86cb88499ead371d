//! Who a token is.

use serde_json::json;

use crate::call::{Answer, Call, Outcome};
use crate::route::Route;
use crate::token::Scope;
use crate::world::World;

pub(super) const ROUTES: &[Route] = &[Route::get("/v1/tokens/current", current)];

fn current(world: &mut World, call: &Call) -> Outcome {
    let id = world.tokens.of(&call.headers, call.now)?.id;
    let org = world.org(&call.access.org)?;
    let apps = match &call.access.scope {
        Scope::App(name) => vec![name.as_str()],
        Scope::Organisation | Scope::ReadOnly => vec![],
    };
    Answer::ok(json!({ "tokens": [{
        "token_id": id.to_string(), "organization": org.name, "org_slug": call.access.org, "apps": apps,
        "user": format!("somebody@{}.example", call.access.org),
    }]}))
}
