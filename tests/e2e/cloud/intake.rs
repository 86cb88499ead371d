//! What is at Fly and of no tenant of the project: taken in when somebody names it, and usable from then on.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use systemprompt_fake_fly::{FakeFly, Fault, RateLimits, Request, Rule, Settings};
use systemprompt_tests::Sandbox;

use super::faults::changes::{End, end};
use super::faults::faults;
use super::{APP, CREATE, ID, agree_on_password, application, ask_fly, counts, log_in, logged_in, registered};

pub(in crate::cloud) const TAKE_IN: &str = "cloud sync --take-in sp-999bc6549a64";
const ROTATE: &str = "cloud tenant rotate-credentials my-project-prod -y";
const ALL: [usize; 4] = [1, 1, 1, 2];

/// A Fly with the tenant of a project that is lost, and another project that is logged in to it.
pub(super) fn lost(create: &str) -> (FakeFly, Sandbox) {
    let settings = Settings { rate_limits: RateLimits::none(), ..Settings::default() };
    let fly = FakeFly::with(settings).expect("a port is free");
    logged_in(&fly).say(create).ok();
    let sandbox = logged_in(&fly);
    // The provider is recorded as soon as it is used.
    sandbox.say("cloud sync --dry-run").ok();
    (fly, sandbox)
}

fn events(sandbox: &Sandbox) -> Value {
    sandbox.say("history verify --json").ok().data()["events"].clone()
}

#[test]
fn a_dry_run_says_what_would_be_taken_in_and_a_sync_takes_in_nothing_by_itself() {
    let (fly, sandbox) = lost(CREATE);
    let before = events(&sandbox);
    let plan = sandbox.say(&format!("{TAKE_IN} --dry-run --json")).ok().data();
    assert_eq!(plan["orphans"][0]["tenant"], json!({ "id": ID, "name": "my-project-prod", "region": "iad" }));
    assert_eq!((&plan["taken_in"], &plan["done"]), (&json!([{ "id": ID, "name": "my-project-prod" }]), &json!(false)));
    let said = sandbox.say(&format!("{TAKE_IN} --dry-run")).ok();
    assert!(said.stdout.contains("would take in tenant `my-project-prod`"), "{}", said.whole());
    assert_eq!(events(&sandbox), before);
    let synced = sandbox.say("cloud sync").ok();
    assert!(synced.stdout.contains(TAKE_IN) && !synced.stdout.contains("took in"), "{}", synced.whole());
    assert_eq!(sandbox.say("cloud tenant list --json").ok().data()["total"], 0);
    assert_eq!(counts(&fly.inventory()), ALL);
}

#[test]
fn a_project_in_which_nobody_is_logged_in_says_so_before_it_looks_for_what_is_lost() {
    let (fly, _) = lost(CREATE);
    let mut sandbox = Sandbox::new();
    sandbox.say("cloud tenant create --type local --provider native --name one").ok();
    for line in ["cloud sync", "cloud sync --dry-run"] {
        let synced = sandbox.say(line).ok();
        for says in ["nobody is logged in to a provider of cloud tenants", "`systemprompt cloud auth login`"] {
            assert!(synced.stderr.contains(says), "{says}: {}", synced.whole());
        }
    }
    let refused = sandbox.say(TAKE_IN).exits(5);
    assert!(refused.stderr.contains("systemprompt cloud auth login"), "{}", refused.whole());
    assert_eq!(sandbox.say(&format!("{TAKE_IN} --json")).exits(5).error_code(), "not-logged-in");
    log_in(&mut sandbox, &fly).ok();
    assert_eq!(sandbox.say("cloud sync").ok().stderr, "");
    sandbox.say(TAKE_IN).ok();
}

