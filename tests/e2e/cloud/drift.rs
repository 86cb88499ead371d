//! What somebody changed at Fly is said where one asks how a tenant is, beside what is recorded of it; and what does not run
//! is not called as it is recorded.

use serde_json::{Value, json};
use systemprompt_fake_fly::{FakeFly, MachineItem, Request};
use systemprompt_tests::{Output, Sandbox, until};

use super::access::OPEN;
use super::intake::{TAKE_IN, lost};
use super::{APP, CREATE, application, ask_fly, managed, with_tenant, with_tenant_of};

const STATUS: &str = "cloud tenant status my-project-prod --json";

/// What `status` says is missing or differs, or cannot be told, in its order.
fn drift(sandbox: &Sandbox) -> Vec<String> {
    let data = sandbox.say(STATUS).data();
    let details = data["details"].as_array().unwrap_or_else(|| panic!("there are no details: {data}")).iter();
    let text = |detail: &Value, field: &str| detail[field].as_str().expect("a text").to_owned();
    let about = details.filter(|detail| ["Differs", "Missing", "Not known"].contains(&&*text(detail, "label")));
    about.map(|detail| format!("{}: {}", text(detail, "label"), text(detail, "value"))).collect()
}

fn machine(fly: &FakeFly, name: &str) -> MachineItem {
    fly.inventory().machines.into_iter().find(|machine| machine.name == name).expect("there is such a machine")
}

/// Gives a machine another configuration than the one that it was asked for with last, as somebody would by hand.
fn update(fly: &FakeFly, name: &str, change: impl FnOnce(&mut Value)) {
    let id = machine(fly, name).id;
    let path = format!("/v1/apps/{APP}/machines/{id}");
    let requests = fly.requests();
    let is_its = |wanted: &Value| wanted["name"] == name && wanted["config"].is_object();
    let asked = requests.iter().rev().filter(|request| request.method == "POST" && request.path.contains("/machines"));
    let mut body = asked.map(Request::json).find(is_its).expect("it was asked for");
    change(&mut body["config"]);
    let body = json!({ "name": name, "region": body["region"], "config": body["config"] }).to_string();
    assert_eq!(ask_fly(fly, "POST", &path, &body), 200);
    until("it runs again", || (machine(fly, name).state == "started").then_some(()));
}

fn make(fly: &FakeFly, what: &str, body: &Value) {
    assert_eq!(ask_fly(fly, "POST", &format!("/v1/apps/{APP}/{what}"), &body.to_string()), 200, "{body}");
}

#[test]
fn a_tenant_to_which_nobody_did_anything_differs_in_nothing() {
    let managed = managed::create();
    for line in [CREATE.to_owned(), application::create(), managed, format!("{CREATE} --config memory_mb=512")] {
        let (fly, sandbox) = with_tenant_of(&line, 1.0);
        assert_eq!(drift(&sandbox), Vec::<String>::new(), "{line}");
        if !line.contains("managed") {
            sandbox.say(OPEN).ok();
            assert_eq!(drift(&sandbox), Vec::<String>::new(), "{line}, opened");
        }
        drop(fly);
    }
}

#[test]
fn a_machine_that_somebody_changed_is_named_with_what_it_is_and_what_is_recorded() {
    let (fly, sandbox) = with_tenant();
    sandbox.say(OPEN).ok();
    update(&fly, "postgres", |config| {
        config["services"] = json!([]);
        config["image"] = "docker-hub-mirror.fly.io/library/postgres:13".into();
        config["guest"]["memory_mb"] = 256.into();
    });
    let says = [
        "Differs: the image of the machine is `docker-hub-mirror.fly.io/library/postgres:13` at Fly, and `postgres:17` here",
        "Differs: the memory of the machine is 256 MB at Fly, and 1024 MB here",
        "Differs: the database is closed at Fly, and open here",
    ];
    assert_eq!(drift(&sandbox), says);
    let pulled = sandbox.say("cloud tenant show my-project-prod --offline --json").ok().data();
    let pulled = pulled["resources"]["image"].as_str().expect("what was pulled is recorded").to_owned();
    let written = pulled.replace("postgres@", "docker-hub-mirror.fly.io/library/postgres:17@");
    update(&fly, "postgres", |config| config["image"] = written.into());
    assert_eq!(drift(&sandbox), says[1..], "the same image under another name");
    let other = format!("postgres:17@sha256:{}", "ab".repeat(32));
    update(&fly, "postgres", |config| config["image"] = other.clone().into());
    let says_so = format!("Differs: the image of the machine is `{other}` at Fly, and `{pulled}` here");
    assert_eq!(drift(&sandbox)[0], says_so, "another one under the same name");
}

