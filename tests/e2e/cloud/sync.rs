//! The registry held against what Fly has: what vanished is marked, what is nobody's is named, and nothing is deleted.

use std::fs;

use serde_json::{Value, json};
use systemprompt_fake_fly::{Access, FakeFly, Fault, Inventory, RateLimits, Rule, Settings};
use systemprompt_tests::{Sandbox, seed};

use super::{APP, CREATE, ID, ask_fly, ask_fly_as, log_in, logged_in, remove_app, with_tenant};

const SYNC: &str = "cloud sync --json";

/// How much is recorded, and what the registry says.
fn state(sandbox: &Sandbox) -> (u64, Vec<u8>) {
    let events = sandbox.say("history verify --json").ok().data()["events"].as_u64().expect("a number");
    (events, fs::read(sandbox.file("tenants.json")).expect("it is there"))
}

fn synced_at(sandbox: &Sandbox) -> String {
    let registry: Value = serde_json::from_slice(&state(sandbox).1).expect("it is JSON");
    registry["synced_at"].as_str().expect("a time").to_owned()
}

fn finding(data: &Value) -> &str {
    data["tenants"][0]["finding"].as_str().unwrap_or_default()
}

/// The recorded state of the tenant of the document.
fn recorded(sandbox: &Sandbox) -> String {
    let shown = sandbox.say(&format!("cloud tenant show {ID} --json")).ok().data();
    shown["state"].as_str().expect("a word").to_owned()
}

#[test]
fn a_login_that_is_for_no_clusters_is_told_so_once_where_nothing_says_that_there_is_one() {
    let (fly, mut sandbox) = with_tenant();
    let refused = Fault::Refusal { status: 403, error: "unauthorized".to_owned(), code: None };
    fly.fail(Rule::next("GET", "/v1/postgres", refused).times(1_000));
    let is_told = |sandbox: &Sandbox, line: &str| sandbox.say(line).ok().stdout.contains("clusters of acme");
    let told = ["cloud sync --dry-run", "cloud sync --dry-run", "cloud sync", "cloud sync"];
    assert_eq!(told.map(|line| is_told(&sandbox, line)), [true, true, true, false]);
    assert_eq!(sandbox.say(SYNC).ok().data()["orphans"][0]["name"], "clusters of acme", "JSON has it each time");
    log_in(&mut sandbox, &fly).ok();
    assert_eq!([(); 2].map(|()| is_told(&sandbox, "cloud sync")), [true, false], "another login is told again");
}

#[test]
fn what_vanished_is_marked_until_it_is_there_again() {
    let (fly, sandbox) = with_tenant();
    let shown = sandbox.say(&format!("cloud tenant show {ID} --json")).ok().data();
    let there = sandbox.say(SYNC).ok().data();
    assert_eq!((finding(&there), &there["answered"], &there["orphans"]), ("unchanged", &json!(["fly"]), &json!([])));
    remove_app(&fly);
    let gone = sandbox.say("cloud sync").ok();
    for says in ["vanished", "`fly` says missing", "cloud tenant delete", "nothing was deleted"] {
        assert!(gone.stdout.contains(says), "{says}: {}", gone.whole());
    }
    assert!(sandbox.say("cloud tenant list").ok().stdout.contains("my-project-prod   iad   (vanished)"));
    assert_eq!(recorded(&sandbox), "vanished");
    let again = sandbox.say(SYNC).ok().data();
    assert_eq!((finding(&again), &again["tenants"][0]["live"]), ("unchanged", &json!("missing")));

    let (name, network) = (&shown["resources"]["app_id"], &shown["resources"]["network"]);
    let app = json!({ "name": name, "network": network, "org_slug": "acme" }).to_string();
    assert_eq!(ask_fly(&fly, "POST", "/v1/apps?wait=true", &app), 201);
    let back = sandbox.say(SYNC).ok().data();
    assert_eq!((finding(&back), &back["tenants"][0]["live"]), ("reappeared", &json!("incomplete")));
    assert_eq!(recorded(&sandbox), "ready");
    sandbox.say("history rebuild").ok();
    sandbox.say("history verify").ok();
}

