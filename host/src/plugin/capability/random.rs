//! Capability `random`: bytes from the operating system's generator.

use crate::plugin::Guest;
use crate::plugin::limits::{LimitHit, RANDOM_BYTES_MAX};
use crate::plugin::v1::imports;

impl imports::random::Host for Guest {
    async fn bytes(&mut self, count: u32) -> wasmtime::Result<Vec<u8>> {
        self.granted("random")?;
        if count > RANDOM_BYTES_MAX {
            return Err(wasmtime::Error::new(LimitHit::Random));
        }
        let mut bytes = vec![0; count as usize];
        getrandom::fill(&mut bytes).map_err(|error| wasmtime::Error::msg(error.to_string()))?;
        Ok(bytes)
    }
}
