//! Waiting for something that another process does, with a bound.

use std::time::{Duration, Instant};

/// On two loaded cores everything that is waited for happens within some seconds; this is for the worst of days.
const WAIT_MAX: Duration = Duration::from_mins(1);
const ASK_AGAIN: Duration = Duration::from_millis(20);

/// Asks until there is an answer.
///
/// # Panics
/// If there is none for a minute; `what` says what was waited for.
pub fn until<T>(what: &str, mut ask: impl FnMut() -> Option<T>) -> T {
    let begun = Instant::now();
    loop {
        if let Some(answer) = ask() {
            return answer;
        }
        assert!(begun.elapsed() < WAIT_MAX, "waited {} s in vain for {what}", WAIT_MAX.as_secs());
        std::thread::sleep(ASK_AGAIN);
    }
}
