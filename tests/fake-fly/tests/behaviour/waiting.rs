//! The long poll on a machine's state.

use std::sync::mpsc;
use std::thread;

use serde_json::json;
use systemprompt_fake_fly::{Delays, FakeFly};

use crate::client::{Client, LONG, Reply, machine, postgres, still};

/// A fake with a machine that was created just now.
fn world() -> (FakeFly, Client, String) {
    let fly = still();
    let client = Client::of(&fly);
    client.create_app("sp-1");
    let id = client.create_machine("sp-1", postgres());
    (fly, client, id)
}

fn wait(client: &Client, id: &str, query: &str) -> Reply {
    client.get(&format!("{}/wait?{query}", machine("sp-1", id)))
}

/// Waits while the clock stands still, then lets it go on.
fn wait_meanwhile(fly: &FakeFly, id: &str, query: &str, meanwhile: impl FnOnce()) -> Reply {
    let (client, path) = (Client::of(fly), format!("{}/wait?{query}", machine("sp-1", id)));
    let (say, said) = mpsc::channel();
    let waiter = thread::spawn(move || say.send(client.get(&path)));
    while fly.waiting() == 0 {
        thread::yield_now();
    }
    meanwhile();
    let reply = said.recv().unwrap();
    waiter.join().unwrap().unwrap();
    reply
}

#[test]
fn a_wait_answers_when_the_state_is_reached() {
    let (fly, _, id) = world();
    let reply = wait_meanwhile(&fly, &id, "state=started&timeout=60", || fly.clock().advance(LONG));
    assert_eq!((reply.status, &reply.body["ok"], &reply.body["state"]), (200, &json!(true), &json!("started")));
}

#[test]
fn a_wait_ends_with_408_and_the_state_that_is_instead() {
    let (fly, _, id) = world();
    let reply = wait_meanwhile(&fly, &id, "timeout=1", || {
        fly.wedge(&id);
        fly.clock().advance(LONG);
    });
    assert_eq!(reply.status, 408);
    assert!(reply.error().starts_with("deadline_exceeded"), "{}", reply.error());
    assert!(reply.error().ends_with("currently created"), "{}", reply.error());
}

#[test]
fn several_states_can_be_waited_for() {
    let (fly, client, id) = world();
    fly.clock().advance(LONG);
    assert_eq!(wait(&client, &id, "state=failed,started").body["state"], "started");
    assert_eq!(wait(&client, &id, "state=failed&state=started").body["state"], "started");
    assert_eq!(wait(&client, &id, "state=settled").body["state"], "started");
}

#[test]
fn what_cannot_be_waited_for_is_refused() {
    let (_fly, client, id) = world();
    for query in ["timeout=90", "timeout=0", "timeout=x", "state=paused", "state=stopped"] {
        assert_eq!(wait(&client, &id, query).status, 400, "{query}");
    }
}

#[test]
fn a_wait_for_stopped_names_the_version() {
    let (fly, client, id) = world();
    fly.clock().advance(LONG);
    let version = client.machine("sp-1", &id)["instance_id"].as_str().unwrap().to_owned();
    client.post(&format!("{}/stop", machine("sp-1", &id)), json!({}));
    let query = format!("state=stopped&instance_id={version}");
    let reply = wait_meanwhile(&fly, &id, &query, || fly.clock().advance(LONG));
    assert_eq!((reply.status, &reply.body["version"]), (200, &json!(version)));
}

#[test]
fn a_wait_for_a_version_that_was_replaced_says_so() {
    let (fly, client, id) = world();
    fly.clock().advance(LONG);
    let old = client.machine("sp-1", &id)["instance_id"].as_str().unwrap().to_owned();
    client.post(&machine("sp-1", &id), json!({ "config": postgres() }));
    let reply = wait(&client, &id, &format!("version={old}"));
    assert!(reply.error().ends_with("currently replaced"), "{}", reply.error());
}

#[test]
fn who_waits_for_the_end_sees_it_and_who_comes_late_finds_nothing() {
    let (fly, client, id) = world();
    client.delete(&format!("{}?force=true", machine("sp-1", &id)));
    let takes = Delays::default().machine_destroy;
    let reply = wait_meanwhile(&fly, &id, "state=destroyed", || fly.clock().advance(takes));
    assert_eq!((reply.status, &reply.body["state"]), (200, &json!("destroyed")));
    assert_eq!(wait(&client, &id, "state=destroyed").status, 404);
    assert_eq!(client.get(&machine("sp-1", &id)).status, 200);
}

#[test]
fn a_wait_needs_no_hand_on_the_clock() {
    let fly = FakeFly::start();
    let client = Client::of(&fly);
    client.create_app("sp-1");
    let id = client.create_machine("sp-1", postgres());
    assert_eq!(wait(&client, &id, "state=started").status, 200);
}
