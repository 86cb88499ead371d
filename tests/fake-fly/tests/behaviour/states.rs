//! States of machines, one after the other.

use std::time::Duration;

use serde_json::{Value, json};
use systemprompt_fake_fly::{Delays, FakeFly, ImageBehaviour, RateLimits, Settings};

use crate::client::{Client, LONG, machine, postgres, still};

const TICK: Duration = Duration::from_millis(1);

/// All states that a machine shows from now on, each once.
fn states(fly: &FakeFly, client: &Client, id: &str) -> Vec<String> {
    let mut seen: Vec<String> = Vec::new();
    for _ in 0..120 {
        let state = client.machine("sp-1", id)["state"].as_str().unwrap_or("gone").to_owned();
        if seen.last() != Some(&state) {
            seen.push(state);
        }
        fly.clock().advance(TICK);
    }
    seen
}

fn world(config: Value) -> (FakeFly, Client, String) {
    let fly = still();
    let client = Client::of(&fly);
    client.create_app("sp-1");
    let id = client.create_machine("sp-1", config);
    (fly, client, id)
}

fn running() -> (FakeFly, Client, String) {
    let (fly, client, id) = world(postgres());
    fly.clock().advance(LONG);
    (fly, client, id)
}

#[test]
fn a_new_machine_comes_up() {
    let (fly, client, id) = world(postgres());
    assert_eq!(states(&fly, &client, &id), ["created", "starting", "started"]);
}

#[test]
fn a_machine_that_is_not_to_be_launched_waits_until_it_is_started() {
    let fly = still();
    let client = Client::of(&fly);
    client.create_app("sp-1");
    let wanted = json!({ "skip_launch": true, "config": postgres() });
    let id = crate::client::id(&client.post("/v1/apps/sp-1/machines", wanted));
    assert_eq!(states(&fly, &client, &id), ["created"]);
    let started = client.post(&format!("{}/start", machine("sp-1", &id)), json!({}));
    assert_eq!(started.body["previous_state"], "created");
    assert_eq!(states(&fly, &client, &id), ["created", "starting", "started"]);
}

#[test]
fn a_machine_is_stopped_and_started_again() {
    let (fly, client, id) = running();
    let path = machine("sp-1", &id);
    assert_eq!(client.post(&format!("{path}/stop"), json!({})).body, json!({ "ok": true }));
    assert_eq!(states(&fly, &client, &id), ["stopping", "stopped"]);
    let events = client.machine("sp-1", &id)["events"].clone();
    assert_eq!(events[0]["type"], "exit");
    assert_eq!(events[0]["request"]["exit_event"]["requested_stop"], true);
    assert_eq!(client.post(&format!("{path}/start"), json!({})).body["previous_state"], "stopped");
    assert_eq!(states(&fly, &client, &id), ["stopped", "starting", "started"]);
}

#[test]
fn a_machine_that_stops_refuses_to_start_and_so_it_does_a_while_longer() {
    let delays = Delays { machine_still_active: LONG, ..Delays::default() };
    let settings = Settings { speed: 0.0, delays, rate_limits: RateLimits::none(), ..Settings::default() };
    let fly = FakeFly::with(settings).unwrap();
    let client = Client::of(&fly);
    client.create_app("sp-1");
    let id = client.create_machine("sp-1", postgres());
    fly.clock().advance(LONG);
    let path = machine("sp-1", &id);
    client.post(&format!("{path}/stop"), json!({}));
    let start = || client.post(&format!("{path}/start"), json!({}));
    assert_eq!(start().status, 412);
    fly.clock().advance(Delays::default().machine_stop);
    assert_eq!(client.machine("sp-1", &id)["state"], "stopped");
    assert!(start().error().contains("still active"));
    fly.clock().advance(LONG);
    assert_eq!(start().status, 200);
}

#[test]
fn an_update_replaces_the_version_and_comes_up_again() {
    let (fly, client, id) = running();
    let old = client.machine("sp-1", &id)["instance_id"].clone();
    let wanted = json!({ "current_version": old, "config": { "image": "postgres:18" } });
    let updated = client.post(&machine("sp-1", &id), wanted.clone()).body;
    assert_ne!(updated["instance_id"], old);
    assert_eq!(updated["config"], json!({ "image": "postgres:18" }));
    assert_eq!(client.post(&machine("sp-1", &id), wanted).status, 409);
    let start = client.post(&format!("{}/start", machine("sp-1", &id)), json!({}));
    assert!(start.error().contains("'replacing'"), "{}", start.error());
    assert_eq!(states(&fly, &client, &id), ["replacing", "starting", "started"]);
    let versions = client.get(&format!("{}/versions", machine("sp-1", &id))).body;
    assert_eq!(versions[1]["version"], old);
}

