//! Opening a tenant's database at Fly to other machines, and closing it.

use std::time::Duration;

use serde_json::json;
use systemprompt_fake_fly::{FakeFly, Fault, Inventory, Request, Rule};
use systemprompt_tests::Sandbox;

use super::{APP, CREATE, counts, password, registered, with_tenant, with_tenant_of};

pub(super) const OPEN: &str = "cloud tenant edit my-project-prod --external-db-access true";
pub(super) const CLOSE: &str = "cloud tenant edit my-project-prod --external-db-access false";

/// Whether Fly and the record agree on it.
pub(super) fn is_settled(fly: &FakeFly, sandbox: &Sandbox, open: bool) -> bool {
    door(&fly.inventory()) == if open { opened() } else { closed() } && is_open(sandbox) == open
}

/// The ports that are open, and how many addresses there are of the kind that costs money.
fn door(there: &Inventory) -> (Vec<(u64, Vec<String>)>, usize) {
    let paid = there.ips.iter().filter(|address| address.kind == "v4").count();
    (there.machines[0].ports.clone(), paid)
}

fn opened() -> (Vec<(u64, Vec<String>)>, usize) {
    (vec![(5432, vec!["pg_tls".to_owned()])], 1)
}

fn closed() -> (Vec<(u64, Vec<String>)>, usize) {
    (vec![], 0)
}

/// The addresses that cost money.
pub(super) fn paid(fly: &FakeFly) -> Vec<String> {
    fly.inventory().ips.into_iter().filter(|address| address.kind == "v4").map(|address| address.ip).collect()
}

fn refusal() -> Fault {
    Fault::Refusal { status: 422, error: "no".to_owned(), code: None }
}

fn is_open(sandbox: &Sandbox) -> bool {
    let tenant = registered(sandbox);
    let url = tenant["database_url"].as_str().unwrap_or_default();
    let is_open = tenant["external_db_access"] == true;
    assert_eq!(!url.is_empty(), is_open, "{tenant}");
    is_open
}

#[test]
fn an_opened_database_has_a_port_an_address_and_a_url_and_a_closed_one_has_none() {
    let (fly, sandbox) = with_tenant();
    assert!(!is_open(&sandbox));
    let before = fly.inventory();
    sandbox.say(OPEN).ok();
    assert_eq!(door(&fly.inventory()), opened());
    assert!(is_open(&sandbox));
    let url = registered(&sandbox)["database_url"].as_str().expect("it has a URL").to_owned();
    let password = password(&sandbox);
    assert!(url.contains(&format!(":{password}@{APP}.fly.dev:5432/")) && url.ends_with("?sslmode=require"), "{url}");
    let there = fly.inventory();
    assert_eq!(
        (&there.machines[0].id, &there.machines[0].volumes),
        (&before.machines[0].id, &before.machines[0].volumes)
    );
    assert_eq!(there.machines[0].metadata, before.machines[0].metadata, "an update replaces all, and loses nothing");
    sandbox.say(OPEN).ok();
    assert_eq!(door(&fly.inventory()), opened(), "once more changes nothing");
    sandbox.say(CLOSE).ok();
    assert_eq!((door(&fly.inventory()), is_open(&sandbox)), (closed(), false));
    assert_eq!(counts(&fly.inventory()), [1, 1, 1, 2]);
    assert_eq!(fly.inventory().ips, before.ips);
    sandbox.say("history verify").ok();
}

#[test]
fn a_machine_is_updated_whole_under_a_lease_and_by_its_version() {
    let (fly, sandbox) = with_tenant();
    let before = fly.requests().len();
    sandbox.say(OPEN).ok();
    let machine = format!("/v1/apps/{APP}/machines/{}", fly.inventory().machines[0].id);
    let requests = &fly.requests()[before..];
    let changes = requests.iter().filter(|request| request.path.starts_with(&machine) && request.method != "GET");
    let lines: Vec<_> = changes.map(Request::line).collect();
    let expected = [
        format!("POST {machine}/lease"),
        format!("POST {machine}"),
        format!("DELETE {machine}/lease"),
        format!("POST {machine}/exec"),
    ];
    assert_eq!(lines, expected);
    let update = requests.iter().find(|request| request.line() == expected[1]).expect("it was updated");
    assert!(update.header("fly-machine-lease-nonce").is_some());
    let body = update.json();
    assert!(body["current_version"].is_string() && body["min_secrets_version"].is_u64(), "{body}");
    assert!(body["config"]["image"].is_string() && body["config"]["mounts"].is_array(), "{body}");
}