#[test]
fn a_door_that_somebody_opened_is_named_whoever_made_it() {
    let (fly, sandbox) = with_tenant();
    let id = machine(&fly, "postgres").id;
    fly.seed_service(&id, json!({ "internal_port": 5432, "ports": [{ "port": 15_432 }] }));
    assert_eq!(
        drift(&sandbox),
        ["Differs: the database is open by a service of somebody's own at Fly, and closed here"]
    );
    let ours = json!({ "internal_port": 5432, "ports": [{ "port": 5432, "handlers": ["pg_tls"] }] });
    update(&fly, "postgres", |config| config["services"] = json!([ours]));
    assert_eq!(drift(&sandbox), ["Differs: the database is open at Fly, and closed here"]);
}

#[test]
fn addresses_that_were_released_are_missing_and_that_of_an_open_database_is_named() {
    let (fly, sandbox) = with_tenant();
    sandbox.say(OPEN).ok();
    let recorded = sandbox.say("cloud tenant show my-project-prod --offline --json").ok().data();
    let recorded = recorded["resources"]["ipv4"].as_str().expect("an opening made one").to_owned();
    for address in fly.inventory().ips {
        let path = format!("/v1/apps/{APP}/ip_assignments/{}", address.ip);
        assert!([200, 204].contains(&ask_fly(&fly, "DELETE", &path, "")));
    }
    let says = [
        "Missing: an IPv4 address, without which nobody outside finds the app by that".to_owned(),
        "Missing: an IPv6 address, without which nobody outside finds the app by that".to_owned(),
        format!("Differs: the IPv4 address of its own is none at Fly, and {recorded} here"),
    ];
    assert_eq!(drift(&sandbox), says);
    let other = fly.seed_ipv4(APP);
    assert_eq!(
        drift(&sandbox)[1],
        format!("Differs: the IPv4 address of its own is {other} at Fly, and {recorded} here")
    );
}