#[test]
fn what_was_taken_in_is_shown_gets_a_password_and_is_deleted() {
    let (fly, sandbox) = lost(CREATE);
    let asked = fly.requests().len();
    let taken = sandbox.say(TAKE_IN).ok();
    for says in ["took in tenant `my-project-prod`", "its password is not known", "rotate-credentials"] {
        assert!(taken.stdout.contains(says), "{says}: {}", taken.whole());
    }
    let ends = ["of no tenant of this project", "destroy"].iter().find(|text| taken.stdout.contains(**text));
    assert_eq!(ends, None, "{}", taken.whole());
    assert!(fly.requests()[asked..].iter().all(|request| request.method == "GET"), "Fly was asked to change something");
    let there = registered(&sandbox);
    let fields = [&there["id"], &there["name"], &there["app_id"], &there["hostname"], &there["region"]];
    assert_eq!(fields, [ID, "my-project-prod", APP, "sp-999bc6549a64.fly.dev", "iad"]);
    let status = sandbox.say("cloud tenant status my-project-prod").ok();
    assert!(status.stdout.contains("ready") && status.stdout.contains("not known here"), "{}", status.whole());
    let synced = sandbox.say("cloud sync --json").ok().data();
    assert_eq!((&synced["tenants"][0]["finding"], &synced["orphans"]), (&json!("unchanged"), &json!([])));
    let opening = sandbox.say("cloud tenant edit my-project-prod --external-db-access true --json").exits(4);
    assert_eq!(opening.error_code(), "password-unknown", "{}", opening.whole());

    sandbox.say("cloud tenant rotate-credentials my-project-prod -y").ok();
    assert!(agree_on_password(&fly, &sandbox));
    assert!(registered(&sandbox)["sync_token"].is_string());
    sandbox.say("cloud tenant rotate-credentials my-project-prod -y").ok();
    sandbox.say("cloud tenant edit my-project-prod --external-db-access true").ok();
    sandbox.say("cloud tenant delete my-project-prod -y").ok();
    assert_eq!(counts(&fly.inventory()), [0; 4]);
    sandbox.say("history verify").ok();
    sandbox.say("history rebuild").ok();
}

#[test]
fn an_application_that_was_taken_in_with_its_tenant_sees_the_new_password() {
    let (fly, sandbox) = lost(&application::create());
    sandbox.say(TAKE_IN).ok();
    sandbox.say("cloud tenant rotate-credentials my-project-prod -y").ok();
    assert!(application::agrees(&fly, &sandbox));
    let edit =
        sandbox.say("cloud tenant edit my-project-prod --config app_image=registry.fly.io/shop:2 --json").exits(4);
    assert_eq!(edit.error_code(), "config-fixed", "{}", edit.whole());
    assert!(edit.whole().contains("was taken in"), "{}", edit.whole());
    sandbox.say("cloud tenant cancel my-project-prod -y").ok();
    assert_eq!(counts(&fly.inventory()), [0; 4]);
}

#[test]
fn what_was_taken_in_by_mistake_is_forgotten_again_and_fly_is_told_nothing() {
    let (fly, sandbox) = lost(CREATE);
    sandbox.say(TAKE_IN).ok();
    let asked = fly.requests().len();
    sandbox.say("history undo -y").ok();
    assert_eq!(sandbox.say("cloud tenant list --json").ok().data()["total"], 0);
    assert_eq!(fly.requests().len(), asked);
    assert_eq!(counts(&fly.inventory()), ALL);
    // An id belongs to one tenant for ever, and what is only shown is not shown to work.
    let plan = sandbox.say(&format!("{TAKE_IN} --dry-run --json")).exits(4);
    assert_eq!(plan.error_code(), "id-taken", "{}", plan.whole());
    let again = sandbox.say(&format!("{TAKE_IN} --json")).exits(4);
    assert_eq!(again.error_code(), "id-taken", "{}", again.whole());
    assert!(again.whole().contains("in another directory"), "{}", again.whole());
    // So it is not offered here, and is taken in where that works.
    let shown = sandbox.say("cloud sync --dry-run").ok().stdout;
    assert!(shown.contains("another directory") && !shown.contains("if it is this project's"), "{shown}");
    let synced = sandbox.say("cloud sync --json").ok().data();
    assert_eq!((&synced["orphans"][0]["tenant"]["id"], &synced["orphans"][0]["was_here"]), (&json!(ID), &json!(true)));
    let another = logged_in(&fly);
    let offered = another.say("cloud sync --json").ok().data();
    assert_eq!(offered["orphans"][0]["was_here"], json!(false));
    another.say(TAKE_IN).ok();
    another.say(ROTATE).ok();
    assert!(agree_on_password(&fly, &another));
    sandbox.say("history verify").ok();
}

