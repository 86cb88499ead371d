//! Leases: who may change a machine.

use std::time::Duration;

use serde_json::{Value, json};
use systemprompt_fake_fly::FakeFly;

use crate::client::{Client, machine, postgres, still};

fn world() -> (FakeFly, Client, String) {
    let fly = still();
    let client = Client::of(&fly);
    client.create_app("sp-1");
    let id = client.create_machine("sp-1", postgres());
    let path = machine("sp-1", &id);
    (fly, client, path)
}

fn take(client: &Client, path: &str) -> Value {
    let taken = client.post(&format!("{path}/lease"), json!({ "ttl": 120, "description": "rotate" }));
    assert_eq!((taken.status, &taken.body["status"]), (201, &json!("success")));
    taken.body["data"].clone()
}

#[test]
fn a_lease_keeps_others_from_changing_the_machine() {
    let (fly, client, path) = world();
    let lease = take(&client, &path);
    for (method, path) in
        [("POST", path.clone()), ("POST", format!("{path}/stop")), ("DELETE", format!("{path}?force=true"))]
    {
        assert_eq!(client.send(method, &path, json!({ "config": postgres() })).status, 409, "{method} {path}");
    }
    let again = client.post(&format!("{path}/lease"), json!({}));
    assert_eq!((again.status, &again.body["status"]), (409, &json!("error")));
    assert!(again.body["message"].as_str().unwrap().contains("currently held by"));
    let holder = Client::holding(&fly, &lease["nonce"]);
    assert_eq!(holder.post(&path, json!({ "config": postgres() })).status, 200);
}

#[test]
fn a_lease_ends_with_its_time_and_can_be_held_longer() {
    let (fly, client, path) = world();
    let lease = take(&client, &path);
    let holder = Client::holding(&fly, &lease["nonce"]);
    fly.clock().advance(Duration::from_secs(100));
    let longer = holder.ask("POST", &format!("{path}/lease?ttl=60"), None).unwrap();
    assert_eq!((longer.status, &longer.body["data"]["nonce"]), (201, &lease["nonce"]));
    fly.clock().advance(Duration::from_secs(40));
    assert_eq!(client.get(&format!("{path}/lease")).body["data"]["description"], "rotate");
    fly.clock().advance(Duration::from_secs(20));
    assert_eq!(client.get(&format!("{path}/lease")).status, 404);
    assert_eq!(client.post(&format!("{path}/stop"), json!({})).status, 200);
}

#[test]
fn a_lease_for_longer_than_the_calendar_is_only_very_long() {
    let (fly, client, path) = world();
    assert_eq!(client.post(&format!("{path}/lease"), json!({ "ttl": u64::MAX })).status, 201);
    fly.clock().advance(Duration::from_hours(24 * 365));
    assert_eq!(client.delete(&path).status, 409);
}

#[test]
fn a_lease_is_given_back_once() {
    let (fly, client, path) = world();
    let lease = take(&client, &path);
    let holder = Client::holding(&fly, &lease["nonce"]);
    let path = format!("{path}/lease");
    assert_eq!(client.delete(&path).status, 400);
    assert_eq!(holder.delete(&path).body, json!({ "status": "success", "data": { "ok": true } }));
    let unknown = holder.delete(&path);
    assert_eq!((unknown.status, &unknown.body["message"]), (404, &json!("lease not found")));
}

#[test]
fn a_machine_can_be_created_under_a_lease() {
    let (fly, client, _) = world();
    let wanted = json!({ "lease_ttl": 60, "config": postgres() });
    let created = client.post("/v1/apps/sp-1/machines", wanted).body;
    let path = machine("sp-1", created["id"].as_str().unwrap());
    assert_eq!(client.delete(&path).status, 409);
    assert_eq!(Client::holding(&fly, &created["nonce"]).delete(&format!("{path}?force=true")).status, 200);
}
