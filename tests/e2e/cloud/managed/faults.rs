//! Every request of what is done with a managed database fails in many ways: there is never a second cluster, and never a
//! password that the record does not know.

use serde_json::Value;
use systemprompt_tests::Sandbox;

use super::{ALL, ROTATE, agrees, create, is_whole, made, made_fast, psql};
use crate::cloud::faults::changes::{End, end};
use crate::cloud::faults::{each, faults, requests, some_creations};
use crate::cloud::{APP, password};

/// Those before and after are any creation's: who asks, and the addresses.
const FIRST: u64 = 2;
const AFTER: u64 = 4;

#[test]
fn whichever_of_the_first_requests_of_a_creation_fails_there_is_one_cluster_or_nothing() {
    println!("{}", some_creations(&create(), ALL, FIRST..=half()));
}

#[test]
fn whichever_of_the_last_requests_of_a_creation_fails_there_is_one_cluster_or_nothing() {
    println!("{}", some_creations(&create(), ALL, half() + 1..=requests(&create()) - AFTER));
}

/// Each half takes a minute or two.
fn half() -> u64 {
    (requests(&create()) - AFTER) / 2
}

#[test]
fn whichever_request_of_a_rotation_fails_cluster_and_record_agree_in_the_end() {
    let (fly, sandbox) = made_fast();
    let before = fly.requests().len();
    sandbox.say(ROTATE).ok();
    let requests = (fly.requests().len() - before) as u64;
    let (mut runs, mut done) = (0, 0);
    for number in 1..=requests {
        for (_, fault) in faults() {
            let old = password(&sandbox);
            let (end, about) = end(&fly, &sandbox, ROTATE, number, &fault);
            assert!(is_whole(&fly) && agrees(&fly, &sandbox), "{about}");
            let is_new = password(&sandbox) != old;
            assert!(end == End::Resumed || is_new == (end == End::Done), "{about}");
            assert_eq!(fly.takes_password(APP, &old), !is_new, "{about}");
            assert_eq!(psql(&sandbox).ok().stdout.trim(), "1", "{about}");
            (runs, done) = (runs + 1, done + u32::from(end == End::Done));
        }
    }
    println!("rotations of a managed database of which one request failed, {runs} times: {done} done at once");
    assert!(2 * done > runs, "what passes is waited for");
    sandbox.say("history verify").ok();
}

/// Removes tenants, each time with another failure.
fn removals(line: &str, judge: impl Fn(&Sandbox, End, &str) + Sync) -> String {
    let (fly, sandbox) = made();
    let before = fly.requests().len();
    sandbox.say(line).ok();
    let requests = (fly.requests().len() - before) as u64;
    let ends = each(1..=requests, |number, _, fault| {
        let (fly, sandbox) = made_fast();
        let (end, about) = end(&fly, &sandbox, line, number, fault);
        let is_as_it_was = is_whole(&fly);
        assert!(
            if end == End::Undone { is_as_it_was } else { fly.inventory().is_empty() },
            "{about}\n{:?}",
            fly.inventory()
        );
        judge(&sandbox, end, &about);
        end
    });
    let (runs, done) = (ends.len(), ends.iter().filter(|end| **end == End::Done).count());
    assert!(2 * done > runs, "what passes is waited for");
    format!("`{line}` of a managed database, of which one request failed, {runs} times: {done} done at once")
}

#[test]
fn whichever_request_of_a_cancellation_fails_all_is_there_or_nothing_but_the_record() {
    println!(
        "{}",
        removals("cloud tenant cancel my-project-prod -y", |sandbox, end, about| {
            let list = sandbox.say("cloud tenant list --json").ok().data();
            let state = if end == End::Undone { "ready" } else { "cancelled" };
            assert_eq!(list["tenants"][0]["state"], state, "{about}");
        })
    );
}

#[test]
fn whichever_request_of_a_deletion_fails_all_is_there_or_nothing() {
    println!(
        "{}",
        removals("cloud tenant delete my-project-prod -y", |sandbox, end, about| {
            let total: Value = sandbox.say("cloud tenant list --json").ok().data()["total"].clone();
            assert_eq!(total, u64::from(end == End::Undone), "{about}");
        })
    );
}
