//! Randomness from the operating system; for secrets see [`Secret`](crate::Secret).

use crate::imports;

/// Up to 1,024 random bytes. They differ between two runs: take them inside a step.
pub fn bytes(count: u32) -> Vec<u8> {
    imports::random::bytes(count)
}
