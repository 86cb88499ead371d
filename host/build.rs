//! Builds the first-party plugins from source, so that the program can embed them, and what `plugin new` writes;
//! tells the linker what a start needs.

#[path = "build/embed.rs"]
mod embed;

use std::env;
use std::error::Error;
use std::path::Path;
use std::process::Command;

use systemprompt_guest_build::{Plugin, components};

fn main() -> Result<(), Box<dyn Error>> {
    carry_unwinder();
    lay_out_start();
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
    if !is_native_gnu_linux() {
        return;
    }
    let asked = Command::new("cc").arg("-print-file-name=libgcc_eh.a").output();
    // A compiler that has no such file repeats its name.
    let found = asked.is_ok_and(|answer| Path::new(String::from_utf8_lossy(&answer.stdout).trim()).is_absolute());
    if found {
        println!("cargo::rustc-link-lib=static:-bundle=gcc_eh");
    }
}

/// Lays the functions that a start runs next to each other (`order.ld`, made by `cargo xtask order`): a start then touches
/// a quarter of the pages of code. It takes the linker seconds, so that it is done for a release alone; and it is left to
/// whoever chooses a linker what that one is told, for not all of them read scripts.
fn lay_out_start() {
    println!("cargo::rerun-if-changed=order.ld");
    let flags = env::var("CARGO_ENCODED_RUSTFLAGS").unwrap_or_default();
    let chooses = env::var_os("RUSTC_LINKER").is_some() || flags.contains("fuse-ld") || flags.contains("linker");
    if chooses || !is_native_gnu_linux() || !is("PROFILE", "release") {
        return;
    }
    if let Some(script) = env::var_os("CARGO_MANIFEST_DIR").map(|dir| Path::new(&dir).join("order.ld")) {
        println!("cargo::rustc-link-arg-bins=-Wl,-T,{}", script.display());
    }
}

fn is(variable: &str, value: &str) -> bool {
    env::var(variable).is_ok_and(|found| found == value)
}

fn is_native_gnu_linux() -> bool {
    let is_native = env::var("HOST").ok() == env::var("TARGET").ok();
    is_native && is("CARGO_CFG_TARGET_OS", "linux") && is("CARGO_CFG_TARGET_ENV", "gnu")
}
