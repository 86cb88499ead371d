//! What Fly refuses: each has words, an exit code and a next step of its own, and leaves nothing.

use std::time::Duration;

use systemprompt_fake_fly::{Access, Capacity, FakeFly, Fault, ImageBehaviour, Rule, Settings};
use systemprompt_tests::Sandbox;

use super::{APP, CREATE, counts, logged_in};

/// A creation that cannot be, and what it says.
#[track_caller]
fn refused(fly: &FakeFly, line: &str, exit: i32, code: &str, says: &str) {
    let sandbox = logged_in(fly);
    let output = sandbox.say(line).exits(exit);
    assert!(output.stderr.contains(says), "{}", output.whole());
    assert_eq!(counts(&fly.inventory()), [0, 0, 0, 0], "{}", output.whole());
    let again = sandbox.say(&format!("{} --json", line.replace("76", "77"))).exits(exit);
    assert_eq!(again.error_code(), code, "{}", again.whole());
    assert_eq!(sandbox.say("cloud tenant list --json").ok().data()["total"], 0);
    assert_eq!(sandbox.say("cloud tenant list").ok().stderr, "", "an operation was left");
    sandbox.say("history verify").ok();
}

#[test]
fn a_name_that_somebody_else_has_is_left_alone() {
    let fly = FakeFly::start();
    fly.seed_app("elsewhere", APP);
    refused(&fly, CREATE, 4, "name-taken", "is somebody else's, and left alone");
}

#[test]
fn a_region_that_is_full_is_no_reason_to_wait() {
    let fly = FakeFly::start();
    for full in [Capacity::NoHost, Capacity::NoCpu, Capacity::NoMemory, Capacity::Nothing] {
        fly.region_full("iad", Some(full));
        refused(&fly, CREATE, 6, "region-full", "in another `--region`");
    }
}

#[test]
fn a_region_that_there_is_not_is_refused_by_flys_word_before_anything_is_made() {
    let fly = FakeFly::start();
    for (region, code, says) in [
        ("xyz", "region-unknown", "Fly has no region `xyz`"),
        ("bom", "region-deprecated", "Fly gives up its region `bom`"),
    ] {
        for managed in ["", " --config database=managed"] {
            let line = format!("{}{managed}", CREATE.replace("iad", region));
            refused(&fly, &line, 4, code, says);
            let output = logged_in(&fly).say(&line).exits(4);
            assert!(output.stderr.contains("there are `iad`, `lhr`, `syd`,"), "{}", output.whole());
            assert!(output.stderr.contains("`arn`, `cdg`"), "`bom` takes nothing new: {}", output.whole());
        }
    }
    assert!(fly.requests().iter().all(|request| request.method == "GET"), "something was asked for");
}

#[test]
fn a_region_that_fly_closed_since_is_told_from_what_else_it_may_refuse() {
    let fly = FakeFly::start();
    fly.region_closes("lhr");
    refused(&fly, &CREATE.replace("iad", "lhr"), 4, "region-unknown", "Fly has no region `lhr`");
    let refuses = |error: &str| Fault::Refusal { status: 422, error: error.to_owned(), code: None };
    let rule = Rule::next("POST", "/v1/apps/*/volumes", refuses("Region is not available"));
    fly.fail(rule.times(2));
    refused(&fly, CREATE, 4, "fly-refused", "Region is not available");
}

#[test]
fn a_tenant_is_made_in_any_region_that_fly_has_also_in_one_that_it_opened_since() {
    let fly = FakeFly::start();
    fly.region_opens("hel");
    for region in ["ord", "hel"] {
        let sandbox = logged_in(&fly);
        sandbox.say(&CREATE.replace("iad", region)).ok();
        let there = fly.inventory();
        assert_eq!((there.machines[0].region.as_str(), there.volumes[0].region.as_str()), (region, region));
        assert_eq!(sandbox.say("cloud tenant list --json").ok().data()["tenants"][0]["region"], region);
        sandbox.say("cloud tenant delete my-project-prod -y").ok();
    }
}

#[test]
fn whoever_has_to_pay_first_is_told_where() {
    let fly = FakeFly::start();
    let error = "To create more than 1 machine per app please add a payment method.".to_owned();
    let fault = Fault::Refusal { status: 422, error, code: None };
    fly.fail(Rule::next("POST", "/v1/apps/*/machines", fault).times(2));
    refused(&fly, CREATE, 4, "payment-required", "add a payment method");
}

