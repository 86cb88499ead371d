//! What is at Fly and not the tenant's, and what is the tenant's and not seen: neither is taken for what it is not.

use systemprompt_fake_fly::{Access, FakeFly, Settings};
use systemprompt_tests::Sandbox;

use super::{CREATE, ID, counts, log_in, logged_in, remove_app};

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

#[test]
fn a_login_that_would_not_see_the_tenant_does_not_take_it_for_gone() {
    let fly = FakeFly::start();
    let mut sandbox = made(&fly);
    let elsewhere =
        FakeFly::with(Settings { org: "elsewhere".to_owned(), ..Settings::default() }).expect("a port is free");
    log_in(&mut sandbox, &elsewhere).ok();
    let output = sandbox.say(&format!("{DELETE} --json")).exits(7);
    assert_eq!(output.error_code(), "account-organisation", "{}", output.whole());
    assert_eq!(counts(&fly.inventory()), ALL);

    fly.accept("fm2_elsewhere", Access::to("elsewhere"));
    sandbox.set("FLY_API_TOKEN", "fm2_elsewhere");
    sandbox.say(&format!("cloud auth login --api-url {}", fly.url())).ok();
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
