//! Builds the first-party plugins from source, so that the program can embed them, and what `plugin new` writes.

#[path = "build/embed.rs"]
mod embed;

use std::env;
use std::error::Error;
use std::path::Path;
use std::process::Command;

use systemprompt_guest_build::{Plugin, components};

fn main() -> Result<(), Box<dyn Error>> {
    carry_unwinder();
    embed::embed()?;
    components(&[
        Plugin { package: "systemprompt-provider-docker", dir: "plugins/docker", file: "docker.wasm" },
        Plugin { package: "systemprompt-provider-native", dir: "plugins/native", file: "native.wasm" },
        Plugin { package: "systemprompt-provider-fly", dir: "plugins/fly", file: "fly.wasm" },
        Plugin { package: "systemprompt-provider-postgres", dir: "plugins/postgres", file: "postgres.wasm" },
    ])
}

/// Links the unwinder into the program, where the C compiler has it to link: as a library of its own it is loaded at
/// every start, which is a tenth of what a command takes that only reads.
fn carry_unwinder() {
    let is = |variable: &str, value: &str| env::var(variable).is_ok_and(|found| found == value);
    let is_native = env::var("HOST").ok() == env::var("TARGET").ok();
    if !(is_native && is("CARGO_CFG_TARGET_OS", "linux") && is("CARGO_CFG_TARGET_ENV", "gnu")) {
        return;
    }
    let asked = Command::new("cc").arg("-print-file-name=libgcc_eh.a").output();
    // A compiler that has no such file repeats its name.
    let found = asked.is_ok_and(|answer| Path::new(String::from_utf8_lossy(&answer.stdout).trim()).is_absolute());
    if found {
        println!("cargo::rustc-link-lib=static:-bundle=gcc_eh");
    }
}
