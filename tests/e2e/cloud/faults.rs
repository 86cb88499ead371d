//! Every request of an operation fails in many ways: in the end it is done, or undone, or can be gone on with. Nothing is
//! there twice, and nothing is left that belongs to nobody.

pub(in crate::cloud) mod changes;
mod migrations;

use std::ops::RangeInclusive;
use std::sync::Mutex;
use std::{panic, thread};

use systemprompt_fake_fly::{FakeFly, Fault, RetryAfter, Rule};

use super::{CREATE, counts, logged_in};

/// Tenants that are tried at the same time.
const AT_ONCE: usize = 4;

/// What can go wrong at once, and a body that comes slowly and in time. What does not come in time is tried in the provider's own
/// tests, where time is not real.
pub(in crate::cloud) fn faults() -> Vec<(&'static str, Fault)> {
    let kinds = [
        "refused",
        "dropped after commit",
        "408 after commit",
        "409",
        "422",
        "429",
        "500",
        "502 after commit",
        "huge body",
        "wrong JSON",
    ];
    let mut chosen = Fault::all().into_iter().filter(|(name, _)| kinds.contains(name)).collect::<Vec<_>>();
    assert_eq!(chosen.len(), kinds.len(), "a kind of fault has another name now");
    chosen.push(("slow body", Fault::SlowBody { pause_ms: 1 }));
    chosen
}

/// Requests that an undisturbed creation sends.
pub(in crate::cloud) fn requests(line: &str) -> u64 {
    let fly = FakeFly::start();
    let sandbox = logged_in(&fly);
    let before = fly.requests().len();
    sandbox.say(line).ok();
    (fly.requests().len() - before) as u64
}

/// One creation of so much, of which one request fails: whether it was made, or undone without a trace.
fn outcome(line: &str, whole: [usize; 4], number: u64, name: &str, fault: &Fault) -> bool {
    let fly = FakeFly::start();
    let sandbox = logged_in(&fly);
    fly.fail(Rule::number(fly.requests().len() as u64 + number, fault.clone()));
    let output = sandbox.say(line);
    let found = counts(&fly.inventory());
    let clusters = fly.inventory().clusters.len();
    let about = format!("request {number}, {name}: {found:?}\n{}", output.whole());
    let is_made = output.code == 0;
    assert_eq!(found, if is_made { whole } else { [0, 0, 0, 0] }, "{about}");
    assert_eq!(clusters, usize::from(is_made && line.contains("database=managed")), "{about}");
    assert!(is_made || [4, 5, 6].contains(&output.code), "{about}");
    let tenants = sandbox.say("cloud tenant list --json").ok().data()["total"].clone();
    assert_eq!(tenants, u64::from(is_made), "{about}");
    is_made
}

/// Tries each fault of each of these requests, some at once: most of the time is spent in waiting.
pub(in crate::cloud) fn each<T: Send>(
    numbers: RangeInclusive<u64>,
    try_one: impl Fn(u64, &'static str, &Fault) -> T + Sync,
) -> Vec<T> {
    let cases = numbers.flat_map(|number| faults().into_iter().map(move |(name, fault)| (number, name, fault)));
    let cases = Mutex::new(cases);
    let next = || cases.lock().expect("no thread panics while it takes a case").next();
    let work = || {
        let mut outcomes = Vec::new();
        while let Some((number, name, fault)) = next() {
            outcomes.push(try_one(number, name, &fault));
        }
        outcomes
    };
    thread::scope(|scope| {
        let threads: Vec<_> = (0..AT_ONCE).map(|_| scope.spawn(work)).collect();
        let outcomes = threads.into_iter().map(|thread| thread.join().unwrap_or_else(|why| panic::resume_unwind(why)));
        outcomes.flatten().collect()
    })
}

/// Goes through all requests of a creation, from one on, and all faults; says how it ended.
pub(in crate::cloud) fn creations(line: &str, whole: [usize; 4], from: u64) -> String {
    some_creations(line, whole, from..=requests(line))
}

/// The same for some of the requests.
pub(in crate::cloud) fn some_creations(line: &str, whole: [usize; 4], numbers: RangeInclusive<u64>) -> String {
    let outcomes = each(numbers, |number, name, fault| outcome(line, whole, number, name, fault));
    let made = outcomes.iter().filter(|is_made| **is_made).count();
    assert!(2 * made > outcomes.len(), "what passes is waited for");
    format!("{} creations of which one request failed: {made} made, the others undone", outcomes.len())
}

#[test]
fn whichever_request_fails_and_however_there_is_one_of_each_in_the_end_or_nothing() {
    println!("{}", creations(CREATE, [1, 1, 1, 2], 1));
}

#[test]
fn what_fly_asks_for_is_waited_for() {
    let fly = FakeFly::start();
    let sandbox = logged_in(&fly);
    let fault = Fault::RateLimited { retry_after: RetryAfter::Seconds(1) };
    fly.fail(Rule::next("POST", "/v1/apps/*/volumes", fault));
    sandbox.say(CREATE).ok();
    let at: Vec<_> = fly
        .requests()
        .iter()
        .filter(|request| request.line().starts_with("POST") && request.path.ends_with("/volumes"))
        .map(|request| request.at)
        .collect();
    let [first, second] = at[..] else { panic!("the volume was asked for {} times", at.len()) };
    assert!((second - first).num_milliseconds() >= 1_000, "it was asked for again after {}", second - first);
    assert_eq!(counts(&fly.inventory()), [1, 1, 1, 2]);
}
