//! A machine that somebody gives another version while it is waited for: the one before never comes to any state, and the
//! new one is waited for in its place.

use std::thread;
use std::time::{Duration, Instant};

use systemprompt_fake_fly::{Delays, FakeFly, RateLimits, Request, Settings};
use systemprompt_tests::until;

use super::{APP, CREATE, ask_fly, counts, logged_in};

/// In Fly's time, which passes when the test says so.
const START: Duration = Duration::from_secs(30);

fn waits(fly: &FakeFly) -> Vec<Request> {
    fly.requests().into_iter().filter(|request| request.path.ends_with("/wait")).collect()
}

#[test]
fn a_machine_that_is_replaced_while_it_starts_is_waited_for_in_its_new_version() {
    let delays = Delays { machine_start: START, ..Delays::default() };
    let settings = Settings { delays, rate_limits: RateLimits::none(), ..Settings::default() };
    let fly = FakeFly::with(settings).expect("a port is free");
    let sandbox = logged_in(&fly);
    let begun = Instant::now();
    let create = thread::spawn(move || (sandbox.say(CREATE), sandbox));
    until("it waits for the machine", || (fly.waiting() == 1).then_some(()));
    let requests = fly.requests();
    let asked = requests.iter().find(|request| request.method == "POST" && request.path.ends_with("/machines"));
    let body = asked.expect("the machine was asked for").json();
    let path = format!("/v1/apps/{APP}/machines/{}", fly.inventory().machines[0].id);
    assert_eq!(ask_fly(&fly, "POST", &path, &body.to_string()), 200);
    until("it waits for the new one", || (waits(&fly).len() >= 2 && fly.waiting() == 1).then_some(()));
    fly.clock().advance(START);
    let (output, sandbox) = create.join().expect("no thread panics");
    output.ok();
    assert!(begun.elapsed() < Duration::from_mins(1), "it waited for what does not come: {:?}", begun.elapsed());
    assert_eq!(waits(&fly).iter().map(|request| request.status).collect::<Vec<_>>(), [Some(408), Some(200)]);
    assert_eq!(counts(&fly.inventory()), [1, 1, 1, 2]);
    sandbox.say("history verify").ok();
}
