//! Capability `random`: bytes from the operating system's generator.

use crate::plugin::Guest;
use crate::plugin::v1::imports;

/// As the contract says.
const BYTES_MAX: u32 = 1_024;

impl imports::random::Host for Guest {
    async fn bytes(&mut self, count: u32) -> wasmtime::Result<Vec<u8>> {
        self.granted("random")?;
        let mut bytes = vec![0; count.min(BYTES_MAX) as usize];
        getrandom::fill(&mut bytes).map_err(|error| wasmtime::Error::msg(error.to_string()))?;
        Ok(bytes)
    }
}
