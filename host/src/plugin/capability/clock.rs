//! Capability `clock`: the time, and waiting that costs the guest no CPU time.

use std::time::Duration;

use crate::plugin::Guest;
use crate::plugin::v1::imports;

/// Longest single sleep; a guest that waits for something asks again after it.
const SLEEP_MS_MAX: u64 = 60_000;

impl imports::clock::Host for Guest {
    async fn now(&mut self) -> wasmtime::Result<u64> {
        self.granted("clock")?;
        Ok(crate::env::now().millis().unsigned_abs())
    }

    async fn sleep(&mut self, milliseconds: u64) -> wasmtime::Result<()> {
        self.granted("clock")?;
        tokio::time::sleep(Duration::from_millis(milliseconds.min(SLEEP_MS_MAX))).await;
        Ok(())
    }
}
