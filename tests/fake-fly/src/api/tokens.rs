//! Who a token is.

use serde_json::json;

use crate::call::{Answer, Call, Outcome};
use crate::route::Route;
use crate::token::{Scope, slug_of};
use crate::world::World;

pub(super) const ROUTES: &[Route] = &[Route::get("/v1/tokens/current", current)];

fn current(world: &mut World, call: &Call) -> Outcome {
    let id = world.tokens.of(&call.headers, call.now)?.id;
    let org = world.org(&call.access.org)?;
    let apps = match &call.access.scope {
        Scope::App(name) => vec![name.as_str()],
        Scope::Organisation | Scope::ReadOnly => vec![],
    };
    let mut token = json!({
        "token_id": id.to_string(), "organization": org.name, "org_slug": slug_of(&call.access.org), "apps": apps,
    });
    if let Some(user) = &call.access.user {
        token["user"] = json!(user);
    }
    Answer::ok(json!({ "tokens": [token] }))
}
