//! The older API, as far as it is still needed: who one is, and addresses.
//!
//! Fields are not selected: an answer holds all that is modelled of what was asked for.

use serde::Deserialize;
use serde_json::{Value, json};

use crate::call::{Answer, Call, Outcome};
use crate::problem::Problem;
use crate::route::Route;
use crate::token::slug_of;
use crate::world::World;
use crate::world::address::{Address, Kind};

pub(super) const ROUTES: &[Route] = &[Route::post("/graphql", answer)];

#[derive(Deserialize)]
struct Request {
    query: String,
    #[serde(default)]
    variables: Value,
}

fn answer(world: &mut World, call: &Call) -> Outcome {
    let request: Request = call.body()?;
    let input = &request.variables["input"];
    let mut call = call.clone();
    call.params.insert("app".to_owned(), input["appId"].as_str().unwrap_or_default().to_owned());
    let data = if request.query.contains("allocateIpAddress") {
        allocate(world, &call, input)
    } else if request.query.contains("releaseIpAddress") {
        release(world, &call, input)
    } else if ["viewer", "organizations"].iter().any(|field| request.query.contains(field)) {
        whoami(world, &call)
    } else {
        Err(Problem::new(501, "not modelled by the fake"))
    };
    // GraphQL tells errors in the body of a success.
    Answer::ok(match data {
        Ok(data) => json!({ "data": data }),
        Err(problem) => json!({ "errors": [{
            "message": problem.body["error"], "extensions": { "code": code(problem.status) },
        }]}),
    })
}

fn code(status: u16) -> &'static str {
    match status {
        401 | 403 => "UNAUTHORIZED",
        404 => "NOT_FOUND",
        422 => "UNPROCESSABLE",
        _ => "SERVER_ERROR",
    }
}

fn whoami(world: &World, call: &Call) -> Result<Value, Problem> {
    let org = world.org(&call.access.org)?;
    let node = json!({ "id": call.access.org, "slug": slug_of(&call.access.org), "name": org.name, "type": "SHARED" });
    Ok(json!({ "viewer": { "email": call.access.user }, "organizations": { "nodes": [node] } }))
}

fn allocate(world: &mut World, call: &Call, input: &Value) -> Result<Value, Problem> {
    let kind = input["type"].as_str().and_then(Kind::parse);
    let kind = kind.ok_or_else(|| Problem::validation("Type is not included in the list"))?;
    let number = world.ids.number();
    let app = world.app_mut(call)?;
    let address = Address::new(number, kind, call.now);
    let view = json!({
        "id": format!("ip_{number}"), "address": address.ip, "type": kind.name(), "region": address.region,
        "createdAt": call.now,
    });
    app.addresses.push(address);
    Ok(json!({ "allocateIpAddress": { "ipAddress": view, "app": { "name": app.name } } }))
}

fn release(world: &mut World, call: &Call, input: &Value) -> Result<Value, Problem> {
    let app = world.app_mut(call)?;
    let place = app.addresses.iter().position(|address| input["ip"] == address.ip.as_str());
    app.addresses.remove(place.ok_or_else(|| Problem::not_found("ip address"))?);
    Ok(json!({ "releaseIpAddress": { "app": { "name": app.name } } }))
}
