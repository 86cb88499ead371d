//! Secrets of apps, and when machines get to see them.

use std::sync::{Arc, Mutex};

use serde_json::json;
use systemprompt_fake_fly::Output;

use crate::client::{Client, LONG, machine, postgres, still};

#[test]
fn secrets_have_versions_and_show_no_values() {
    let fly = still();
    let client = Client::of(&fly);
    client.create_app("sp-1");
    let set = client.post("/v1/apps/sp-1/secrets", json!({ "values": { "A": "one", "B": "two" } }));
    assert_eq!((set.status, &set.body["version"]), (200, &json!(1)));
    let one = client.post("/v1/apps/sp-1/secrets/A", json!({ "value": "three" }));
    assert_eq!((one.status, &one.body["version"]), (201, &json!(2)));
    assert!(!(set.text + &one.text + &client.get("/v1/apps/sp-1/secrets").text).contains("one"));
    assert_eq!(client.get("/v1/apps/sp-1/secrets/A?show_secrets=true").body["value"], "three");
    client.post("/v1/apps/sp-1/secrets", json!({ "values": { "B": null } }));
    assert_eq!(client.get("/v1/apps/sp-1/secrets").body["secrets"].as_array().unwrap().len(), 1);
    assert_eq!(client.delete("/v1/apps/sp-1/secrets/A").body["version"], 4);
    assert_eq!(client.delete("/v1/apps/sp-1/secrets/A").status, 404);
    assert_eq!(client.get("/v1/apps/sp-1/secrets?min_version=5").status, 404);
}

#[test]
fn a_machine_sees_new_secrets_only_after_an_update() {
    let fly = still();
    let seen = Arc::new(Mutex::new(Vec::new()));
    let keep = Arc::clone(&seen);
    fly.on_exec(move |command| {
        keep.lock().unwrap().push(command.env.get("PASSWORD").cloned());
        Output::default()
    });
    let client = Client::of(&fly);
    client.create_app("sp-1");
    let set = |value: &str| client.post("/v1/apps/sp-1/secrets", json!({ "values": { "PASSWORD": value } }));
    let look = |id: &str| client.post(&format!("{}/exec", machine("sp-1", id)), json!({ "command": ["env"] }));
    set("old");
    let id = client.create_machine("sp-1", postgres());
    fly.clock().advance(LONG);
    set("new");
    look(&id);
    let wanted = |version: u64| json!({ "config": postgres(), "min_secrets_version": version });
    assert_eq!(client.post(&machine("sp-1", &id), wanted(3)).status, 412);
    assert_eq!(client.post(&machine("sp-1", &id), wanted(2)).status, 200);
    fly.clock().advance(LONG);
    look(&id);
    assert_eq!(*seen.lock().unwrap(), [Some("old".to_owned()), Some("new".to_owned())]);
    assert_eq!(fly.inventory().machines[0].secrets_version, 2);
}
