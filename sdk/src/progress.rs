//! What the current step is waiting for.

use crate::imports;

/// Says what is being waited for, when its extent is unknown.
pub fn waiting(message: &str) {
    imports::progress::report(message, 0, 0);
}

/// Says how much of a known extent is done.
pub fn report(message: &str, current: u64, total: u64) {
    imports::progress::report(message, current, total);
}