#[test]
fn one_that_got_a_password_here_is_not_forgotten_by_an_undo_as_nobody_else_knows_it() {
    let (fly, sandbox) = lost(CREATE);
    sandbox.say(TAKE_IN).ok();
    sandbox.say(ROTATE).ok();
    let log = sandbox.say("history log --json --limit 100").ok().data();
    let mut taken_in = log["events"].as_array().into_iter().flatten();
    let taken_in = taken_in.find(|event| event["type"] == "TenantAdopted").expect("it is recorded");
    let before = events(&sandbox);
    let refused = sandbox.say(&format!("history undo @{} --force -y --json", taken_in["position"])).exits(4);
    assert_eq!(refused.error_code(), "undo-blocked", "{}", refused.whole());
    for says in ["nobody else knows it", &format!("systemprompt cloud tenant delete {ID}")] {
        assert!(refused.whole().contains(says), "{says}: {}", refused.whole());
    }
    assert_eq!(events(&sandbox), before);
    // Passing over a rotation, which cannot be undone, passes over this one, too.
    sandbox.say("history undo --force -y");
    assert_eq!(registered(&sandbox)["id"], ID);
    assert!(agree_on_password(&fly, &sandbox));
    sandbox.say("cloud tenant delete my-project-prod -y").ok();
    assert_eq!(counts(&fly.inventory()), [0; 4]);
}

#[test]
fn whichever_request_of_a_first_rotation_fails_nothing_is_done_or_everybody_agrees_in_the_end() {
    let taken_in = || {
        let (fly, sandbox) = lost(CREATE);
        sandbox.say(TAKE_IN).ok();
        (fly, sandbox)
    };
    let (fly, sandbox) = taken_in();
    let before = fly.requests().len();
    sandbox.say(ROTATE).ok();
    let mut ends: BTreeMap<End, u32> = BTreeMap::new();
    for number in 1..=(fly.requests().len() - before) as u64 {
        for (_, fault) in faults() {
            let (fly, sandbox) = taken_in();
            let (end, about) = end(&fly, &sandbox, ROTATE, number, &fault);
            assert_eq!(counts(&fly.inventory()), ALL, "{about}");
            let is_known = registered(&sandbox)["internal_database_url"].is_string();
            assert_eq!(is_known, end != End::Undone, "{about}");
            assert!(!is_known || agree_on_password(&fly, &sandbox), "{about}");
            *ends.entry(end).or_default() += 1;
        }
    }
    println!("first rotations of which one request failed, {} times: {ends:?}", ends.values().sum::<u32>());
}

#[test]
fn whichever_request_of_a_comparison_fails_one_is_taken_in_whole_or_not_at_all() {
    let (fly, sandbox) = lost(CREATE);
    let before = fly.requests().len();
    sandbox.say(TAKE_IN).ok();
    let (mut taken, mut tries) = (0, 0);
    for number in 1..=(fly.requests().len() - before) as u64 {
        for (name, fault) in faults() {
            let (fly, sandbox) = lost(CREATE);
            fly.fail(Rule::number(fly.requests().len() as u64 + number, fault));
            let output = sandbox.say(TAKE_IN);
            let total = sandbox.say("cloud tenant list --json").ok().data()["total"].clone();
            assert_eq!(total, u64::from(output.code == 0), "request {number}, {name}: {}", output.whole());
            (taken, tries) = (taken + u32::from(output.code == 0), tries + 1);
        }
    }
    println!("comparisons of which one request failed, {tries} times: {taken} took the tenant in");
    assert!(2 * taken > tries, "what passes is waited for");
}

#[test]
fn a_name_that_somebody_has_here_is_left_to_them() {
    let (_fly, sandbox) = lost(CREATE);
    sandbox.say("cloud tenant create --type local --provider native --name my-project-prod").ok();
    let taken = sandbox.say(&format!("{TAKE_IN} --json")).ok().data();
    assert_eq!(taken["taken_in"], json!([{ "id": ID, "name": APP }]));
}

