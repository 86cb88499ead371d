//! Builds the first-party plugins from source and turns them into components, which the program embeds.

use std::env;
use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Directory below `plugins/`, and the file that cargo makes of it.
const PLUGINS: [(&str, &str); 2] =
    [("docker", "systemprompt_provider_docker"), ("native", "systemprompt_provider_native")];
const TARGET: &str = "wasm32-unknown-unknown";

fn main() -> Result<(), Box<dyn Error>> {
    let root = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?).parent().ok_or("no workspace")?.to_path_buf();
    let out = PathBuf::from(env::var("OUT_DIR")?);
    for watched in ["sdk/src", "sdk/wit", "sdk/Cargo.toml", "plugins", "host/build.rs"] {
        println!("cargo::rerun-if-changed={}", root.join(watched).display());
    }
    println!("cargo::rerun-if-env-changed=SYSTEMPROMPT_WASM_TOOLCHAIN");
    let modules = build_guests(&root, &guests_dir(&out))?;
    for (plugin, file) in PLUGINS {
        let module = fs::read(modules.join(format!("{file}.wasm")))?;
        let component = wit_component::ComponentEncoder::default().validate(true).module(&module)?.encode()?;
        fs::write(out.join(format!("{plugin}.wasm")), component)?;
    }
    Ok(())
}

/// One directory for all profiles, since building std for the guests takes minutes.
fn guests_dir(out: &Path) -> PathBuf {
    // <target>/<profile>/build/<package>/out
    out.ancestors().nth(4).unwrap_or(out).join("guests")
}

fn build_guests(root: &Path, target_dir: &Path) -> Result<PathBuf, Box<dyn Error>> {
    let rustc = PathBuf::from(env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()));
    let sysroot = PathBuf::from(printed(Command::new(&rustc).args(["--print", "sysroot"]))?);
    let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.current_dir(root).args(["build", "--release", "--locked", "--target", TARGET]);
    for (plugin, _) in PLUGINS {
        cargo.args(["--package", &format!("systemprompt-provider-{plugin}")]);
    }
    clean_environment(&mut cargo);
    guest_profile(&mut cargo);
    cargo.env("CARGO_TARGET_DIR", target_dir);
    if !sysroot.join("lib/rustlib").join(TARGET).join("lib").is_dir() {
        use_private_toolchain(&mut cargo, &sysroot)?;
    }
    let output = cargo.output()?;
    if !output.status.success() {
        return Err(format!("building the plugins failed:\n{}", String::from_utf8_lossy(&output.stderr)).into());
    }
    Ok(target_dir.join(TARGET).join("release"))
}

/// Small rather than fast: a guest mostly waits for its host.
fn guest_profile(cargo: &mut Command) {
    for (key, value) in
        [("OPT_LEVEL", "s"), ("LTO", "true"), ("CODEGEN_UNITS", "1"), ("PANIC", "abort"), ("STRIP", "true")]
    {
        cargo.env(format!("CARGO_PROFILE_RELEASE_{key}"), value);
    }
}

/// What the outer cargo, or clippy, set for the host must not reach the guests.
fn clean_environment(cargo: &mut Command) {
    for (name, _) in env::vars_os() {
        let text = name.to_string_lossy();
        let outer = text.starts_with("CARGO_") && !matches!(text.as_ref(), "CARGO_HOME" | "CARGO_NET_OFFLINE");
        if outer || text.starts_with("RUSTC") || text.starts_with("RUSTFLAGS") || text.starts_with("CLIPPY") {
            cargo.env_remove(&name);
        }
    }
}

/// Where rustup's target is not installed, `cargo xtask toolchain` has made a compiler and the source of std.
fn use_private_toolchain(cargo: &mut Command, sysroot: &Path) -> Result<(), Box<dyn Error>> {
    let dir = private_toolchain().ok_or("no home directory")?;
    if !dir.join("ready").is_file() {
        return Err(format!(
            "the Rust target `{TARGET}` is not installed; run `rustup target add {TARGET}` or `cargo xtask toolchain`"
        )
        .into());
    }
    let host = env::var("HOST")?;
    let linker = sysroot.join("lib/rustlib").join(host).join("bin/rust-lld");
    cargo
        .env("RUSTC", dir.join("bin/rustc"))
        .env("RUSTC_BOOTSTRAP", "1")
        .env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", linker)
        .arg("-Zbuild-std=std,panic_abort");
    Ok(())
}

fn private_toolchain() -> Option<PathBuf> {
    if let Some(dir) = env::var_os("SYSTEMPROMPT_WASM_TOOLCHAIN") {
        return Some(PathBuf::from(dir));
    }
    let cache = env::var_os("XDG_CACHE_HOME")
        .map(PathBuf::from)
        .or_else(|| env::var_os("HOME").map(|home| PathBuf::from(home).join(".cache")))?;
    Some(cache.join("systemprompt/wasm-toolchain"))
}

fn printed(command: &mut Command) -> Result<String, Box<dyn Error>> {
    let output = command.output()?;
    if output.status.success() {
        Ok(String::from_utf8(output.stdout)?.trim().to_owned())
    } else {
        Err(String::from_utf8_lossy(&output.stderr).into_owned().into())
    }
}