#[test]
fn what_else_is_in_the_app_is_named_and_not_taken_for_the_tenants() {
    let (fly, sandbox) = with_tenant();
    let volume = fly.inventory().volumes[0].id.clone();
    make(&fly, "volumes", &json!({ "name": "pg_data", "region": "iad", "size_gb": 1 }));
    make(&fly, "machines", &json!({ "name": "web", "region": "iad", "config": { "image": "web:1" } }));
    assert_eq!(ask_fly(&fly, "PUT", &format!("/v1/apps/{APP}/volumes/{volume}/extend"), r#"{"size_gb":20}"#), 200);
    until("the other runs", || (machine(&fly, "web").state == "started").then_some(()));
    let other = fly.inventory().volumes.into_iter().find(|one| one.id != volume).expect("there are two").id;
    let web = machine(&fly, "web").id;
    let says = [
        "Differs: the volume is 20 GB at Fly, and 10 GB here".to_owned(),
        format!("Differs: machine `{web}` (`web`, started) is in the app, and not recorded here"),
        format!("Differs: volume `{other}` (`pg_data`, 1 GB) is in the app, and not recorded here"),
    ];
    assert_eq!(drift(&sandbox), says);
    let status = sandbox.say("cloud tenant status my-project-prod").ok();
    assert!(status.stdout.contains(&format!("{volume}, 20 GB")), "{}", status.whole());
}

#[test]
fn another_machine_of_the_same_name_elsewhere_is_named_with_its_region_and_what_it_lacks() {
    let (fly, sandbox) = with_tenant();
    let (id, volume) = (machine(&fly, "postgres").id, fly.inventory().volumes[0].id.clone());
    assert_eq!(ask_fly(&fly, "DELETE", &format!("/v1/apps/{APP}/machines/{id}?force=true"), ""), 200);
    until("it is gone", || fly.inventory().machines.is_empty().then_some(()));
    assert_eq!(drift(&sandbox), ["Missing: its machine"]);
    let guest = json!({ "cpus": 1, "memory_mb": 1024 });
    let config = json!({ "image": "postgres:17", "guest": guest });
    make(&fly, "machines", &json!({ "name": "postgres", "region": "lhr", "config": config }));
    let found = machine(&fly, "postgres").id;
    let says = [
        format!("Differs: the machine is `{found}` at Fly, and `{id}` here"),
        "Differs: the region of the machine is `lhr` at Fly, and `iad` here".to_owned(),
        format!("Differs: the volume that the machine mounts is none at Fly, and `{volume}` here"),
    ];
    assert_eq!(drift(&sandbox), says);
    assert_eq!(ask_fly(&fly, "DELETE", &format!("/v1/apps/{APP}/volumes/{volume}"), ""), 200);
    assert!(drift(&sandbox).contains(&"Missing: its volume".to_owned()));
}

#[test]
fn of_a_machine_whose_host_cannot_be_reached_nothing_is_claimed() {
    let (fly, sandbox) = with_tenant();
    let id = machine(&fly, "postgres").id;
    fly.host_reachable(&id, false);
    let says = format!("Not known: the host of machine `{id}` cannot be reached, so that its settings are not");
    assert_eq!(drift(&sandbox), [says]);
}

#[test]
fn an_application_that_somebody_changed_is_named_too() {
    let (fly, sandbox) = with_tenant_of(&application::create(), 1.0);
    update(&fly, "app", |config| {
        config["image"] = "registry.fly.io/shop:0".into();
        config["guest"]["memory_mb"] = 256.into();
        config["services"] = json!([]);
    });
    let says = [
        "Differs: the image of the application's machine is `registry.fly.io/shop:0` at Fly, and `registry.fly.io/shop:1` here",
        "Differs: the memory of the application's machine is 256 MB at Fly, and 512 MB here",
        "Differs: the port to which the web leads is none at Fly, and 3000 here",
    ];
    assert_eq!(drift(&sandbox), says);
    sandbox.say("cloud tenant edit my-project-prod --config app_image=registry.fly.io/shop:1").ok();
    assert_eq!(drift(&sandbox), Vec::<String>::new(), "an edit to what is recorded makes it so again");
}

#[test]
fn settings_that_nobody_knows_of_a_tenant_that_was_taken_in_are_not_held_against_it() {
    let (_fly, sandbox) = lost(&format!("{CREATE} --config image=postgres:16 --config memory_mb=512"));
    sandbox.say(TAKE_IN).ok();
    assert_eq!(drift(&sandbox), Vec::<String>::new());
    sandbox.say("cloud tenant rotate-credentials my-project-prod -y").ok();
    assert_eq!(drift(&sandbox), Vec::<String>::new());
}

/// The one tenant of a sync, and all that was said.
fn synced(sandbox: &Sandbox) -> (Value, Output) {
    let data = sandbox.say("cloud sync --json").ok().data();
    (data["tenants"][0].clone(), sandbox.say("cloud sync").ok())
}

#[test]
fn a_sync_names_what_differs_and_does_not_call_it_as_recorded() {
    let (fly, sandbox) = with_tenant();
    let (there, said) = synced(&sandbox);
    assert_eq!((&there["finding"], &there["differs"]), (&json!("unchanged"), &json!([])));
    assert!(said.stdout.contains("the registry is as the providers say"), "{}", said.whole());
    update(&fly, "postgres", |config| config["guest"]["memory_mb"] = 256.into());
    let (there, said) = synced(&sandbox);
    let differs = json!(["the memory of the machine is 256 MB at Fly, and 1024 MB here"]);
    assert_eq!((&there["finding"], &there["live"], &there["differs"]), (&json!("differs"), &json!("ready"), &differs));
    let text = said.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    for says in ["differs my-project-prod", "256 MB at Fly, and 1024 MB here", "what differs is left as it is"] {
        assert!(text.contains(says), "{says}: {}", said.whole());
    }
    assert!(!text.contains("as recorded") && !text.contains("as the providers say"), "{}", said.whole());
    let shown = sandbox.say("cloud tenant show my-project-prod --json").ok().data();
    assert_eq!((&shown["state"], &shown["live"]["differs"]), (&json!("ready"), &differs), "{shown}");
}

#[test]
fn a_database_that_does_not_run_is_said_to_by_sync_and_show() {
    let (fly, sandbox) = with_tenant();
    stop(&fly);
    let (there, said) = synced(&sandbox);
    assert_eq!((&there["finding"], &there["live"]), (&json!("differs"), &json!("stopped")));
    let claims = ["as recorded", "as the providers say"].into_iter().find(|claim| said.stdout.contains(claim));
    assert_eq!(claims, None, "{}", said.whole());
    let shown = sandbox.say("cloud tenant show my-project-prod --json").ok().data();
    assert_eq!((&shown["state"], &shown["live"]["state"]), (&json!("ready"), &json!("stopped")), "{shown}");
}

/// Stops the database's machine.
fn stop(fly: &FakeFly) {
    let path = format!("/v1/apps/{APP}/machines/{}/stop", machine(fly, "postgres").id);
    assert_eq!(ask_fly(fly, "POST", &path, "{}"), 200);
    until("it is stopped", || (machine(fly, "postgres").state == "stopped").then_some(()));
}