#[test]
fn the_server_stays_the_one_that_was_pulled_whatever_its_tag_means_by_then() {
    let (fly, sandbox) = with_tenant();
    let made = fly.inventory().machines[0].clone();
    let pinned = format!("postgres@{}", made.digest);
    let shown = sandbox.say("cloud tenant show my-project-prod --json").ok().data();
    assert_eq!((made.image.as_str(), &shown["resources"]["image"]), ("postgres:17", &pinned.clone().into()));
    fly.image_moves("postgres:17");
    for line in [OPEN, CLOSE] {
        sandbox.say(line).ok();
        let updated = fly.inventory().machines[0].clone();
        assert_eq!((&updated.image, &updated.digest), (&pinned, &made.digest), "{line}");
    }
}

#[test]
fn a_server_can_be_asked_for_by_its_digest() {
    let image = format!("postgres@sha256:{}", "0a".repeat(32));
    let (fly, sandbox) = with_tenant_of(&format!("{CREATE} --config image={image}"), 1.0);
    let runs = || fly.inventory().machines[0].image.clone();
    assert_eq!(runs(), image);
    sandbox.say(OPEN).ok();
    assert_eq!(runs(), image);
}

#[test]
fn what_a_rotation_handed_over_is_what_an_updated_machine_logs_in_with() {
    let (fly, sandbox) = with_tenant();
    sandbox.say("cloud tenant rotate-credentials my-project-prod -y").ok();
    let there = fly.inventory();
    assert!(there.machines[0].secrets_version < there.apps[0].secrets_version, "it has not seen them yet");
    sandbox.say(OPEN).ok();
    let there = fly.inventory();
    assert_eq!(there.machines[0].secrets_version, there.apps[0].secrets_version);
    sandbox.say("cloud tenant rotate-credentials my-project-prod -y").ok();
    let url = registered(&sandbox)["database_url"].as_str().expect("it has a URL").to_owned();
    assert!(url.contains(&password(&sandbox)), "the URL has the new password, too");
    // The machine is as it should be and not updated, so that it has not seen the newest password.
    sandbox.say(OPEN).ok();
}

#[test]
fn an_opening_that_fails_leaves_the_database_closed_and_a_closing_that_fails_leaves_it_open() {
    let (fly, sandbox) = with_tenant();
    fly.fail(Rule::next("POST", "/v1/apps/*/machines/*/exec", refusal()));
    sandbox.say(OPEN).exits(4);
    assert_eq!((door(&fly.inventory()), is_open(&sandbox)), (closed(), false));
    fly.clock().advance(Duration::from_mins(1));
    sandbox.say(OPEN).ok();
    fly.fail(Rule::next("POST", "/v1/apps/*/machines/*/exec", refusal()));
    sandbox.say(CLOSE).exits(4);
    assert_eq!((door(&fly.inventory()), is_open(&sandbox)), (opened(), true));
    assert_eq!(sandbox.say("cloud tenant list").ok().stderr, "", "an operation was left");
}

#[test]
fn an_address_of_ones_own_survives_an_opening_its_undo_and_a_closing() {
    let (fly, sandbox) = with_tenant();
    let own = vec![fly.seed_ipv4(APP)];
    fly.fail(Rule::next("POST", "/v1/apps/*/machines/*/exec", refusal()));
    sandbox.say(OPEN).exits(4);
    assert_eq!((paid(&fly), is_open(&sandbox)), (own.clone(), false));
    fly.clock().advance(Duration::from_mins(1));
    sandbox.say(OPEN).ok();
    assert_eq!((paid(&fly), is_open(&sandbox)), (own.clone(), true), "one is enough");
    let said = sandbox.say(CLOSE).ok();
    assert!(said.stderr.contains(&format!("fly ips release {}", own[0])), "{}", said.whole());
    assert_eq!((paid(&fly), is_open(&sandbox)), (own, false));
}

