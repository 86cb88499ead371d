//! Requests that fail as a script says, and what they did all the same.

use std::time::Duration;

use serde_json::json;
use systemprompt_fake_fly::{FakeFly, Fault, RetryAfter, Rule, Settings};

use crate::client::{Client, Reply, postgres, still};

const MACHINES: &str = "/v1/apps/sp-1/machines";

/// How long the client waits for what never comes.
const SHORT: Duration = Duration::from_millis(100);

/// Creates a machine while that request fails: what the client sees, and how many machines there are.
fn create(fault: Fault) -> (Result<Reply, ureq::Error>, usize) {
    let fly = still();
    Client::of(&fly).create_app("sp-1");
    fly.fail(Rule::next("POST", "/v1/apps/*/machines", fault));
    let body = json!({ "config": postgres() }).to_string();
    let reply = Client::patient(&fly, SHORT).ask("POST", MACHINES, Some(&body));
    (reply, fly.inventory().machines.len())
}

#[test]
fn every_fault_does_what_was_asked_or_not_as_it_says_and_is_never_a_success() {
    for (name, fault) in Fault::all() {
        let (reply, machines) = create(fault.clone());
        assert_eq!(machines, usize::from(fault.commits()), "{name}");
        let looks_right = reply.is_ok_and(|reply| reply.status == 200 && reply.body["id"].is_string());
        assert!(!looks_right, "{name}");
    }
}

#[test]
fn a_connection_is_closed_without_an_answer() {
    for fault in [Fault::Refused, Fault::DroppedAfterCommit] {
        let (reply, _) = create(fault.clone());
        let error = reply.expect_err("there is no answer");
        assert!(!matches!(error, ureq::Error::Timeout(_)), "{fault:?}: {error}");
    }
}

#[test]
fn an_answer_never_comes() {
    for fault in [Fault::Timeout, Fault::TimeoutAfterCommit, Fault::SlowBody { pause_ms: 1000 }] {
        let (reply, _) = create(fault.clone());
        let error = reply.expect_err("there is no whole answer");
        assert!(matches!(error, ureq::Error::Timeout(_)), "{fault:?}: {error}");
    }
}

#[test]
fn a_proxy_answers_in_html_and_the_api_in_json() {
    for status in [408, 409, 422, 429, 500] {
        let reply = create(Fault::Status(status)).0.unwrap();
        assert_eq!(reply.status, status);
        assert!(reply.body["error"].is_string(), "{reply:?}");
    }
    for fault in [Fault::Status(502), Fault::StatusAfterCommit(502), Fault::Status(503)] {
        let reply = create(fault).0.unwrap();
        assert_eq!(reply.header("content-type"), Some("text/html"));
        assert!(reply.text.starts_with("<html>"), "{reply:?}");
    }
}

#[test]
fn a_refusal_is_answered_word_for_word() {
    let code = Some("insufficient_capacity".to_owned());
    let reply = create(Fault::Refusal { status: 422, error: "no room".to_owned(), code }).0.unwrap();
    assert_eq!(reply.body, json!({ "error": "no room", "status": "insufficient_capacity" }));
    let reply = create(Fault::RateLimited { retry_after: RetryAfter::Seconds(7) }).0.unwrap();
    assert_eq!((reply.status, reply.header("retry-after")), (429, Some("7")));
}

#[test]
fn a_slow_body_is_whole_when_one_waits() {
    let fly = still();
    let client = Client::of(&fly);
    client.create_app("sp-1");
    fly.clock().set_speed(1000.0);
    fly.fail(Rule::next("GET", "/v1/apps/*", Fault::SlowBody { pause_ms: 500 }));
    assert_eq!(client.get("/v1/apps/sp-1").body["name"], "sp-1");
}

#[test]
fn a_huge_body_is_longer_than_one_wants_to_read() {
    let fly = still();
    fly.fail(Rule::number(1, Fault::HugeBody { bytes: 1024 * 1024 }));
    let reply = Client::of(&fly).get("/v1/tokens/current");
    assert!(reply.text.len() >= 1024 * 1024);
    assert!(reply.body.is_null());
}

#[test]
fn json_breaks_off_or_has_another_shape() {
    let cut = create(Fault::WrongJson).0.unwrap();
    assert!(cut.text.starts_with('{') && cut.body.is_null(), "{cut:?}");
    let other = create(Fault::WrongShape).0.unwrap();
    assert!(other.body.is_array(), "{other:?}");
}

#[test]
fn a_request_is_chosen_by_its_number() {
    let fly = FakeFly::with(Settings { faults: vec![Rule::number(2, Fault::Status(500))], ..Settings::default() });
    let fly = fly.unwrap();
    let client = Client::of(&fly);
    let statuses: Vec<_> = (0..3).map(|_| client.get("/v1/tokens/current").status).collect();
    assert_eq!(statuses, [200, 500, 200]);
    let requests = fly.requests();
    assert_eq!(requests[1].fault, Some(Fault::Status(500)));
    assert_eq!(requests.iter().map(|one| one.status).collect::<Vec<_>>(), [Some(200), Some(500), Some(200)]);
}

#[test]
fn a_script_can_be_taken_back() {
    let fly = still();
    fly.fail(Rule::next("GET", "/v1/tokens/current", Fault::Status(500)).times(9));
    let client = Client::of(&fly);
    assert_eq!(client.get("/v1/tokens/current").status, 500);
    fly.heal();
    assert_eq!(client.get("/v1/tokens/current").status, 200);
}

#[test]
fn every_answer_has_an_id_and_the_record_knows_it() {
    let fly = still();
    let client = Client::of(&fly);
    fly.fail(Rule::number(3, Fault::Status(502)));
    let replies = [
        client.create_app("sp-1"),
        client.get("/v1/apps/nowhere"),
        client.get("/v1/tokens/current"),
        client.get("/v1/not/modelled"),
        client.send("PUT", "/v1/apps", json!({})),
    ];
    assert_eq!(replies.each_ref().map(|reply| reply.status), [201, 404, 502, 501, 501]);
    for (reply, request) in replies.iter().zip(fly.requests()) {
        assert_eq!(reply.header("fly-request-id"), Some(request.id.as_str()));
    }
}

#[test]
fn every_request_is_kept_as_it_came() {
    let fly = still();
    let client = Client::of(&fly);
    client.create_app("sp-1");
    let request = fly.requests().remove(0);
    assert_eq!((request.number, request.line()), (1, "POST /v1/apps".to_owned()));
    assert_eq!(request.query.as_deref(), Some("wait=true"));
    assert_eq!(request.header("authorization"), Some(client.token.as_str()));
    assert_eq!(request.json()["name"], "sp-1");
}

#[test]
fn a_fake_that_is_dropped_is_gone() {
    let fly = FakeFly::start();
    let client = Client::of(&fly);
    drop(fly);
    client.ask("GET", "/v1/tokens/current", None).expect_err("nobody listens");
}