#[test]
fn a_dry_run_says_the_same_and_writes_nothing() {
    let (fly, sandbox) = with_tenant();
    remove_app(&fly);
    let before = state(&sandbox);
    let plan = sandbox.say("cloud sync --dry-run --json").ok().data();
    assert_eq!((finding(&plan), &plan["done"], &plan["synced_at"]), ("vanished", &json!(false), &Value::Null));
    assert!(sandbox.say("cloud sync --dry-run").ok().stdout.contains("nothing was recorded"));
    assert_eq!(state(&sandbox), before);
    assert_eq!(recorded(&sandbox), "ready");
}

#[test]
fn a_sync_says_when_it_was_and_touches_no_local_tenant() {
    let (_fly, sandbox) = with_tenant();
    sandbox.say("cloud tenant create --type local --provider native --name one").ok();
    let local = || sandbox.say("cloud tenant show one --json").ok().data();
    let before = local();
    let synced = sandbox.say(SYNC).ok().data();
    assert_eq!(synced["tenants"].as_array().expect("a list").len(), 1, "{synced}");
    let time = synced["synced_at"].as_str().expect("a time");
    assert_eq!(time[..19], synced_at(&sandbox)[..19], "{time}");
    assert_eq!(local(), before);
    let log = sandbox.say("history log --json").ok().data();
    let newest = log["events"].as_array().expect("a list").iter().find(|event| event["type"] == "RegistrySynced");
    assert_eq!(newest.expect("it is recorded")["payload"], json!({ "providers": ["fly"] }));
}

#[test]
fn of_what_vanished_nothing_is_used_and_it_can_be_deleted() {
    let (fly, sandbox) = with_tenant();
    remove_app(&fly);
    sandbox.say(SYNC).ok();
    for line in
        [CREATE, "cloud profile create prod --tenant my-project-prod", "infra db migrate --tenant my-project-prod"]
    {
        let output = sandbox.say(&format!("{line} --json")).exits(4);
        assert_eq!(output.error_code(), "tenant-vanished", "{}", output.whole());
        assert!(output.stdout.contains("systemprompt cloud sync"), "{}", output.whole());
    }
    sandbox.say("cloud tenant delete my-project-prod -y").ok();
    assert_eq!(sandbox.say("cloud tenant list --json").ok().data()["total"], 0);
    sandbox.say("history verify").ok();
}

/// Syncs where Fly tells nothing, and sees that all stays as it is.
#[track_caller]
fn told_nothing(sandbox: &Sandbox, code: &str) {
    let before = state(sandbox);
    let output = sandbox.say(SYNC).exits(1);
    let data = output.data();
    assert_eq!((finding(&data), &data["silent"][0]["code"]), ("unknown", &json!(code)), "{}", output.whole());
    assert_eq!(state(sandbox), before);
    assert_eq!(recorded(sandbox), "ready");
}

#[test]
fn a_provider_that_cannot_be_asked_is_named_and_its_tenants_stay_as_they_are() {
    let (fly, mut sandbox) = with_tenant();
    fly.accept("fm2_elsewhere", Access::to("elsewhere"));
    sandbox.set("FLY_API_TOKEN", "fm2_elsewhere");
    sandbox.say(&format!("cloud auth login --api-url {}", fly.url())).ok();
    let before = recorded(&sandbox);
    let output = sandbox.say(SYNC).exits(1);
    assert_eq!((finding(&output.data()), recorded(&sandbox)), ("unknown", before), "{}", output.whole());
    assert!(output.data()["tenants"][0]["why"].is_string(), "{}", output.whole());
    let status = sandbox.say(&format!("cloud tenant status {ID} --json")).exits(5);
    assert!(status.error_code().starts_with("account-"), "{}", status.whole());

    fly.revoke("fm2_elsewhere");
    told_nothing(&sandbox, "account-refused");
    sandbox.say("cloud auth logout").ok();
    told_nothing(&sandbox, "not-logged-in");
    let said = sandbox.say("cloud sync").exits(1);
    assert!(said.stdout.contains("systemprompt cloud auth login"), "{}", said.whole());
}

