//! Managed Postgres: clusters, databases, users, attachments.

use serde_json::{Value, json};
use systemprompt_fake_fly::{Delays, FakeFly};

use crate::client::{Client, still};

fn world() -> (FakeFly, Client, String) {
    let fly = still();
    let client = Client::of(&fly);
    let wanted = json!({ "org_slug": "acme", "region": "iad", "plan": "basic" });
    let made = client.post("/v1/postgres", wanted);
    assert_eq!((made.status, &made.body["data"]["status"]), (201, &json!("creating")));
    let path = format!("/v1/postgres/{}", made.body["data"]["id"].as_str().unwrap());
    (fly, client, path)
}

fn status(client: &Client, path: &str) -> Value {
    client.get(path).body["data"]["status"].clone()
}

#[test]
fn a_cluster_takes_its_time_and_refuses_users_until_it_is_ready() {
    let (fly, client, path) = world();
    let user = || client.post(&format!("{path}/users"), json!({ "username": "app", "role": "writer" })).status;
    assert_eq!(user(), 422);
    fly.clock().advance(Delays::default().managed_step);
    assert_eq!(status(&client, &path), "initializing");
    assert_eq!(user(), 422);
    fly.clock().advance(Delays::default().managed_step);
    assert_eq!(status(&client, &path), "ready");
    assert_eq!((user(), user()), (201, 409));
    assert_eq!(client.post(&format!("{path}/users"), json!({ "username": "b", "role": "king" })).status, 422);
    assert_eq!(client.send("PATCH", &format!("{path}/users/app"), json!({ "role": "reader" })).status, 204);
    assert_eq!(client.get(&format!("{path}/users")).body["data"][0], json!({ "name": "app", "role": "reader" }));
    assert_eq!(client.delete(&format!("{path}/users/app")).status, 204);
}

#[test]
fn rotating_ends_the_old_password() {
    let (fly, client, path) = world();
    fly.clock().advance(Delays::default().managed_step * 2);
    let password = || client.get(&format!("{path}/users/fly-user/credentials")).body["data"]["password"].clone();
    let old = password();
    let rotate = format!("{path}/users/fly-user/rotate_password");
    let new = client.post(&rotate, json!({ "kill_sessions": true })).body["data"]["password"].clone();
    assert!(new.is_string() && new != old);
    assert_eq!(password(), new);
    assert_eq!(client.post(&rotate, json!({ "kill_sessions": "yes" })).status, 422);
    assert_eq!(client.ask("POST", &rotate, None).unwrap().status, 200);
}

#[test]
fn databases_have_names_that_are_free_and_not_reserved() {
    let (fly, client, path) = world();
    fly.clock().advance(Delays::default().managed_step * 2);
    let path = format!("{path}/databases");
    let make = |name: &str| client.post(&path, json!({ "name": name })).status;
    assert_eq!(["tenant", "tenant", "postgres", "No Name"].map(make), [201, 422, 400, 400]);
    assert_eq!(client.get(&path).body["data"], json!([{ "name": "fly-db" }, { "name": "tenant" }]));
    assert_eq!(client.delete(&format!("{path}/tenant")).body["data"]["name"], "tenant");
}

#[test]
fn a_deleted_cluster_is_gone_in_two_steps() {
    let (fly, client, path) = world();
    assert_eq!(client.delete(&path).status, 202);
    assert_eq!(status(&client, &path), "deleting");
    let again = client.delete(&path);
    assert_eq!((again.status, again.error()), (410, "This cluster is being deleted"));
    fly.clock().advance(Delays::default().managed_deletion);
    assert_eq!(client.delete(&path).error(), "This cluster has been deleted");
    assert_eq!(client.get(&path).status, 404);
    assert_eq!(client.get("/v1/postgres?org_slug=acme").body["data"], json!([]));
    let all = client.get("/v1/postgres?org_slug=acme&include_deleted=true").body;
    assert_eq!(all["data"][0]["status"], "deleted");
    assert!(fly.inventory().is_empty());
}

#[test]
fn an_attachment_is_only_noted() {
    let (fly, client, path) = world();
    client.create_app("sp-1");
    let attach = |app: &str| client.post(&format!("{path}/attachments"), json!({ "app_name": app })).status;
    assert_eq!(["sp-1", "sp-1", "sp-2"].map(attach), [201, 200, 404]);
    assert_eq!(fly.inventory().clusters[0].apps, ["sp-1"]);
    assert_eq!(client.get("/v1/apps/sp-1/secrets").body["secrets"], json!([]));
    assert_eq!(client.delete(&format!("{path}/attachments/sp-1")).status, 204);
}

#[test]
fn a_cluster_that_cannot_be_made_says_why_or_fails() {
    let fly = still();
    let client = Client::of(&fly);
    let created = |org: &str, region: &str, plan: &str| {
        client.post("/v1/postgres", json!({ "org_slug": org, "region": region, "plan": plan }))
    };
    assert_eq!(created("nobody", "iad", "basic").status, 404);
    assert_eq!(created("acme", "xxx", "basic").status, 422);
    assert_eq!(created("acme", "iad", "free").status, 422);
    fly.clusters_fail(true);
    let made = created("acme", "iad", "basic").body;
    fly.clock().advance(Delays::default().managed_step * 2);
    let path = format!("/v1/postgres/{}", made["data"]["id"].as_str().unwrap());
    assert_eq!(status(&client, &path), "failed");
}

#[test]
fn passwords_of_clusters_are_made_up_unless_somebody_says_what_the_next_ones_are() {
    let (fly, client, path) = world();
    fly.clock().advance(Delays::default().managed_step * 2);
    let password = |answer: crate::client::Reply| answer.body["data"]["password"].as_str().unwrap().to_owned();
    let rotate = || password(client.post(&format!("{path}/users/fly-user/rotate_password"), json!({})));
    fly.cluster_passwords(["of/base+64==", "another-one"]);
    let shown = || password(client.get(&format!("{path}/users/fly-user/credentials")));
    assert_eq!([rotate(), shown(), rotate(), shown()], ["of/base+64==", "of/base+64==", "another-one", "another-one"]);
    let made_up = rotate();
    assert!(made_up.len() == 24 && made_up == shown(), "{made_up}");
}
