//! Clusters of Managed Postgres, and the apps that are attached to them.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde_json::{Value, json};

use crate::call::{Answer, Call, Outcome};
use crate::problem::Problem;
use crate::route::Route;
use crate::world::World;
use crate::world::cluster::{Cluster, Plan, User};

pub(super) const ROUTES: &[Route] = &[
    Route::get("/v1/postgres", list),
    Route::post("/v1/postgres", create),
    Route::get("/v1/postgres/{cluster}", show),
    Route::delete("/v1/postgres/{cluster}", delete),
    Route::post("/v1/postgres/{cluster}/attachments", attach),
    Route::delete("/v1/postgres/{cluster}/attachments/{app}", detach),
];

const DISK_DEFAULT: u64 = 10;
const DATABASE: &str = "fly-db";
const USER: &str = "fly-user";

pub(super) fn data(value: &Value) -> Value {
    json!({ "data": value })
}

/// The cluster that a call names, if it still is one.
pub(super) fn cluster<'a>(world: &'a World, call: &Call) -> Result<&'a Cluster, Problem> {
    let cluster = world.clusters.get(call.param("cluster")).ok_or_else(|| Problem::not_found("cluster"))?;
    call.access.whole(&cluster.org)?;
    Ok(cluster)
}

/// The same, to be changed. One that is being deleted is gone.
pub(super) fn cluster_mut<'a>(world: &'a mut World, call: &Call) -> Result<&'a mut Cluster, Problem> {
    match cluster(world, call)?.status(call.now) {
        "deleting" => return Err(Problem::new(410, "This cluster is being deleted")),
        "deleted" => return Err(Problem::new(410, "This cluster has been deleted")),
        _ => {}
    }
    world.clusters.get_mut(call.param("cluster")).ok_or_else(|| Problem::not_found("cluster"))
}

fn list(world: &mut World, call: &Call) -> Outcome {
    let slug = call.query("org_slug").ok_or_else(|| Problem::new(422, "org_slug is required"))?;
    let slug = call.access.means(slug);
    let org = world.org(slug)?;
    call.access.whole(slug)?;
    let deleted = call.flag("include_deleted");
    let mine = world.clusters.values().filter(|cluster| cluster.org == slug && call.now >= cluster.listed_at);
    let wanted = mine.filter(|cluster| deleted || cluster.status(call.now) != "deleted");
    Answer::ok(data(&wanted.map(|cluster| cluster.view(&org.name, call.now)).collect()))
}

#[derive(Deserialize)]
struct Create {
    #[serde(default)]
    org_slug: String,
    #[serde(default)]
    region: String,
    #[serde(default)]
    plan: String,
    name: Option<String>,
    disk_size_gb: Option<u64>,
    pg_major_version: Option<String>,
    #[serde(default)]
    postgis_enabled: bool,
}

fn create(world: &mut World, call: &Call) -> Outcome {
    let wanted: Create = call.body()?;
    let slug = call.access.means(&wanted.org_slug).to_owned();
    let org = world.org(&slug)?.name.clone();
    call.access.whole(&slug)?;
    world.regions.known(&wanted.region)?;
    let plan = Plan::named(&wanted.plan).ok_or_else(|| Problem::new(422, "plan is invalid"))?;
    let major = wanted.pg_major_version.unwrap_or_else(|| "16".to_owned());
    if !matches!(major.as_str(), "16" | "17") {
        return Err(Problem::new(422, "pg_major_version is invalid"));
    }
    let step = world.delays.managed_step;
    let (id, password) = (world.ids.cluster(), world.cluster_password());
    let cluster = Cluster {
        name: wanted.name.unwrap_or_else(|| format!("pg-{id}")),
        org: slug,
        region: wanted.region,
        plan,
        disk_gb: wanted.disk_size_gb.unwrap_or(DISK_DEFAULT),
        major,
        postgis: wanted.postgis_enabled,
        created_at: call.now,
        listed_at: call.now + world.delays.managed_listed,
        initializing_at: call.now + step,
        ready_at: call.now + step + step,
        deleted_at: None,
        fails: world.clusters_fail,
        databases: BTreeSet::from([DATABASE.to_owned()]),
        users: BTreeMap::from([(USER.to_owned(), User { role: "schema_admin".to_owned(), password })]),
        apps: BTreeSet::new(),
        id: id.clone(),
    };
    let view = cluster.view(&org, call.now);
    world.clusters.insert(id, cluster);
    Answer::created(data(&view))
}

fn show(world: &mut World, call: &Call) -> Outcome {
    let cluster = cluster(world, call)?;
    if cluster.status(call.now) == "deleted" {
        return Err(Problem::not_found("cluster"));
    }
    Answer::ok(data(&cluster.view(&world.org(&cluster.org)?.name, call.now)))
}

fn delete(world: &mut World, call: &Call) -> Outcome {
    let takes = world.delays.managed_deletion;
    cluster_mut(world, call)?.deleted_at = Some(call.now + takes);
    Answer::empty(202)
}

#[derive(Deserialize)]
struct Attach {
    #[serde(default)]
    app_name: String,
}

/// Only notes it: no variable of the app is set.
fn attach(world: &mut World, call: &Call) -> Outcome {
    let wanted: Attach = call.body()?;
    let app = world.app_named(&wanted.app_name, call)?.name.clone();
    let is_new = cluster_mut(world, call)?.apps.insert(app.clone());
    let view = data(&json!({ "name": app }));
    if is_new { Answer::created(view) } else { Answer::ok(view) }
}

fn detach(world: &mut World, call: &Call) -> Outcome {
    if !cluster_mut(world, call)?.apps.remove(call.param("app")) {
        return Err(Problem::not_found("attachment"));
    }
    Answer::empty(204)
}
