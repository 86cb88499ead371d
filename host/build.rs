//! Builds the first-party plugins from source, so that the program can embed them.

use std::error::Error;

use systemprompt_guest_build::{Plugin, components};

fn main() -> Result<(), Box<dyn Error>> {
    components(&[
        Plugin { package: "systemprompt-provider-docker", dir: "plugins/docker", file: "docker.wasm" },
        Plugin { package: "systemprompt-provider-native", dir: "plugins/native", file: "native.wasm" },
    ])
}