#[test]
fn a_machine_that_does_not_start_is_said_to_and_removed() {
    let fly = FakeFly::start();
    for behaviour in [ImageBehaviour::Unpullable, ImageBehaviour::LaunchFails] {
        fly.image("nobody/nothing:1", behaviour);
        let line = format!("{CREATE} --config image=nobody/nothing:1");
        refused(&fly, &line, 4, "machine-failed", "did not start");
    }
}

#[test]
fn what_cannot_be_understood_or_comes_without_an_end_names_the_request_and_what_to_do() {
    let fly = FakeFly::start();
    let sandbox = logged_in(&fly);
    sandbox.say(CREATE).ok();
    let asked = format!("GET /v1/apps/{APP}/volumes");
    for (fault, says) in [
        (Fault::WrongJson, "Fly was to list the volumes of app"),
        (Fault::HugeBody { bytes: 64 << 20 }, "answered more than 4 MiB"),
    ] {
        fly.heal();
        fly.fail(Rule::next("GET", "/v1/apps/*/volumes", fault.clone()).times(100));
        let output = sandbox.say("cloud tenant status my-project-prod");
        assert_ne!(output.code, 0, "{}", output.whole());
        let text = output.stderr.split_whitespace().collect::<Vec<_>>().join(" ");
        for says in [says, &asked, "look at https://status.flyio.net"] {
            assert!(text.contains(says), "{says}: {}", output.whole());
        }
        assert_eq!(text.contains(", request "), fault == Fault::WrongJson, "{}", output.whole());
    }
}

#[test]
fn a_refusal_of_no_kind_of_its_own_and_a_machine_that_failed_name_the_request() {
    let fly = FakeFly::start();
    let sandbox = logged_in(&fly);
    let fault = Fault::Refusal { status: 422, error: "no".to_owned(), code: None };
    fly.fail(Rule::next("POST", "/v1/apps/*/volumes", fault));
    let refused = sandbox.say(CREATE).exits(4);
    for says in ["status 422, request ", "https://fly.io/dashboard"] {
        assert!(refused.stderr.contains(says), "{says}: {}", refused.whole());
    }
    fly.image("nobody/nothing:1", ImageBehaviour::Unpullable);
    let failed = sandbox.say(&format!("{} --config image=nobody/nothing:1", CREATE.replace("76", "78"))).exits(4);
    assert!(failed.stderr.contains("did not start (request "), "{}", failed.whole());
}

#[test]
fn a_token_that_was_revoked_says_so_and_names_the_login() {
    let fly = FakeFly::start();
    let sandbox = logged_in(&fly);
    sandbox.say(CREATE).ok();
    fly.revoke(fly.token());
    for line in ["cloud tenant status my-project-prod", "cloud auth whoami --check"] {
        let output = sandbox.say(line).exits(5);
        assert!(output.stderr.contains("systemprompt cloud auth login"), "{}", output.whole());
        assert_eq!(sandbox.say(&format!("{line} --json")).exits(5).error_code(), "account-refused");
    }
    assert_eq!(fly.inventory().apps.len(), 1);
}

#[test]
fn a_token_that_expired_says_so_and_names_the_login() {
    let fly = FakeFly::start();
    let expires = fly.clock().now() + Duration::from_hours(1);
    fly.accept("fm2_short", Access { expires: Some(expires), ..Access::to(Settings::ORG) });
    let mut sandbox = Sandbox::new();
    sandbox.set("FLY_API_TOKEN", "fm2_short");
    sandbox.say(&format!("cloud auth login --api-url {}", fly.url())).ok();
    sandbox.set("FLY_API_TOKEN", "");
    sandbox.say(CREATE).ok();
    fly.clock().advance(Duration::from_hours(1));
    for line in
        ["cloud tenant status my-project-prod", "cloud auth whoami --check", "cloud tenant delete my-project-prod -y"]
    {
        let output = sandbox.say(line).exits(5);
        for says in ["is not valid, or has expired", "systemprompt cloud auth login"] {
            assert!(output.stderr.contains(says), "{says}: {}", output.whole());
        }
    }
    assert_eq!(fly.inventory().apps.len(), 1);
}
