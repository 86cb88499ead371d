//! `show` of a tenant at Fly says how it is now, for a moment's waiting, and what is recorded whether or not Fly answers.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use systemprompt_fake_fly::{Fault, Rule};
use systemprompt_tests::Sandbox;

use super::{APP, ask_fly, remove_app, with_tenant};

const SHOW: &str = "cloud tenant show my-project-prod";

fn live(sandbox: &Sandbox) -> Value {
    sandbox.say(&format!("{SHOW} --json")).ok().data()["live"].clone()
}

fn answer(state: &str, reachable: bool) -> Value {
    json!({ "reachable": reachable, "state": state, "differs": [], "why": null })
}

#[test]
fn what_is_shown_of_a_tenant_at_fly_has_hostname_region_and_how_it_is_now() {
    let (fly, sandbox) = with_tenant();
    assert_eq!(live(&sandbox), answer("ready", true));
    let shown = sandbox.say(SHOW).ok();
    let row = |label: &str| {
        let line = shown.stdout.lines().find(|line| line.starts_with(&format!("{label}:")));
        line.unwrap_or_else(|| panic!("no `{label}`: {}", shown.whole())).replacen(&format!("{label}:"), "", 1)
    };
    assert_eq!(
        ["Hostname", "Region", "Live"].map(|label| row(label).trim().to_owned()),
        [format!("{APP}.fly.dev"), "iad".to_owned(), "ready".to_owned()]
    );
    let volume = json!({ "name": "other", "region": "iad", "size_gb": 1 }).to_string();
    assert_eq!(ask_fly(&fly, "POST", &format!("/v1/apps/{APP}/volumes"), &volume), 200);
    assert_eq!(live(&sandbox)["differs"].as_array().map(Vec::len), Some(1));
    let shown = sandbox.say(SHOW).ok();
    let text = shown.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    let says = "ready, and not all is as recorded: systemprompt cloud tenant status my-project-prod";
    assert!(text.contains(says), "{}", shown.whole());
    remove_app(&fly);
    assert_eq!(live(&sandbox)["state"], "missing");
}

#[test]
fn with_offline_at_a_moment_and_for_a_local_tenant_nobody_is_asked() {
    let (fly, sandbox) = with_tenant();
    sandbox.say("cloud tenant create --type local --provider native --name one").ok();
    let asked = fly.requests().len();
    for line in [format!("{SHOW} --offline"), format!("{SHOW} --at @-1"), "cloud tenant show one".to_owned()] {
        let data = sandbox.say(&format!("{line} --json")).ok().data();
        assert_eq!(data.get("live"), None, "{line}: {data}");
        assert!(!sandbox.say(&line).ok().stdout.contains("Live:"), "{line}");
    }
    assert_eq!(fly.requests().len(), asked);
}

#[test]
fn without_a_login_or_where_fly_does_not_answer_what_is_recorded_is_shown_and_said_to_be_no_more() {
    let (fly, sandbox) = with_tenant();
    fly.fail(Rule::next("GET", "/v1/apps/*", Fault::Timeout).times(100));
    let before = Instant::now();
    let unknown = live(&sandbox);
    assert!(before.elapsed() < Duration::from_secs(20), "nobody waits for long who is shown what is recorded");
    assert_eq!((&unknown["state"], &unknown["reachable"]), (&Value::Null, &Value::Null), "{unknown}");
    assert_eq!(unknown["why"], "`fly` did not answer within 3 s");
    drop(fly);
    let shown = sandbox.say(SHOW).ok();
    assert!(shown.stdout.contains("not known: ") && shown.stdout.contains("iad"), "{}", shown.whole());
    sandbox.say("cloud auth logout").ok();
    assert_eq!(live(&sandbox)["why"], "nobody is logged in to `fly` here");
}
