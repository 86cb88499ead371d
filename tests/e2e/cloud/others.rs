//! What is at Fly and not the tenant's, and what is the tenant's and not seen: neither is taken for what it is not.

use systemprompt_fake_fly::{Access, FakeFly, Fault, Rule, Settings};
use systemprompt_tests::{Sandbox, Screen};

use super::{APP, CREATE, ID, application, counts, log_in, logged_in, remove_app};

const DELETE: &str = "cloud tenant delete my-project-prod -y";
const ALL: [usize; 4] = [1, 1, 1, 2];

fn made(fly: &FakeFly) -> Sandbox {
    let sandbox = logged_in(fly);
    sandbox.say(CREATE).ok();
    assert_eq!(counts(&fly.inventory()), ALL);
    sandbox
}

#[test]
fn what_is_gone_at_fly_is_said_and_can_be_deleted_here() {
    let fly = FakeFly::start();
    let sandbox = made(&fly);
    remove_app(&fly);
    let status = sandbox.say("cloud tenant status my-project-prod").exits(1);
    assert!(status.stdout.contains("missing"), "{}", status.whole());
    sandbox.say(DELETE).ok();
    assert_eq!(sandbox.say("cloud tenant list --json").ok().data()["total"], 0);
}

#[test]
fn a_tenant_of_the_same_id_in_another_project_is_left_alone() {
    let fly = FakeFly::start();
    let first = made(&fly);
    let second = logged_in(&fly).say(&format!("{CREATE} --json")).exits(4);
    assert_eq!(second.error_code(), "name-taken", "{}", second.whole());
    assert!(second.whole().contains("leave out `--id`"), "{}", second.whole());
    assert_eq!(counts(&fly.inventory()), ALL, "the first one's");
    first.say(&format!("cloud tenant status {ID}")).ok();
}

/// Logs in to this Fly as another organisation that is there, too.
fn log_in_elsewhere(sandbox: &mut Sandbox, fly: &FakeFly) {
    fly.accept("fm2_elsewhere", Access::to("elsewhere"));
    sandbox.set("FLY_API_TOKEN", "fm2_elsewhere");
    sandbox.say(&format!("cloud auth login --api-url {}", fly.url())).ok();
}

#[test]
fn a_login_of_another_organisation_deletes_and_cancels_nothing_and_is_told_which_would() {
    let fly = FakeFly::start();
    let mut sandbox = made(&fly);
    let elsewhere =
        FakeFly::with(Settings { org: "elsewhere".to_owned(), ..Settings::default() }).expect("a port is free");
    // One where no such app is seen, and one where it is seen to be somebody else's.
    for (fly_there, is_same) in [(&elsewhere, false), (&fly, true)] {
        if is_same {
            log_in_elsewhere(&mut sandbox, fly_there);
        } else {
            log_in(&mut sandbox, fly_there).ok();
        }
        let asked = fly_there.requests().len();
        for line in ["delete my-project-prod", "cancel my-project-prod"] {
            for flag in ["-y --json", "--plan --json"] {
                let output = sandbox.say(&format!("cloud tenant {line} {flag}")).exits(5);
                assert_eq!(output.error_code(), "account-organisation", "{}", output.whole());
                for says in ["organisation `acme`", "organisation `elsewhere`", "systemprompt cloud auth login"] {
                    assert!(output.whole().contains(says), "{says}: {}", output.whole());
                }
            }
            let (code, seen) = Screen::run(&sandbox, &format!("cloud tenant {line}"), 400).end();
            assert_eq!(code, 5, "{seen}");
            assert!(seen.contains("organisation `elsewhere`") && !seen.contains("to go on:"), "{seen}");
        }
        assert!(fly_there.requests()[asked..].iter().all(|request| request.method == "GET"));
        let list = sandbox.say("cloud tenant list --json").ok();
        assert_eq!((list.data()["tenants"][0]["state"].as_str(), list.stderr.as_str()), (Some("ready"), ""));
    }
    assert_eq!(counts(&fly.inventory()), ALL);
    log_in(&mut sandbox, &fly).ok();
    sandbox.say(DELETE).ok();
    assert_eq!(counts(&fly.inventory()), [0, 0, 0, 0]);
    sandbox.say("history verify").ok();
}

