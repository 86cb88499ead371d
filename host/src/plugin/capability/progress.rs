//! Capability `progress`: what the current step is waiting for.

use crate::plugin::Guest;
use crate::plugin::v1::imports;
use crate::text::{MESSAGE_CHARS_MAX, one_line};

impl imports::progress::Host for Guest {
    async fn report(&mut self, message: String, current: u64, total: u64) -> wasmtime::Result<()> {
        self.granted("progress")?;
        self.world.reporter.waiting(&one_line(&message, MESSAGE_CHARS_MAX), current, total);
        Ok(())
    }
}
