//! `kill -9` at moments that nobody chose: what a command said that it did is in the log, and nothing is half there.

use std::time::Duration;

use systemprompt_tests::{Sandbox, seed};

use super::writer::{TENANTS, Writer, logged, next};

/// Each takes a tenth of a second; `SYSTEMPROMPT_TEST_ROUNDS` asks for another number.
const ROUNDS: u32 = 50;
/// The moments of later rounds come again.
const MOMENTS: u32 = 100;

#[test]
fn what_was_acknowledged_is_in_the_log_whenever_its_writer_is_killed() {
    let sandbox = Sandbox::with_registry(seed::REGISTRY);
    sandbox.say("cloud tenant select my-project").ok();
    let mut before = vec![TENANTS[0].to_owned()];
    let asked = std::env::var("SYSTEMPROMPT_TEST_ROUNDS").map(|asked| asked.parse().expect("a number of rounds"));
    let rounds = asked.unwrap_or(ROUNDS);
    for round in 0..rounds {
        let time = Duration::from_micros(u64::from(round % MOMENTS) * 1_700);
        let said = Writer::start(&sandbox, next(&before)).stopped_after(time, || ());
        let acknowledged = [before, said].concat();
        before = logged(&sandbox);
        let unsaid = before.strip_prefix(acknowledged.as_slice());
        // One may be on the disk whose command was killed before it could say so.
        assert!(unsaid.is_some_and(|unsaid| unsaid.len() < 2), "round {round}: {acknowledged:?} and {before:?}");
        sandbox.say("history verify").ok();
    }
    assert!(before.len() > rounds as usize, "{} events", before.len());
}
