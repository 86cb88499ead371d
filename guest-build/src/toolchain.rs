//! Which cargo and rustc make modules for guests on this machine.

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::{BuildError, TARGET};

/// Says where the private toolchain is.
pub(crate) const TOOLCHAIN_VARIABLE: &str = "SYSTEMPROMPT_WASM_TOOLCHAIN";

/// A compiler for the guests' target.
pub(crate) struct Toolchain {
    /// What its panic messages would name.
    pub(crate) root: PathBuf,
    /// Where rustup's target is not installed: the private one, with the linker of the other.
    pub(crate) private: Option<Private>,
}

/// A compiler that was unpacked into a directory of its own, and builds std from its source.
pub(crate) struct Private {
    pub(crate) rustc: PathBuf,
    pub(crate) linker: PathBuf,
}

impl Toolchain {
    /// That of rustup where it has the target, else the one that `cargo xtask toolchain` has made. Which one is rustup's
    /// may be up to the project.
    pub(crate) fn find(project: &Path) -> Result<Toolchain, BuildError> {
        let sysroot = PathBuf::from(rustc(project, &["--print", "sysroot"])?.trim());
        if sysroot.join("lib/rustlib").join(TARGET).join("lib").is_dir() {
            return Ok(Toolchain { root: sysroot, private: None });
        }
        let root = private_root().filter(|dir| dir.join("ready").is_file()).ok_or(BuildError::NoTarget)?;
        let version = rustc(project, &["-vV"])?;
        let host = version.lines().find_map(|line| line.strip_prefix("host: ")).ok_or(BuildError::NoTarget)?;
        let linker = sysroot.join("lib/rustlib").join(host).join("bin/rust-lld");
        Ok(Toolchain { private: Some(Private { rustc: root.join("bin/rustc"), linker }), root })
    }
}

/// The cargo that runs us, or the one that is installed.
pub(crate) fn cargo() -> OsString {
    env::var_os("CARGO").unwrap_or_else(|| "cargo".into())
}

pub(crate) fn cargo_home() -> Option<PathBuf> {
    env::var_os("CARGO_HOME").map(PathBuf::from).or_else(|| Some(home()?.join(".cargo")))
}

fn rustc(project: &Path, arguments: &[&str]) -> Result<String, BuildError> {
    let program = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let mut rustc = Command::new(&program);
    let output = rustc.args(arguments).current_dir(project).output();
    let output = output.map_err(|source| BuildError::NoRust { source })?;
    if output.status.success() {
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    } else {
        Err(BuildError::Compiler { said: String::from_utf8_lossy(&output.stderr).into_owned() })
    }
}

fn private_root() -> Option<PathBuf> {
    if let Some(dir) = env::var_os(TOOLCHAIN_VARIABLE) {
        return Some(PathBuf::from(dir));
    }
    let cache = env::var_os("XDG_CACHE_HOME").map(PathBuf::from).or_else(|| Some(home()?.join(".cache")))?;
    Some(cache.join("systemprompt/wasm-toolchain"))
}

fn home() -> Option<PathBuf> {
    env::var_os("HOME").map(PathBuf::from)
}
