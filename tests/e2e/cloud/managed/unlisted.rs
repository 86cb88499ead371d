//! A cluster that Fly has made and does not list yet, and whose answer is lost: it is waited for, and not made twice.

use std::time::Duration;

use systemprompt_fake_fly::{Delays, FakeFly, Fault, RateLimits, Rule, Settings};

use super::{create, is_whole};
use crate::cloud::logged_in;

#[test]
fn a_cluster_whose_answer_was_lost_and_that_is_listed_late_is_not_made_twice() {
    let delays = Delays { managed_listed: Duration::from_secs(2), ..Delays::default() };
    let settings = Settings { delays, rate_limits: RateLimits::none(), ..Settings::default() };
    let fly = FakeFly::with(settings).expect("a port is free");
    let sandbox = logged_in(&fly);
    fly.fail(Rule::next("POST", "/v1/postgres", Fault::StatusAfterCommit(502)));
    sandbox.say(&create()).ok();
    let asked = fly.requests().iter().filter(|request| request.line() == "POST /v1/postgres").count();
    assert!(asked == 1 && is_whole(&fly), "asked {asked} times: {:?}", fly.inventory());
    sandbox.say("cloud tenant delete my-project-prod -y").ok();
    assert!(fly.inventory().is_empty(), "{:?}", fly.inventory());
}