#[test]
fn half_of_a_tenant_and_what_there_is_not_are_not_taken_in() {
    let (fly, sandbox) = lost(CREATE);
    let app =
        json!({ "name": "sp-0123456789ab", "network": "sp-00000000000000000000000000000002", "org_slug": "acme" });
    assert_eq!(ask_fly(&fly, "POST", "/v1/apps?wait=true", &app.to_string()), 201);
    let before = events(&sandbox);
    let half = sandbox.say("cloud sync --take-in sp-0123456789ab --json").exits(4);
    assert_eq!(half.error_code(), "orphan-incomplete", "{}", half.whole());
    assert!(half.whole().contains("fly apps destroy sp-0123456789ab"), "{}", half.whole());
    let nothing = sandbox.say("cloud sync --take-in shop --json").exits(3);
    assert_eq!(nothing.error_code(), "orphan-not-found", "{}", nothing.whole());
    let both = sandbox.say(&format!("{TAKE_IN} --take-in sp-0123456789ab --json")).exits(4);
    assert_eq!(both.error_code(), "orphan-incomplete", "all of them or none: {}", both.whole());
    assert_eq!(events(&sandbox), before);
    let looked: Vec<_> =
        fly.requests().iter().map(Request::line).filter(|line| line.contains("0123456789ab/m")).collect();
    assert_eq!(looked.len(), 3, "each comparison looks once: {looked:?}");
}

#[test]
fn what_cannot_be_looked_into_now_is_not_called_half_a_tenant_and_nobody_is_told_to_destroy_it() {
    let (fly, sandbox) = lost(CREATE);
    let refused = |says: &str| {
        let output = sandbox.say(&format!("{TAKE_IN} --json")).exits(6);
        assert_eq!(output.error_code(), "orphan-unknown", "{}", output.whole());
        let whole = output.whole();
        assert!(whole.contains(says) && whole.contains("try again later") && !whole.contains("destroy"), "{whole}");
        let shown = sandbox.say("cloud sync --dry-run").ok().stdout;
        assert!(shown.contains(says) && !shown.contains("destroy"), "{shown}");
    };
    let database = fly.inventory().machines[0].id.clone();
    fly.host_reachable(&database, false);
    refused("cannot be reached");
    fly.host_reachable(&database, true);
    fly.fail(Rule::next("GET", "/v1/apps/*/machines", Fault::Status(502)).times(1_000));
    refused("status 502");
    fly.heal();
    sandbox.say(TAKE_IN).ok();
}

#[test]
fn after_the_first_app_that_cannot_be_looked_into_no_other_is_and_of_too_many_the_last_are_not() {
    let (fly, sandbox) = lost(CREATE);
    for number in 0..50 {
        let (name, network) = (format!("sp-0000000000{number:02}"), format!("sp-{number:032}"));
        let app = json!({ "name": name, "network": network, "org_slug": "acme" });
        assert_eq!(ask_fly(&fly, "POST", "/v1/apps?wait=true", &app.to_string()), 201);
    }
    let looks = |asked: usize| {
        let mut looked: Vec<_> = fly.requests()[asked..].iter().map(Request::line).collect();
        looked.retain(|line| line.contains("/machines"));
        looked.sort();
        looked.dedup();
        looked.len()
    };
    let asked = fly.requests().len();
    let beyond = sandbox.say(&format!("{TAKE_IN} --json")).exits(6);
    assert!(beyond.whole().contains("the first 50"), "{}", beyond.whole());
    assert_eq!(looks(asked), 50);
    fly.fail(Rule::next("GET", "/v1/apps/*/machines", Fault::Status(502)).times(1_000));
    let asked = fly.requests().len();
    sandbox.say("cloud sync --dry-run").ok();
    assert_eq!(looks(asked), 1);
}

#[test]
fn two_tenants_of_one_name_are_taken_in_by_one_command_under_two_names() {
    let (fly, sandbox) = lost(CREATE);
    logged_in(&fly).say(&CREATE.replace("999bc654-9a64", "888bc654-9a64")).ok();
    let both = format!("{TAKE_IN} --take-in sp-888bc6549a64 --json");
    let plan = sandbox.say(&format!("{both} --dry-run")).ok().data()["taken_in"].clone();
    let names = [&plan[0]["name"], &plan[1]["name"]];
    assert_eq!(names, ["my-project-prod", "sp-888bc6549a64"]);
    assert_eq!(sandbox.say(&both).ok().data()["taken_in"], plan);
}
