//! When something is tried again, and how long before.

use std::time::Duration;

use systemprompt_sdk::clock;

/// The first pause; each following one is twice as long.
const FIRST: Duration = Duration::from_millis(500);
/// No pause of our own is longer.
const PAUSE_MAX: Duration = Duration::from_secs(8);
/// The host wakes a plugin up after this at the latest.
const SLEEP_MAX: Duration = Duration::from_mins(1);

/// The tries of one thing, for a limited time.
#[derive(Debug)]
pub(crate) struct Tries {
    next: Duration,
    deadline_ms: u64,
}

impl Tries {
    /// From now on, for so long.
    pub(crate) fn within(time: Duration) -> Self {
        Self { next: FIRST, deadline_ms: clock::now_ms().saturating_add(millis(time)) }
    }

    /// Pauses before the next try, at least for as long as was asked for; false when there is no time left for one.
    pub(crate) fn pause(&mut self, asked: Option<Duration>) -> bool {
        let pause = self.next.max(asked.unwrap_or_default()).min(SLEEP_MAX);
        self.next = (self.next * 2).min(PAUSE_MAX);
        if clock::now_ms().saturating_add(millis(pause)) >= self.deadline_ms {
            return false;
        }
        clock::sleep(pause);
        true
    }
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
