//! A domain of the user's for a tenant at Fly: its certificate is asked for once, and pending as long as the DNS says nothing.

use std::collections::BTreeMap;

use serde_json::Value;
use systemprompt_fake_fly::{Dns, FakeFly, RateLimits, Rule, Settings};
use systemprompt_tests::Sandbox;

use super::faults::faults;
use super::{APP, CREATE, ID, ask_fly, counts, logged_in};
use crate::crash::strace;

const DOMAIN: &str = "shop.example.com";

fn create() -> String {
    format!("{CREATE} --domain {DOMAIN}")
}

fn calm() -> FakeFly {
    FakeFly::with(Settings { rate_limits: RateLimits::none(), ..Settings::default() }).expect("a port is free")
}

fn certificates(fly: &FakeFly) -> Vec<(String, String, &'static str)> {
    fly.inventory().certificates.into_iter().map(|one| (one.app, one.hostname, one.status)).collect()
}

fn records(sandbox: &Sandbox) -> Vec<(String, String)> {
    let shown = sandbox.say("cloud tenant show my-project-prod --json").ok().data();
    let text = |record: &Value, field: &str| record[field].as_str().expect("it is text").to_owned();
    let records = shown["resources"]["certificate"]["records"].as_array().cloned().unwrap_or_default();
    records.iter().map(|record| (text(record, "type"), text(record, "name"))).collect()
}

#[test]
fn a_certificate_is_asked_for_and_it_is_said_what_the_dns_has_to_say() {
    let fly = calm();
    let sandbox = logged_in(&fly);
    let created = sandbox.say(&create()).ok();
    let pending = (APP.to_owned(), DOMAIN.to_owned(), "pending_validation");
    assert_eq!(certificates(&fly), std::slice::from_ref(&pending), "a creation does not wait for it");
    let addresses: Vec<_> = fly.inventory().ips.into_iter().map(|address| address.ip).collect();
    let shown = sandbox.say("cloud tenant show my-project-prod").ok();
    for output in [&created, &shown] {
        let says = [DOMAIN, "_acme-challenge.shop.example.com", "cloud tenant status my-project-prod"];
        for part in says.into_iter().chain(addresses.iter().map(String::as_str)) {
            assert!(output.stdout.contains(part), "{part}: {}", output.whole());
        }
    }
    let expected = [
        ("A", DOMAIN),
        ("AAAA", DOMAIN),
        ("CNAME", "_acme-challenge.shop.example.com"),
        ("TXT", "_fly-ownership.shop.example.com"),
    ];
    assert_eq!(records(&sandbox), expected.map(|(kind, name)| (kind.to_owned(), name.to_owned())));

    let status = sandbox.say("cloud tenant status my-project-prod").ok();
    assert!(
        status.stdout.contains("pending_validation") && status.stdout.contains(&addresses[0]),
        "{}",
        status.whole()
    );
    fly.dns(DOMAIN, Dns::Right);
    assert_eq!(ask_fly(&fly, "POST", &format!("/v1/apps/{APP}/certificates/{DOMAIN}/check"), "{}"), 200);
    let status = sandbox.say("cloud tenant status my-project-prod").ok();
    assert!(status.stdout.contains("`shop.example.com`, active"), "{}", status.whole());
    assert!(!status.stdout.contains(&addresses[0]), "nothing is to be done: {}", status.whole());

    let plan = sandbox.say("cloud tenant delete my-project-prod --plan").ok();
    assert!(plan.stdout.contains("certificate for `shop.example.com`"), "{}", plan.whole());
    sandbox.say("cloud tenant delete my-project-prod -y").ok();
    assert_eq!((counts(&fly.inventory()), certificates(&fly)), ([0, 0, 0, 0], vec![]));
}

#[test]
fn a_certificate_goes_with_a_cancelled_tenant() {
    let fly = calm();
    let sandbox = logged_in(&fly);
    sandbox.say(&create()).ok();
    sandbox.say("cloud tenant cancel my-project-prod -y").ok();
    assert_eq!(certificates(&fly), vec![]);
    assert_eq!(records(&sandbox), vec![], "what is gone is not shown");
}

