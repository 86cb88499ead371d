//! Builds the plugins that no program carries, so that the tests can install them: the one that misbehaves, and the one that
//! is explained to authors.

use std::error::Error;

use systemprompt_guest_build::{Plugin, components};

fn main() -> Result<(), Box<dyn Error>> {
    components(&[
        Plugin { package: "systemprompt-hostile", dir: "tests/hostile", file: "hostile.wasm" },
        Plugin { package: "systemprompt-example-supabase", dir: "tests/supabase", file: "supabase.wasm" },
    ])
}