#[test]
fn everybodys_own_organisation_is_not_taken_for_somebody_elses() {
    let settings = Settings { rate_limits: RateLimits::none(), ..Settings::default() };
    let fly = FakeFly::with(settings).expect("a port is free");
    let mut sandbox = Sandbox::new();
    let (ada, bob) = (Access::personal("ada@example.com"), Access::personal("bob@example.com"));
    for (token, access) in [
        ("fm2_ada", ada.clone()),
        ("fm2_ada_org", ada.of_nobody()),
        ("fm2_bob", bob.clone()),
        ("fm2_bob_org", bob.of_nobody()),
    ] {
        fly.accept(token, access);
    }
    let log_in = |sandbox: &mut Sandbox, token: &str| {
        sandbox.set("FLY_API_TOKEN", token);
        sandbox.say(&format!("cloud auth login --api-url {}", fly.url())).ok();
    };
    log_in(&mut sandbox, "fm2_ada");
    sandbox.say(CREATE).ok();
    for token in ["fm2_bob", "fm2_bob_org"] {
        log_in(&mut sandbox, token);
        let output = sandbox.say(SYNC).exits(1);
        assert_eq!((finding(&output.data()), recorded(&sandbox).as_str()), ("unknown", "ready"), "{}", output.whole());
        let refused = sandbox.say("cloud tenant cancel my-project-prod -y --json").exits(5);
        assert_eq!(refused.error_code(), "account-organisation", "{}", refused.whole());
    }
    log_in(&mut sandbox, "fm2_ada");
    assert_eq!(ask_fly_as("fm2_ada", &fly, "DELETE", &format!("/v1/apps/{APP}?force=true"), ""), 202);
    fly.clock().advance(std::time::Duration::from_mins(1));
    log_in(&mut sandbox, "fm2_bob");
    let output = sandbox.say(SYNC).exits(1);
    let why = output.data()["tenants"][0]["why"].to_string();
    assert!(why.contains("of `ada@example.com`") && why.contains("of `bob@example.com`"), "{}", output.whole());
    log_in(&mut sandbox, "fm2_ada_org");
    assert_eq!(finding(&sandbox.say(SYNC).ok().data()), "vanished");
}

#[test]
fn a_fly_that_is_not_there_is_not_taken_for_an_empty_one() {
    let (fly, sandbox) = with_tenant();
    drop(fly);
    told_nothing(&sandbox, "http-unreachable");
}

#[test]
fn what_is_ours_and_of_no_tenant_of_the_project_is_named_and_left_alone() {
    let settings = Settings { rate_limits: RateLimits::none(), ..Settings::default() };
    let fly = FakeFly::with(settings).expect("a port is free");
    fly.seed_app("acme", "a-persons-own");
    let (first, second) = (logged_in(&fly), logged_in(&fly));
    first.say(CREATE).ok();
    let before: Inventory = fly.inventory();
    let found = second.say(SYNC).ok().data();
    assert_eq!(found["orphans"][0]["name"], APP, "{found}");
    assert_eq!(found["orphans"].as_array().expect("a list").len(), 1, "{found}");
    assert_eq!((&found["orphans"][0]["provider"], &found["tenants"]), (&json!("fly"), &json!([])));
    let said = second.say("cloud sync --dry-run").ok();
    for says in [APP, "machines: 1, volumes: 1", "fly apps destroy", "no tenant of this project"] {
        assert!(said.stdout.contains(says), "{says}: {}", said.whole());
    }
    assert_eq!(fly.inventory(), before);
    let own = first.say(SYNC).ok().data();
    assert_eq!((finding(&own), &own["orphans"]), ("unchanged", &json!([])));
}

#[test]
fn without_a_tenant_in_a_cloud_there_is_nothing_to_compare() {
    let sandbox = Sandbox::new();
    sandbox.say("cloud tenant create --type local --provider native --name one").ok();
    let before = state(&sandbox);
    assert!(sandbox.say("cloud sync").ok().stdout.contains("there is nothing to compare"));
    assert_eq!(state(&sandbox), before);
    let taken = Sandbox::with_registry(seed::REGISTRY);
    let data = taken.say(SYNC).ok().data();
    assert_eq!((finding(&data), &data["synced_at"]), ("skipped", &Value::Null), "{data}");
    assert_eq!(Sandbox::new().say(SYNC).exits(3).error_code(), "no-project");
}