#[test]
fn a_domain_that_another_app_has_is_said_to_be_taken_and_left_to_it() {
    let fly = calm();
    let sandbox = logged_in(&fly);
    assert_eq!(ask_fly(&fly, "POST", "/v1/apps?wait=true", r#"{"name":"others","org_slug":"acme"}"#), 201);
    let body = format!(r#"{{"hostname":"{DOMAIN}"}}"#);
    assert_eq!(ask_fly(&fly, "POST", "/v1/apps/others/certificates/acme", &body), 201);
    let refused = sandbox.say(&create()).exits(4);
    assert!(refused.stderr.contains("fly certs list"), "{}", refused.whole());
    assert_eq!(certificates(&fly), [("others".to_owned(), DOMAIN.to_owned(), "pending_validation")]);
    assert_eq!(fly.inventory().apps.len(), 1, "all that was made for it is undone");
}

#[test]
fn what_is_no_domain_is_refused_before_anything_is_asked_for_and_so_is_one_for_a_local_tenant() {
    let fly = calm();
    let sandbox = logged_in(&fly);
    let asked = fly.requests().len();
    for domain in ["example", "*.example.com", "192.0.2.1", "https://example.com"] {
        let refused = sandbox.say(&format!("{CREATE} --domain {domain} --json")).exits(2);
        assert_eq!(refused.error_code(), "bad-config", "{}", refused.whole());
    }
    let local = sandbox.say("cloud tenant create --type local --provider native --name here --domain a.example --json");
    assert_eq!(local.exits(2).error_code(), "bad-config");
    let twice = sandbox.say(&format!("{} --config domain=b.example --json", create())).exits(2);
    assert_eq!(twice.error_code(), "config-twice");
    assert_eq!(fly.requests().len(), asked, "Fly was asked");
}

/// The requests for the certificate are the last ones of a creation; those before them fail elsewhere.
#[test]
fn whichever_request_for_a_certificate_fails_there_is_one_in_the_end_or_nothing() {
    let (undisturbed, mut ends) = (calm(), BTreeMap::<bool, u32>::new());
    let sandbox = logged_in(&undisturbed);
    let before = undisturbed.requests().len();
    sandbox.say(&create()).ok();
    let requests = undisturbed.requests();
    let first =
        requests[before..].iter().position(|request| request.path.contains("/certificates")).expect("it was asked");
    for number in first..requests.len() - before {
        for (name, fault) in faults() {
            let fly = calm();
            let sandbox = logged_in(&fly);
            fly.fail(Rule::number((fly.requests().len() + number + 1) as u64, fault));
            let output = sandbox.say(&create());
            let about = format!("request {number}, {name}: {}", output.whole());
            let is_made = output.code == 0;
            assert!(is_made || [4, 5, 6].contains(&output.code), "{about}");
            assert_eq!(certificates(&fly).len(), usize::from(is_made), "{about}");
            assert_eq!(counts(&fly.inventory()), if is_made { [1, 1, 1, 2] } else { [0, 0, 0, 0] }, "{about}");
            *ends.entry(is_made).or_default() += 1;
        }
    }
    println!("certificates of which one request failed, by whether there is one then: {ends:?}");
    assert!(ends[&true] > ends.get(&false).copied().unwrap_or_default(), "what passes is waited for");
}

#[test]
fn a_creation_that_is_killed_around_its_certificate_ends_with_one() {
    let name = "a_creation_that_is_killed_around_its_certificate_ends_with_one";
    if !strace::is_here(name) {
        return;
    }
    let line = create();
    let words: Vec<&str> = line.split_whitespace().collect();
    let fly = calm();
    let undisturbed = logged_in(&fly);
    let commits = strace::commits(&undisturbed, &undisturbed.project(), &words);
    // The step is the last one: its beginning and its end are recorded, and then the end of the operation.
    let last = commits.len().checked_sub(4).expect("a creation has many");
    for (number, commit) in commits.iter().enumerate().skip(last) {
        for (side, call) in [("before", &commit.before), ("after", &commit.after)] {
            let fly = calm();
            let sandbox = logged_in(&fly);
            let killed = strace::disturb(&sandbox, &sandbox.project(), &words, call, "signal=KILL");
            let edge = format!("killed {side} commit {} of {}", number + 1, commits.len());
            assert_eq!(killed.code, 128 + 9, "{edge}: {}", killed.whole());
            strace::create_on(&sandbox, &line, ID, side == "before", &edge);
            assert_eq!(certificates(&fly), [(APP.to_owned(), DOMAIN.to_owned(), "pending_validation")], "{edge}");
            assert_eq!(records(&sandbox).len(), 4, "{edge}");
        }
    }
}