#[test]
fn a_closing_gives_back_the_address_that_its_opening_made_and_no_other() {
    let (fly, sandbox) = with_tenant();
    sandbox.say(OPEN).ok();
    let own = fly.seed_ipv4(APP);
    assert_eq!(paid(&fly).len(), 2);
    sandbox.say(OPEN).ok();
    sandbox.say(CLOSE).ok();
    assert_eq!((paid(&fly), is_open(&sandbox)), (vec![own], false));
}

#[test]
fn beside_a_service_of_ones_own_on_the_port_nothing_is_opened_or_closed() {
    let (fly, sandbox) = with_tenant();
    let service = json!({ "protocol": "tcp", "internal_port": 5432, "ports": [{ "port": 15_432 }] });
    fly.seed_service(&fly.inventory().machines[0].id, service);
    let there = fly.inventory();
    assert_eq!(door(&there), (vec![(15_432, vec![])], 0));
    for line in [OPEN, CLOSE] {
        let refused = sandbox.say(&format!("{line} --json")).exits(4);
        assert_eq!(refused.error_code(), "service-foreign", "{}", refused.whole());
        assert_eq!((fly.inventory(), is_open(&sandbox)), (there.clone(), false));
    }
    assert_eq!(sandbox.say("cloud tenant list").ok().stderr, "", "an operation was left");
}

#[test]
fn a_database_whose_host_cannot_be_reached_is_not_opened_as_nobody_knows_who_else_did() {
    let (fly, sandbox) = with_tenant();
    let id = fly.inventory().machines[0].id.clone();
    fly.host_reachable(&id, false);
    let refused = sandbox.say(&format!("{OPEN} --json")).exits(6);
    assert_eq!(refused.error_code(), "fly-busy", "{}", refused.whole());
    assert_eq!((door(&fly.inventory()), is_open(&sandbox)), (closed(), false));
    assert_eq!(sandbox.say("cloud tenant list").ok().stderr, "", "an operation was left");
    fly.host_reachable(&id, true);
    sandbox.say(OPEN).ok();
}

#[test]
fn what_a_provider_opened_has_no_undo_here() {
    let (fly, sandbox): (FakeFly, Sandbox) = with_tenant();
    sandbox.say(OPEN).ok();
    let undo = sandbox.say("history undo --json").exits(4);
    assert!(undo.whole().contains("edit it again"), "{}", undo.whole());
    assert_eq!(door(&fly.inventory()), opened());
    sandbox.say(OPEN).ok();
    let undo = sandbox.say("history undo --json").exits(4);
    assert!(undo.whole().contains("edit it again"), "no password was replaced: {}", undo.whole());
}

#[test]
fn a_restore_does_not_claim_that_what_a_provider_opened_is_closed() {
    let (fly, sandbox) = with_tenant();
    let then = sandbox.say("history log --limit 1 --json").ok().data()["events"][0]["position"].clone();
    sandbox.say(OPEN).ok();
    let refused = sandbox.say(&format!("history restore --to {then} --json")).exits(4);
    assert_eq!(refused.error_code(), "irreversible", "{}", refused.whole());
    sandbox.say(&format!("history restore --to {then} --force")).ok();
    assert!(is_settled(&fly, &sandbox, true), "{:?}", fly.inventory());
}

#[test]
fn an_edit_of_which_a_part_is_refused_opens_nothing() {
    let (fly, sandbox) = with_tenant();
    sandbox.say("cloud tenant create --region iad --name taken").ok();
    let asked = fly.requests().len();
    for (part, code) in [("--config memory_mb=2048", "config-fixed"), ("--name taken", "name-taken")] {
        let output = sandbox.say(&format!("{OPEN} {part} --json")).exits(4);
        assert_eq!(output.error_code(), code, "{}", output.whole());
    }
    assert_eq!(fly.requests().len(), asked, "Fly was asked");
    assert_eq!((door(&fly.inventory()), is_open(&sandbox)), (closed(), false));
}
