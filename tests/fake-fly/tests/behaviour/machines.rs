//! Machines: what can be created, what is shown of it, what is refused.

use serde_json::{Value, json};
use systemprompt_fake_fly::{Capacity, Delays, FakeFly, RateLimits, Settings};

use crate::client::{Client, LONG, id, machine, postgres, still};

#[test]
fn a_machine_keeps_its_configuration_word_for_word() {
    let fly = still();
    let client = Client::of(&fly);
    client.create_app("sp-1");
    let config = json!({
        "image": "registry.example/app@sha256:ab", "env": { "A": "b" }, "metadata": { "sp_op": "1" },
        "guest": { "cpu_kind": "shared", "cpus": 1, "memory_mb": 512 },
        "services": [{ "protocol": "tcp", "internal_port": 8080, "autostop": "off" }],
    });
    let id = client.create_machine("sp-1", config.clone());
    let shown = client.machine("sp-1", &id);
    assert_eq!(shown["config"], config);
    assert_eq!(shown["image_ref"]["digest"], "sha256:ab");
    assert_eq!(shown["state"], "created");
    assert!(!shown["instance_id"].as_str().unwrap().is_empty());
}

#[test]
fn two_machines_of_an_app_cannot_have_one_name() {
    let fly = still();
    let client = Client::of(&fly);
    client.create_app("sp-1");
    let wanted = || json!({ "name": "db", "config": postgres() });
    let first = client.post("/v1/apps/sp-1/machines", wanted());
    let second = client.post("/v1/apps/sp-1/machines", wanted());
    assert_eq!(second.status, 409);
    assert!(second.error().contains(&id(&first)), "the twin is named: {}", second.error());
    assert_eq!(fly.inventory().machines.len(), 1);
}

#[test]
fn a_full_region_says_in_which_way_it_is_full() {
    let fly = still();
    let client = Client::of(&fly);
    client.create_app("sp-1");
    let volume = client.create_volume("sp-1");
    let ask = |capacity| {
        fly.region_full("iad", Some(capacity));
        let config = json!({ "image": "postgres:17", "mounts": [{ "volume": volume, "path": "/data" }] });
        let reply = client.post("/v1/apps/sp-1/machines", json!({ "region": "iad", "config": config }));
        (reply.status, reply.body["status"].clone())
    };
    assert_eq!(ask(Capacity::NoHost), (422, json!("insufficient_capacity")));
    assert_eq!(ask(Capacity::NoCpu), (409, Value::Null));
    assert_eq!(ask(Capacity::NoMemory), (409, Value::Null));
    assert_eq!(ask(Capacity::Nothing), (409, Value::Null));
    assert_eq!(ask(Capacity::VolumeHost), (412, json!("volume_placement_capacity")));
    assert!(fly.inventory().machines.is_empty());
    fly.region_full("iad", None);
    client.create_machine("sp-1", postgres());
}

#[test]
fn a_region_that_does_not_exist_is_refused() {
    let fly = still();
    let client = Client::of(&fly);
    client.create_app("sp-1");
    let wanted = json!({ "region": "xxx", "config": postgres() });
    assert_eq!(client.post("/v1/apps/sp-1/machines", wanted).status, 422);
    let wanted = json!({ "region": "xxx", "name": "a" });
    assert_eq!(client.post("/v1/apps/sp-1/volumes", wanted).status, 422);
    let regions = client.get("/v1/platform/regions").body;
    let codes: Vec<_> = regions["regions"].as_array().unwrap().iter().map(|region| &region["code"]).collect();
    assert_eq!(codes[..3], ["iad", "lhr", "syd"]);
}

#[test]
fn without_a_payment_method_an_app_has_one_machine() {
    let fly = still();
    fly.can_pay(Settings::ORG, false);
    let client = Client::of(&fly);
    client.create_app("sp-1");
    client.create_machine("sp-1", postgres());
    let refused = client.post("/v1/apps/sp-1/machines", json!({ "config": postgres() }));
    assert_eq!(refused.status, 422);
    assert!(refused.error().contains("payment method"), "{}", refused.error());
}