#[test]
fn a_deletion_that_began_is_not_taken_for_done_by_a_login_that_would_not_see_the_tenant() {
    let fly = FakeFly::start();
    let mut sandbox = made(&fly);
    let refusal = Fault::Refusal { status: 422, error: "no".to_owned(), code: None };
    fly.fail(Rule::next("DELETE", "/v1/apps/*", refusal));
    sandbox.say(DELETE).exits(7);
    log_in_elsewhere(&mut sandbox, &fly);
    sandbox.say(&format!("cloud tenant resume {ID}")).exits(7);
    assert_eq!(counts(&fly.inventory()), ALL);
    log_in(&mut sandbox, &fly).ok();
    sandbox.say(&format!("cloud tenant resume {ID}")).ok();
    assert_eq!(counts(&fly.inventory()), [0, 0, 0, 0]);
}

#[test]
fn a_cancellation_of_what_is_gone_begins_only_with_a_login_that_would_see_it() {
    let fly = FakeFly::start();
    let mut sandbox = made(&fly);
    remove_app(&fly);
    let elsewhere =
        FakeFly::with(Settings { org: "elsewhere".to_owned(), ..Settings::default() }).expect("a port is free");
    log_in(&mut sandbox, &elsewhere).ok();
    let cancel = "cloud tenant cancel my-project-prod -y";
    let refused = sandbox.say(&format!("{cancel} --json")).exits(5);
    assert_eq!(refused.error_code(), "account-organisation", "{}", refused.whole());
    let list = sandbox.say("cloud tenant list").ok();
    assert_eq!((list.stderr.as_str(), list.stdout.contains("(cancelled)")), ("", false), "{}", list.whole());

    log_in(&mut sandbox, &fly).ok();
    sandbox.say(cancel).ok();
    assert!(sandbox.say("cloud tenant list").ok().stdout.contains("(cancelled)"));
}

#[test]
fn a_tenant_whose_app_has_gone_and_whose_name_is_another_organisations_by_now_can_be_deleted_here() {
    let fly = FakeFly::start();
    let sandbox = made(&fly);
    remove_app(&fly);
    fly.seed_app("elsewhere", APP);
    let status = sandbox.say("cloud tenant status my-project-prod").exits(1);
    assert!(status.stdout.contains("missing"), "{}", status.whole());
    let asked = fly.requests().len();
    sandbox.say(DELETE).ok();
    assert!(fly.requests()[asked..].iter().all(|request| request.method == "GET"), "it is somebody else's");
    assert_eq!(sandbox.say("cloud tenant list --json").ok().data()["total"], 0);
}

#[test]
fn a_login_of_another_organisation_changes_nothing_and_is_not_told_that_the_app_is_gone() {
    let fly = FakeFly::start();
    let mut sandbox = logged_in(&fly);
    sandbox.say(&application::create()).ok();
    let elsewhere =
        FakeFly::with(Settings { org: "elsewhere".to_owned(), ..Settings::default() }).expect("a port is free");
    for is_same in [false, true] {
        if is_same {
            log_in_elsewhere(&mut sandbox, &fly);
        } else {
            log_in(&mut sandbox, &elsewhere).ok();
        }
        for line in ["rotate-credentials my-project-prod -y", "edit my-project-prod --config app_image=shop:2"] {
            let output = sandbox.say(&format!("cloud tenant {line} --json")).exits(5);
            assert_eq!(output.error_code(), "account-organisation", "{}", output.whole());
        }
    }
    assert_eq!(counts(&fly.inventory()), application::ALL);
}
