//! Managed databases of no tenant of the project: shown, and taken in when somebody names them.

use serde_json::json;
use systemprompt_fake_fly::{FakeFly, RateLimits, Settings};
use systemprompt_tests::{Sandbox, until};

use super::{ROTATE, agrees, create, psql};
use crate::cloud::intake::TAKE_IN;
use crate::cloud::{APP, ask_fly, logged_in, registered};

/// A Fly with the tenant of a project that is lost, and another project that is logged in to it.
fn lost() -> (FakeFly, Sandbox) {
    let settings = Settings { rate_limits: RateLimits::none(), ..Settings::default() };
    let fly = FakeFly::with(settings).expect("a port is free");
    logged_in(&fly).say(&create()).ok();
    let sandbox = logged_in(&fly);
    sandbox.say("cloud sync --dry-run").ok();
    (fly, sandbox)
}

#[test]
fn one_of_a_lost_project_is_an_orphan_with_its_cluster_and_is_taken_in_whole() {
    let (fly, sandbox) = lost();
    let synced = sandbox.say("cloud sync --json").ok().data();
    let orphans = synced["orphans"].as_array().expect("a list");
    assert_eq!((orphans.len(), &orphans[0]["name"]), (1, &json!(APP)), "{synced}");
    assert!(orphans[0]["about"].as_str().is_some_and(|about| about.contains("a managed cluster")), "{synced}");
    sandbox.say(TAKE_IN).ok();
    let psql_before = psql(&sandbox);
    assert_ne!(psql_before.code, 0, "its password is not known: {}", psql_before.whole());
    sandbox.say(ROTATE).ok();
    assert!(agrees(&fly, &sandbox) && registered(&sandbox)["sync_token"].is_string());
    assert_eq!(psql(&sandbox).ok().stdout.trim(), "1");
    sandbox.say("cloud tenant delete my-project-prod -y").ok();
    assert!(fly.inventory().is_empty(), "{:?}", fly.inventory());
    sandbox.say("history verify").ok();
}

#[test]
fn a_cluster_that_lost_its_app_is_an_orphan_that_a_sync_shows() {
    let (fly, sandbox) = lost();
    assert_eq!(ask_fly(&fly, "DELETE", &format!("/v1/apps/{APP}?force=true"), ""), 202);
    until("the app is gone", || fly.inventory().apps.is_empty().then_some(()));
    let synced = sandbox.say("cloud sync --json").ok().data();
    let cluster = &fly.inventory().clusters[0];
    assert_eq!(synced["orphans"][0]["name"], cluster.name.as_str(), "{synced}");
    let shown = sandbox.say("cloud sync").ok();
    assert!(shown.stdout.contains(&format!("fly mpg destroy {}", cluster.id)), "{}", shown.whole());
}
