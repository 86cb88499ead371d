//! Time, as the host tells it.

use std::time::Duration;

use crate::imports;

/// Milliseconds since 1970-01-01T00:00:00Z. It differs between two runs: read it inside a step.
pub fn now_ms() -> u64 {
    imports::clock::now()
}

/// Suspends the plugin; the waiting costs it no CPU time.
pub fn sleep(time: Duration) {
    imports::clock::sleep(u64::try_from(time.as_millis()).unwrap_or(u64::MAX));
}
