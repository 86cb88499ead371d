//! Volumes: whose they are, how they grow, when they go.

use serde_json::json;
use systemprompt_fake_fly::Delays;

use crate::client::{Client, LONG, machine, still};

#[test]
fn a_volume_is_encrypted_and_backed_up_unless_something_else_is_said() {
    let fly = still();
    let client = Client::of(&fly);
    client.create_app("sp-1");
    let made = client.post("/v1/apps/sp-1/volumes", json!({ "name": "pg_data", "region": "iad" })).body;
    assert_eq!(
        (&made["encrypted"], &made["auto_backup_enabled"], &made["state"]),
        (&json!(true), &json!(true), &json!("created"))
    );
    let plain = json!({ "name": "plain", "region": "lhr", "encrypted": false, "size_gb": 20, "snapshot_retention": 9 });
    let plain = client.post("/v1/apps/sp-1/volumes", plain).body;
    assert_eq!(
        (&plain["encrypted"], &plain["size_gb"], &plain["snapshot_retention"]),
        (&json!(false), &json!(20), &json!(9))
    );
    assert_eq!(client.get("/v1/apps/sp-1/volumes").body.as_array().unwrap().len(), 2);
}

#[test]
fn a_volume_belongs_to_one_machine_of_its_region() {
    let fly = still();
    let client = Client::of(&fly);
    client.create_app("sp-1");
    let volume = client.create_volume("sp-1");
    let ask = |region: &str, volume: &str| {
        let config = json!({ "image": "postgres:17", "mounts": [{ "volume": volume, "path": "/data" }] });
        client.post("/v1/apps/sp-1/machines", json!({ "region": region, "config": config }))
    };
    assert_eq!(ask("lhr", &volume).status, 400);
    assert_eq!(ask("iad", "vol_none").status, 400);
    let made = ask("iad", &volume);
    assert_eq!(made.status, 200);
    assert_eq!(ask("iad", &volume).status, 412);
    assert_eq!(client.get(&format!("/v1/apps/sp-1/volumes/{volume}")).body["attached_machine_id"], made.body["id"]);
}

#[test]
fn a_volume_in_use_is_not_destroyed() {
    let fly = still();
    let client = Client::of(&fly);
    client.create_app("sp-1");
    let volume = client.create_volume("sp-1");
    let config = json!({ "image": "postgres:17", "mounts": [{ "volume": volume, "path": "/data" }] });
    let id = client.create_machine("sp-1", config);
    let path = format!("/v1/apps/sp-1/volumes/{volume}");
    assert_eq!(client.delete(&path).status, 412);
    client.delete(&format!("{}?force=true", machine("sp-1", &id)));
    assert_eq!(client.delete(&path).status, 412, "it is attached until the machine is destroyed");
    fly.clock().advance(LONG);
    let destroyed = client.delete(&path);
    assert_eq!((destroyed.status, &destroyed.body["state"]), (200, &json!("pending_destroy")));
    fly.clock().advance(Delays::default().volume_destroy);
    assert_eq!(client.get(&path).status, 404);
    assert!(fly.inventory().volumes.is_empty());
}

#[test]
fn a_volume_grows_and_never_shrinks() {
    let fly = still();
    let client = Client::of(&fly);
    client.create_app("sp-1");
    let path = format!("/v1/apps/sp-1/volumes/{}", client.create_volume("sp-1"));
    let extend = |size: u64| client.send("PUT", &format!("{path}/extend"), json!({ "size_gb": size }));
    let grown = extend(20).body;
    assert_eq!((&grown["volume"]["size_gb"], &grown["needs_restart"]), (&json!(20), &json!(false)));
    assert_eq!(extend(10).status, 422);
    assert_eq!(extend(0).status, 422);
    assert_eq!(client.send("PUT", &path, json!({ "snapshot_retention": 7 })).body["snapshot_retention"], 7);
}

#[test]
fn a_volume_can_be_made_of_a_snapshot() {
    let fly = still();
    let client = Client::of(&fly);
    client.create_app("sp-1");
    let path = format!("/v1/apps/sp-1/volumes/{}/snapshots", client.create_volume("sp-1"));
    assert_eq!(client.post(&path, json!({})).status, 200);
    assert_eq!(client.get(&path).body[0]["status"], "creating");
    fly.clock().advance(Delays::default().snapshot);
    let snapshot = client.get(&path).body[0].clone();
    assert_eq!(snapshot["status"], "created");
    let wanted = json!({ "name": "copy", "region": "iad", "snapshot_id": snapshot["id"] });
    assert_eq!(client.post("/v1/apps/sp-1/volumes", wanted).body["size_gb"], 10);
    let wanted = json!({ "name": "copy", "region": "iad", "snapshot_id": "vs_none" });
    assert_eq!(client.post("/v1/apps/sp-1/volumes", wanted).status, 404);
}
