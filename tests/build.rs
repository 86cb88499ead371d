//! Builds the plugin that misbehaves, so that the tests can install it.

use std::error::Error;

use systemprompt_guest_build::{Plugin, components};

fn main() -> Result<(), Box<dyn Error>> {
    components(&[Plugin { package: "systemprompt-hostile", dir: "tests/hostile", file: "hostile.wasm" }])
}