#[test]
fn an_update_of_a_stopped_machine_leaves_it_stopped() {
    let (fly, client, id) = running();
    client.post(&format!("{}/stop", machine("sp-1", &id)), json!({}));
    fly.clock().advance(LONG);
    client.post(&machine("sp-1", &id), json!({ "config": postgres() }));
    assert_eq!(states(&fly, &client, &id), ["replacing", "stopped"]);
}

#[test]
fn restart_suspend_and_cordon_do_as_they_say() {
    let (fly, client, id) = running();
    let act = |action: &str| client.post(&format!("{}/{action}", machine("sp-1", &id)), json!({})).status;
    assert_eq!(act("restart"), 200);
    assert_eq!(states(&fly, &client, &id), ["restarting", "starting", "started"]);
    assert_eq!(act("cordon"), 200);
    assert_eq!(client.machine("sp-1", &id)["cordoned"], true);
    assert_eq!(act("uncordon"), 200);
    assert_eq!(act("suspend"), 200);
    assert_eq!(states(&fly, &client, &id), ["suspending", "suspended"]);
    assert_eq!(act("restart"), 412);
    assert_eq!(act("start"), 200);
    assert_eq!(states(&fly, &client, &id), ["suspended", "starting", "started"]);
}

#[test]
fn a_running_machine_is_only_destroyed_by_force_and_is_remembered_for_a_while() {
    let (fly, client, id) = running();
    let path = machine("sp-1", &id);
    assert_eq!(client.delete(&path).status, 412);
    assert_eq!(client.delete(&format!("{path}?force=true")).body, json!({ "ok": true }));
    assert_eq!(states(&fly, &client, &id), ["destroying", "destroyed"]);
    assert!(fly.inventory().machines.is_empty());
    assert_eq!(client.delete(&path).status, 404);
    fly.clock().advance(Delays::default().machine_remembered);
    assert_eq!(client.get(&path).status, 404);
}

#[test]
fn an_image_that_cannot_be_pulled_or_launched_ends_badly() {
    let fly = still();
    fly.image("missing", ImageBehaviour::Unpullable);
    fly.image("broken", ImageBehaviour::LaunchFails);
    let client = Client::of(&fly);
    client.create_app("sp-1");
    let missing = client.create_machine("sp-1", json!({ "image": "missing" }));
    assert_eq!(states(&fly, &client, &missing), ["created", "starting", "failed"]);
    let broken = client.create_machine("sp-1", json!({ "image": "broken" }));
    assert_eq!(states(&fly, &client, &broken), ["created", "starting", "launch_failed", "destroyed"]);
}

#[test]
fn a_process_that_ends_stops_its_machine_or_takes_it_away() {
    let fly = still();
    fly.image("short", ImageBehaviour::Exits(3));
    let client = Client::of(&fly);
    client.create_app("sp-1");
    let stays = client.create_machine("sp-1", json!({ "image": "short" }));
    assert_eq!(states(&fly, &client, &stays), ["created", "starting", "started", "stopped"]);
    let exit = client.machine("sp-1", &stays)["events"][0]["request"]["exit_event"].clone();
    assert_eq!((&exit["exit_code"], &exit["requested_stop"]), (&json!(3), &json!(false)));
    let goes = client.create_machine("sp-1", json!({ "image": "postgres", "auto_destroy": true }));
    fly.clock().advance(LONG);
    fly.process_ends(&goes, 0);
    assert_eq!(client.get(&machine("sp-1", &goes)).status, 404);
}

#[test]
fn a_wedged_machine_stays_where_it_is() {
    let (fly, client, id) = running();
    client.post(&format!("{}/stop", machine("sp-1", &id)), json!({}));
    fly.wedge(&id);
    fly.clock().advance(LONG);
    assert_eq!(client.machine("sp-1", &id)["state"], "stopping");
    assert_eq!(client.delete(&format!("{}?force=true", machine("sp-1", &id))).status, 200);
}
