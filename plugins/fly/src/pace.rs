//! How often Fly may be asked: of each action once a second, and three times in a row after a pause.

use std::collections::BTreeMap;
use std::time::Duration;

/// Requests that may follow each other at once.
const BURST: u64 = 3;
/// After which the next may follow.
const EACH_MS: u64 = 1_000;

/// When each action was asked for, as far as it still counts.
#[derive(Debug, Default)]
pub(crate) struct Pace(BTreeMap<String, Bucket>);

/// What is left of an action's burst, in thousandths of a request.
#[derive(Debug)]
struct Bucket {
    left: u64,
    at_ms: u64,
}

impl Pace {
    /// Takes one request of an action; answers how long to wait before it is sent.
    pub(crate) fn take(&mut self, action: &str, now_ms: u64) -> Duration {
        const FULL: u64 = BURST * EACH_MS;
        let bucket = self.0.entry(action.to_owned()).or_insert(Bucket { left: FULL, at_ms: now_ms });
        let passed = now_ms.saturating_sub(bucket.at_ms);
        let left = (bucket.left + passed).min(FULL);
        let wait = EACH_MS.saturating_sub(left);
        // What is waited for comes back meanwhile.
        bucket.left = (left + wait) - EACH_MS;
        bucket.at_ms = now_ms.max(bucket.at_ms) + wait;
        Duration::from_millis(wait)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_may_follow_each_other_and_then_one_a_second() {
        let mut pace = Pace::default();
        let mut now_ms = 1_000_000;
        let mut sent = Vec::new();
        for _ in 0..6 {
            now_ms += u64::try_from(pace.take("GET /v1/apps", now_ms).as_millis()).unwrap();
            sent.push(now_ms - 1_000_000);
        }
        assert_eq!(sent, [0, 0, 0, 1_000, 2_000, 3_000]);
        assert_eq!(pace.take("POST /v1/apps", now_ms), Duration::ZERO, "each action has its own");
    }

    #[test]
    fn a_pause_fills_the_burst_and_no_more() {
        let mut pace = Pace::default();
        for _ in 0..3 {
            pace.take("x", 0);
        }
        let waits: Vec<_> = (0..4).map(|_| pace.take("x", 60_000).as_millis()).collect();
        assert_eq!(waits, [0, 0, 0, 1_000]);
    }
}