#[test]
fn a_machine_without_an_image_is_refused() {
    let fly = still();
    let client = Client::of(&fly);
    client.create_app("sp-1");
    for wanted in [json!({}), json!({ "config": {} }), json!({ "config": { "image": 1 } })] {
        assert_eq!(client.post("/v1/apps/sp-1/machines", wanted).status, 400);
    }
    assert_eq!(client.ask("POST", "/v1/apps/sp-1/machines", Some("{")).unwrap().status, 400);
}

#[test]
fn a_list_is_narrowed_by_metadata_region_and_state() {
    let fly = still();
    let client = Client::of(&fly);
    client.create_app("sp-1");
    let marked = client.create_machine("sp-1", json!({ "image": "a", "metadata": { "op": "1" } }));
    let other = client.post("/v1/apps/sp-1/machines", json!({ "region": "lhr", "config": { "image": "b" } }));
    let other = id(&other);
    let list = |query: &str| -> Vec<String> {
        let machines = client.get(&format!("/v1/apps/sp-1/machines?{query}")).body;
        machines.as_array().unwrap().iter().map(|one| one["id"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(list("metadata.op=1"), [marked.as_str()]);
    assert_eq!(list("metadata.op=2"), [""; 0]);
    assert_eq!(list("region=lhr"), [other.as_str()]);
    assert_eq!(list("state=started,created").len(), 2);
    assert_eq!(list("state=started").len(), 0);
    client.delete(&machine("sp-1", &other));
    fly.clock().advance(LONG);
    assert_eq!(list(""), [marked.as_str()]);
    assert_eq!(list("include_deleted=true").len(), 2);
}

#[test]
fn a_machine_is_found_and_listed_only_after_a_while() {
    let delays = Delays { machine_visible: LONG, machine_listed: LONG * 2, ..Delays::default() };
    let settings = Settings { speed: 0.0, delays, rate_limits: RateLimits::none(), ..Settings::default() };
    let fly = FakeFly::with(settings).unwrap();
    let client = Client::of(&fly);
    client.create_app("sp-1");
    let id = client.create_machine("sp-1", postgres());
    assert_eq!(client.get(&machine("sp-1", &id)).status, 404);
    assert_eq!(client.get(&format!("{}/wait", machine("sp-1", &id))).status, 404);
    fly.clock().advance(LONG);
    assert_eq!(client.get(&machine("sp-1", &id)).status, 200);
    assert_eq!(client.get("/v1/apps/sp-1/machines").body, json!([]));
    fly.clock().advance(LONG);
    assert_eq!(client.get("/v1/apps/sp-1/machines").body[0]["id"], *id);
}

#[test]
fn metadata_changes_without_a_new_version() {
    let fly = still();
    let client = Client::of(&fly);
    client.create_app("sp-1");
    let id = client.create_machine("sp-1", json!({ "image": "a", "metadata": { "a": "1", "b": "2" } }));
    let path = format!("{}/metadata", machine("sp-1", &id));
    let version = client.machine("sp-1", &id)["instance_id"].clone();
    let merge = json!({ "metadata": { "a": null, "c": "3" }, "machine_version": version });
    assert_eq!(client.send("PATCH", &path, merge).status, 204);
    assert_eq!(client.get(&path).body, json!({ "b": "2", "c": "3" }));
    assert_eq!(client.post(&format!("{path}/d"), json!({ "value": "4" })).status, 204);
    assert_eq!(client.get(&format!("{path}/d")).body, json!({ "value": "4" }));
    assert_eq!(client.delete(&format!("{path}/b")).status, 204);
    let outdated = json!({ "metadata": {}, "machine_version": "another" });
    assert_eq!(client.send("PUT", &path, outdated).status, 412);
    assert_eq!(client.send("PUT", &path, json!({ "metadata": { "x": "y" } })).status, 204);
    assert_eq!(client.machine("sp-1", &id)["config"]["metadata"], json!({ "x": "y" }));
    assert_eq!(client.machine("sp-1", &id)["instance_id"], version);
}

#[test]
fn the_configuration_of_a_machine_on_a_lost_host_is_incomplete() {
    let fly = still();
    let client = Client::of(&fly);
    client.create_app("sp-1");
    let id = client.create_machine("sp-1", postgres());
    fly.host_reachable(&id, false);
    let shown = client.machine("sp-1", &id);
    assert_eq!(shown["host_status"], "unreachable");
    assert!(shown.get("config").is_none() && shown.get("incomplete_config").is_some(), "{shown}");
}
