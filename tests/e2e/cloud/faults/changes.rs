//! The same for what is done with a tenant that is there: rotating its password, opening and closing its database,
//! cancelling and deleting it.

use std::collections::BTreeMap;

use systemprompt_fake_fly::{FakeFly, Fault, Rule};
use systemprompt_tests::Sandbox;

use super::{each, faults};
use crate::cloud::{APP, ID, access, agree_on_password, counts, password, with_tenant, with_tenant_at};

const ALL: [usize; 4] = [1, 1, 1, 2];
const NOTHING: [usize; 4] = [0, 0, 0, 0];
const ROTATE: &str = "cloud tenant rotate-credentials my-project-prod -y";
const CANCEL: &str = "cloud tenant cancel my-project-prod -y";
const DELETE: &str = "cloud tenant delete my-project-prod -y";

/// How it ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::cloud) enum End {
    Done,
    Undone,
    Resumed,
}

/// Requests that an undisturbed run sends.
fn requests(line: &str) -> u64 {
    let (fly, sandbox) = with_tenant();
    let before = fly.requests().len();
    sandbox.say(line).ok();
    (fly.requests().len() - before) as u64
}

/// One run, of which one request fails; what was left unfinished is gone on with, as it was said.
pub(in crate::cloud) fn end(fly: &FakeFly, sandbox: &Sandbox, line: &str, number: u64, fault: &Fault) -> (End, String) {
    fly.fail(Rule::number(fly.requests().len() as u64 + number, fault.clone()));
    let output = sandbox.say(line);
    let about = format!("request {number}, {fault:?}\n{}", output.whole());
    let end = match output.code {
        0 => End::Done,
        7 => {
            let resume = format!("cloud tenant resume {ID}");
            assert!(output.stderr.contains(&resume), "it is not said how to go on: {about}");
            // Where it was being undone, that ends as the failure that it is.
            let code = sandbox.say(&resume).code;
            assert!([0, 1, 4, 6].contains(&code), "{code} after {about}");
            End::Resumed
        }
        code => {
            assert!([1, 4, 5, 6].contains(&code), "{about}");
            End::Undone
        }
    };
    fly.heal();
    assert_eq!(sandbox.say("cloud tenant list").ok().stderr, "", "an operation was left: {about}");
    (end, about)
}

/// Goes through all requests and faults; says how often it ended how.
fn matrix(line: &str, judge: impl Fn(&FakeFly, &Sandbox, End, &str) + Sync) -> String {
    let mut ends: BTreeMap<End, u32> = BTreeMap::new();
    let found = each(1..=requests(line), |number, _, fault| {
        let (fly, sandbox) = with_tenant();
        let (end, about) = end(&fly, &sandbox, line, number, fault);
        judge(&fly, &sandbox, end, &about);
        end
    });
    for end in found {
        *ends.entry(end).or_default() += 1;
    }
    assert!(ends.contains_key(&End::Done), "what passes is waited for");
    format!("`{line}`, of which one request failed, {} times: {ends:?}", ends.values().sum::<u32>())
}

#[test]
fn whichever_request_of_a_rotation_fails_everybody_agrees_on_one_password_in_the_end() {
    let mut ends: BTreeMap<End, u32> = BTreeMap::new();
    // One tenant for all: each run begins where the last one ended.
    let (fly, sandbox) = with_tenant();
    for number in 1..=requests(ROTATE) {
        for (_, fault) in faults() {
            let old = password(&sandbox);
            let (end, about) = end(&fly, &sandbox, ROTATE, number, &fault);
            assert_eq!(counts(&fly.inventory()), ALL, "{about}");
            assert!(agree_on_password(&fly, &sandbox), "{about}");
            let is_new = password(&sandbox) != old;
            assert!(end == End::Resumed || is_new == (end == End::Done), "{about}");
            assert_eq!(fly.takes_password(APP, &old), !is_new, "{about}");
            *ends.entry(end).or_default() += 1;
        }
    }
    println!("rotations of which one request failed, {} times: {ends:?}", ends.values().sum::<u32>());
    assert!(ends[&End::Done] > ends.get(&End::Undone).copied().unwrap_or_default(), "what passes is waited for");
    sandbox.say("history verify").ok();
}

/// Faster than a lease that nobody was told of is waited for.
pub(in crate::cloud) const SPEED: f64 = 20.0;

/// Opens or closes the database again and again, each time with another failure; says how often it ended how.
fn doors(line: &str, back: &str, opens: bool) -> String {
    let mut ends: BTreeMap<End, u32> = BTreeMap::new();
    let (fly, sandbox) = with_tenant_at(SPEED);
    if !opens {
        sandbox.say(back).ok();
    }
    let before = fly.requests().len();
    sandbox.say(line).ok();
    let requests = (fly.requests().len() - before) as u64;
    sandbox.say(back).ok();
    for number in 1..=requests {
        for (_, fault) in faults() {
            let (end, about) = end(&fly, &sandbox, line, number, &fault);
            let is_done = access::is_settled(&fly, &sandbox, opens);
            assert!(is_done || access::is_settled(&fly, &sandbox, !opens), "{about}\n{:?}", fly.inventory());
            assert!(end == End::Resumed || is_done == (end == End::Done), "{about}");
            assert!(agree_on_password(&fly, &sandbox), "{about}");
            if is_done {
                sandbox.say(back).ok();
            }
            *ends.entry(end).or_default() += 1;
        }
    }
    sandbox.say("history verify").ok();
    format!("`{line}`, of which one request failed, {} times: {ends:?}", ends.values().sum::<u32>())
}

#[test]
fn whichever_request_of_an_opening_fails_the_database_is_open_or_closed_and_said_to_be() {
    println!("{}", doors(access::OPEN, access::CLOSE, true));
}

#[test]
fn whichever_request_of_a_closing_fails_the_database_is_open_or_closed_and_said_to_be() {
    println!("{}", doors(access::CLOSE, access::OPEN, false));
}

#[test]
fn whichever_request_of_a_cancellation_fails_all_is_there_or_nothing_but_the_record() {
    let ends = matrix(CANCEL, |fly, sandbox, end, about| {
        let list = sandbox.say("cloud tenant list --json").ok().data();
        let (there, state) = if end == End::Undone { (ALL, "ready") } else { (NOTHING, "cancelled") };
        assert_eq!((counts(&fly.inventory()), &list["tenants"][0]["state"]), (there, &state.into()), "{about}");
    });
    println!("{ends}");
}

#[test]
fn whichever_request_of_a_deletion_fails_all_is_there_or_nothing() {
    let ends = matrix(DELETE, |fly, sandbox, end, about| {
        let (there, tenants) = if end == End::Undone { (ALL, 1) } else { (NOTHING, 0) };
        let total = sandbox.say("cloud tenant list --json").ok().data()["total"].clone();
        assert_eq!((counts(&fly.inventory()), total), (there, tenants.into()), "{about}");
    });
    println!("{ends}");
}
