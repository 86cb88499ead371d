//! Databases and users of a cluster of Managed Postgres.

use serde::Deserialize;
use serde_json::{Value, json};

use super::clusters::{cluster, cluster_mut, data};
use crate::call::{Answer, Call, Outcome};
use crate::problem::Problem;
use crate::route::Route;
use crate::world::World;
use crate::world::cluster::{Cluster, User};

pub(super) const ROUTES: &[Route] = &[
    Route::get("/v1/postgres/{cluster}/databases", databases),
    Route::post("/v1/postgres/{cluster}/databases", create_database),
    Route::delete("/v1/postgres/{cluster}/databases/{name}", drop_database),
    Route::get("/v1/postgres/{cluster}/users", users),
    Route::post("/v1/postgres/{cluster}/users", create_user),
    Route::patch("/v1/postgres/{cluster}/users/{name}", change_role),
    Route::delete("/v1/postgres/{cluster}/users/{name}", drop_user),
    Route::get("/v1/postgres/{cluster}/users/{name}/credentials", credentials),
    Route::post("/v1/postgres/{cluster}/users/{name}/rotate_password", rotate),
];

const ROLES: [&str; 3] = ["schema_admin", "writer", "reader"];
const RESERVED: [&str; 4] = ["postgres", "template0", "template1", "repmgr"];

/// The cluster, once it takes databases and users.
fn ready<'a>(world: &'a mut World, call: &Call) -> Result<&'a mut Cluster, Problem> {
    let cluster = cluster_mut(world, call)?;
    if cluster.status(call.now) == "ready" { Ok(cluster) } else { Err(Problem::new(422, "cluster is not ready")) }
}

fn check_name(name: &str) -> Result<(), Problem> {
    let begins = name.starts_with(|c: char| c.is_ascii_lowercase() || c == '_');
    let fits =
        name.len() < 64 && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || "_-".contains(c));
    if RESERVED.contains(&name) {
        return Err(Problem::new(400, format!("{name} is reserved")));
    }
    if begins && fits { Ok(()) } else { Err(Problem::new(400, "name is malformed")) }
}

fn check_role(role: &str) -> Result<(), Problem> {
    if ROLES.contains(&role) { Ok(()) } else { Err(Problem::new(422, "role is invalid")) }
}

fn databases(world: &mut World, call: &Call) -> Outcome {
    let names = cluster(world, call)?.databases.iter();
    Answer::ok(data(&names.map(|name| json!({ "name": name })).collect()))
}

#[derive(Deserialize)]
struct Database {
    #[serde(default)]
    name: String,
}

fn create_database(world: &mut World, call: &Call) -> Outcome {
    let wanted: Database = call.body()?;
    check_name(&wanted.name)?;
    if !ready(world, call)?.databases.insert(wanted.name.clone()) {
        return Err(Problem::new(422, "name has already been taken"));
    }
    Answer::created(data(&json!({ "name": wanted.name })))
}

fn drop_database(world: &mut World, call: &Call) -> Outcome {
    let name = call.param("name");
    if !ready(world, call)?.databases.remove(name) {
        return Err(Problem::not_found("database"));
    }
    Answer::ok(data(&json!({ "name": name })))
}

fn users(world: &mut World, call: &Call) -> Outcome {
    let users = cluster(world, call)?.users.iter();
    Answer::ok(data(&users.map(|(name, user)| json!({ "name": name, "role": user.role })).collect()))
}

#[derive(Deserialize)]
struct NewUser {
    #[serde(default)]
    username: String,
    #[serde(default)]
    role: String,
}

fn create_user(world: &mut World, call: &Call) -> Outcome {
    let wanted: NewUser = call.body()?;
    check_name(&wanted.username)?;
    check_role(&wanted.role)?;
    let password = world.ids.password();
    let users = &mut ready(world, call)?.users;
    if users.contains_key(&wanted.username) {
        return Err(Problem::new(409, "user already exists"));
    }
    let view = json!({ "name": wanted.username, "role": wanted.role });
    users.insert(wanted.username, User { role: wanted.role, password });
    Answer::created(data(&view))
}

fn user<'a>(world: &'a mut World, call: &Call) -> Result<&'a mut User, Problem> {
    ready(world, call)?.users.get_mut(call.param("name")).ok_or_else(|| Problem::not_found("user"))
}

#[derive(Deserialize)]
struct Role {
    #[serde(default)]
    role: String,
}

fn change_role(world: &mut World, call: &Call) -> Outcome {
    let wanted: Role = call.body()?;
    check_role(&wanted.role)?;
    user(world, call)?.role = wanted.role;
    Answer::empty(204)
}

fn drop_user(world: &mut World, call: &Call) -> Outcome {
    user(world, call)?;
    ready(world, call)?.users.remove(call.param("name"));
    Answer::empty(204)
}

fn credentials(world: &mut World, call: &Call) -> Outcome {
    let user = user(world, call)?;
    Answer::ok(data(&json!({ "username": call.param("name"), "password": user.password })))
}

fn rotate(world: &mut World, call: &Call) -> Outcome {
    let wanted: Value = call.body()?;
    if wanted.get("kill_sessions").is_some_and(|kill| !kill.is_boolean()) {
        return Err(Problem::new(422, "kill_sessions must be true or false"));
    }
    let password = world.cluster_password();
    user(world, call)?.password = password;
    credentials(world, call)
}
