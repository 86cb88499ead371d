//! Which compiler makes modules for the guests, and with which settings.

use std::env;
use std::error::Error;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Says where the private toolchain is.
pub(crate) const TOOLCHAIN_VARIABLE: &str = "SYSTEMPROMPT_WASM_TOOLCHAIN";
const TARGET: &str = "wasm32-unknown-unknown";
/// Small rather than fast: a guest mostly waits for its host.
const PROFILE: [(&str, &str); 5] =
    [("OPT_LEVEL", "s"), ("LTO", "true"), ("CODEGEN_UNITS", "1"), ("PANIC", "abort"), ("STRIP", "true")];
/// What cargo puts between two flags of one variable.
const FLAG_SEPARATOR: &str = "\u{1f}";

/// Compiles packages of one workspace into one directory.
pub(crate) struct Compiler {
    pub(crate) root: PathBuf,
    pub(crate) target_dir: PathBuf,
}

impl Compiler {
    /// Compiles packages; the answer is the directory of their modules.
    pub(crate) fn compile<'a>(&self, packages: impl Iterator<Item = &'a str>) -> Result<PathBuf, Box<dyn Error>> {
        let sysroot = sysroot()?;
        let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        cargo.current_dir(&self.root).args(["build", "--release", "--locked", "--lib", "--target", TARGET]);
        for package in packages {
            cargo.args(["--package", package]);
        }
        clean_environment(&mut cargo);
        for (key, value) in PROFILE {
            cargo.env(format!("CARGO_PROFILE_RELEASE_{key}"), value);
        }
        cargo.env("CARGO_TARGET_DIR", &self.target_dir);
        let toolchain = if sysroot.join("lib/rustlib").join(TARGET).join("lib").is_dir() {
            sysroot
        } else {
            use_private_toolchain(&mut cargo, &sysroot)?
        };
        cargo.env("CARGO_ENCODED_RUSTFLAGS", self.without_paths(&toolchain)?);
        let output = cargo.output()?;
        if !output.status.success() {
            return Err(format!("building the plugins failed:\n{}", String::from_utf8_lossy(&output.stderr)).into());
        }
        Ok(self.target_dir.join(TARGET).join("release"))
    }

    /// Panic messages name files: as they are called everywhere, not as they are called here.
    fn without_paths(&self, toolchain: &Path) -> Result<OsString, Box<dyn Error>> {
        // Of several that match the last counts, so that what lies within another comes after it.
        let cargo_home = cargo_home().ok_or("no home directory")?;
        let mut flags = OsString::new();
        let places = [
            (cargo_home.as_path(), "/cargo"),
            (toolchain, "/rust"),
            (self.root.as_path(), "/systemprompt"),
            (self.target_dir.as_path(), "/target"),
        ];
        for (position, (here, everywhere)) in places.into_iter().enumerate() {
            let separator = if position == 0 { "" } else { FLAG_SEPARATOR };
            flags.push(format!("{separator}--remap-path-prefix="));
            flags.push(here);
            flags.push(format!("={everywhere}"));
        }
        Ok(flags)
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
fn use_private_toolchain(cargo: &mut Command, sysroot: &Path) -> Result<PathBuf, Box<dyn Error>> {
    let dir = private_toolchain().ok_or("no home directory")?;
    if !dir.join("ready").is_file() {
        return Err(format!(
            "the Rust target `{TARGET}` is not installed; run `rustup target add {TARGET}` or `cargo xtask toolchain`"
        )
        .into());
    }
    let linker = sysroot.join("lib/rustlib").join(env::var("HOST")?).join("bin/rust-lld");
    cargo
        .env("RUSTC", dir.join("bin/rustc"))
        .env("RUSTC_BOOTSTRAP", "1")
        .env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", linker)
        .arg("-Zbuild-std=std,panic_abort");
    Ok(dir)
}

fn private_toolchain() -> Option<PathBuf> {
    if let Some(dir) = env::var_os(TOOLCHAIN_VARIABLE) {
        return Some(PathBuf::from(dir));
    }
    let cache = env::var_os("XDG_CACHE_HOME").map(PathBuf::from).or_else(|| Some(home()?.join(".cache")))?;
    Some(cache.join("systemprompt/wasm-toolchain"))
}

fn cargo_home() -> Option<PathBuf> {
    env::var_os("CARGO_HOME").map(PathBuf::from).or_else(|| Some(home()?.join(".cargo")))
}

fn home() -> Option<PathBuf> {
    env::var_os("HOME").map(PathBuf::from)
}

fn sysroot() -> Result<PathBuf, Box<dyn Error>> {
    let rustc = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let output = Command::new(rustc).args(["--print", "sysroot"]).output()?;
    if output.status.success() {
        Ok(PathBuf::from(String::from_utf8(output.stdout)?.trim()))
    } else {
        Err(String::from_utf8_lossy(&output.stderr).into_owned().into())
    }
}
