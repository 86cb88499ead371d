//! Passwords with characters that no template has room for: Fly may make such, and is asked for others.

use systemprompt_fake_fly::{FakeFly, Request};
use systemprompt_tests::Sandbox;

use super::{ROTATE, agrees, create, is_whole, made_fast, psql};
use crate::cloud::{APP, ID, logged_in, password, url};

/// None of them can be kept.
const UNFIT: [&str; 5] = ["of/base+64==", "with@and:in-it", "with a blank", "percent%2Fpercent", "quote\"quote"];

fn rotations(fly: &FakeFly) -> usize {
    let lines = fly.requests().into_iter().map(|request: Request| request.line());
    lines.filter(|line| line.starts_with("POST") && line.ends_with("/rotate_password")).count()
}

fn is_told_of(sandbox: &Sandbox, passwords: &[&str]) -> bool {
    let log = sandbox.say("history log --json --limit 500").ok().whole();
    passwords.iter().any(|password| log.contains(password))
}

#[test]
fn a_password_with_plus_and_equals_signs_is_taken_and_logs_in() {
    let fly = FakeFly::start();
    let sandbox = logged_in(&fly);
    fly.cluster_passwords(["a+b=c+d==", "e+f=g+h=="]);
    sandbox.say(&create()).ok();
    assert!(agrees(&fly, &sandbox) && url(&sandbox).starts_with("postgres://fly-user:a+b=c+d==@"), "{}", url(&sandbox));
    sandbox.say(ROTATE).ok();
    assert!(agrees(&fly, &sandbox) && password(&sandbox) == "e+f=g+h==", "{}", url(&sandbox));
    assert_eq!(psql(&sandbox).ok().stdout.trim(), "1");
    assert_eq!(rotations(&fly), 1);
}

#[test]
fn a_rotation_asks_fly_for_another_password_where_one_cannot_be_kept() {
    let (fly, sandbox) = made_fast();
    fly.cluster_passwords([UNFIT[0], UNFIT[1], "one-that-fits"]);
    let said = sandbox.say(ROTATE).ok();
    assert!(agrees(&fly, &sandbox) && password(&sandbox) == "one-that-fits");
    assert_eq!(rotations(&fly), 3);
    assert_eq!(psql(&sandbox).ok().stdout.trim(), "1");
    assert!(!is_told_of(&sandbox, &UNFIT) && !said.whole().contains(UNFIT[0]), "{}", said.whole());
}

#[test]
fn a_rotation_without_a_password_that_can_be_kept_says_what_to_do_and_ends_when_it_is_resumed() {
    let (fly, sandbox) = made_fast();
    let old = password(&sandbox);
    fly.cluster_passwords(UNFIT);
    let stuck = sandbox.say(ROTATE).exits(7);
    for says in ["cannot be kept as a secret", "5 passwords", "the old one is refused by now", "cloud tenant resume"] {
        assert!(stuck.stderr.contains(says), "{says}: {}", stuck.whole());
    }
    assert_eq!(rotations(&fly), 5);
    assert!(!fly.takes_password(APP, &old) && password(&sandbox) == old, "the record has none that is not known");
    assert!(UNFIT.iter().all(|unfit| !stuck.whole().contains(unfit)) && !is_told_of(&sandbox, &UNFIT));
    sandbox.say(&format!("cloud tenant resume {ID}")).ok();
    assert!(agrees(&fly, &sandbox));
    assert_eq!((rotations(&fly), psql(&sandbox).ok().stdout.trim()), (6, "1"));
    sandbox.say("history verify").ok();
}

#[test]
fn a_creation_with_a_password_that_cannot_be_kept_leaves_nothing_and_works_when_it_is_asked_for_again() {
    let fly = FakeFly::start();
    let sandbox = logged_in(&fly);
    fly.cluster_passwords([UNFIT[0]]);
    let failed = sandbox.say(&format!("{} --json", create()));
    assert_eq!(failed.error_code(), "http-capture-unfit", "{}", failed.whole());
    assert!(failed.whole().contains("type the same again") && !failed.whole().contains(UNFIT[0]), "{}", failed.whole());
    assert!(fly.inventory().is_empty(), "{:?}", fly.inventory());
    sandbox.say("cloud tenant create --region iad --name second --config database=managed").ok();
    assert!(is_whole(&fly));
}
