//! What is at Fly and not the tenant's, and what is the tenant's and not seen: neither is taken for what it is not.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use systemprompt_fake_fly::{Access, FakeFly, Settings};
use systemprompt_tests::{Sandbox, until};

use super::{APP, CREATE, ID, counts, log_in, logged_in};

const DELETE: &str = "cloud tenant delete my-project-prod -y";
const ALL: [usize; 4] = [1, 1, 1, 2];

fn made(fly: &FakeFly) -> Sandbox {
    let sandbox = logged_in(fly);
    sandbox.say(CREATE).ok();
    assert_eq!(counts(&fly.inventory()), ALL);
    sandbox
}

/// Removes the tenant's app, as somebody would in a browser.
fn remove_app(fly: &FakeFly) {
    let address = fly.url().replace("http://", "");
    let mut stream = TcpStream::connect(&address).expect("the fake listens");
    let token = fly.token();
    let request = format!(
        "DELETE /v1/apps/{APP}?force=true HTTP/1.1\r\nhost: {address}\r\nauthorization: Bearer {token}\r\n\
         connection: close\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).expect("the fake reads");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("the fake answers");
    assert!(answer.starts_with("HTTP/1.1 202"), "{answer}");
    until("the app is gone", || fly.inventory().apps.is_empty().then_some(()));
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
