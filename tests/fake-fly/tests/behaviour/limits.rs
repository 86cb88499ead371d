//! Rate limits: how often, on what, and when to come back.

use std::time::Duration;

use serde_json::json;
use systemprompt_fake_fly::{FakeFly, RateLimits, RetryAfter, Settings};

use crate::client::{Client, Reply, machine, postgres};

fn limited(retry_after: RetryAfter) -> (FakeFly, Client) {
    let rate_limits = RateLimits { retry_after, ..RateLimits::default() };
    let fly = FakeFly::with(Settings { speed: 0.0, rate_limits, ..Settings::default() }).unwrap();
    let client = Client::of(&fly);
    client.create_app("sp-1");
    (fly, client)
}

fn statuses(count: usize, ask: impl Fn() -> Reply) -> Vec<u16> {
    (0..count).map(|_| ask().status).collect()
}

#[test]
fn an_action_on_an_app_can_be_had_three_times_at_once_and_then_once_a_second() {
    let (fly, client) = limited(RetryAfter::Absent);
    let ask = || client.get("/v1/apps/sp-1/secrets");
    assert_eq!(statuses(4, ask), [200, 200, 200, 429]);
    assert_eq!(ask().error(), "rate limit exceeded");
    fly.clock().advance(Duration::from_secs(1));
    assert_eq!(statuses(2, ask), [200, 429]);
}

#[test]
fn each_action_and_each_app_has_its_own_limit() {
    let (_fly, client) = limited(RetryAfter::Absent);
    client.create_app("sp-2");
    assert_eq!(statuses(4, || client.get("/v1/apps/sp-1/volumes")), [200, 200, 200, 429]);
    assert_eq!(client.get("/v1/apps/sp-2/volumes").status, 200);
    assert_eq!(client.get("/v1/apps/sp-1/secrets").status, 200);
}

#[test]
fn a_machine_can_be_read_more_often() {
    let (_fly, client) = limited(RetryAfter::Absent);
    let id = client.create_machine("sp-1", postgres());
    let read = statuses(11, || client.get(&machine("sp-1", &id)));
    assert_eq!(read.iter().filter(|status| **status == 200).count(), 10);
    let stop = || client.post(&format!("{}/stop", machine("sp-1", &id)), json!({}));
    assert_eq!(statuses(4, stop), [200, 200, 200, 429]);
}

#[test]
fn a_limit_can_say_when_to_come_back_in_seconds_or_as_a_date() {
    let header = |retry_after| {
        let (_fly, client) = limited(retry_after);
        let ask = || client.get("/v1/apps/sp-1/secrets");
        statuses(3, ask);
        ask().header("retry-after").map(str::to_owned)
    };
    assert_eq!(header(RetryAfter::Absent), None);
    assert_eq!(header(RetryAfter::Seconds(2)).as_deref(), Some("2"));
    let date = header(RetryAfter::HttpDate(2)).unwrap();
    assert!(date.ends_with(" GMT") && date.contains(", "), "{date}");
}
