//! One run of cargo: packages in, modules out, with settings that make them small and the same everywhere.

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::toolchain::{Toolchain, cargo, cargo_home};
use crate::{BuildError, TARGET};

/// Small rather than fast: a guest mostly waits for its host. What is known of its source is kept apart later.
const PROFILE: [(&str, &str); 6] = [
    ("OPT_LEVEL", "s"),
    ("LTO", "true"),
    ("CODEGEN_UNITS", "1"),
    ("PANIC", "abort"),
    ("STRIP", "none"),
    ("DEBUG", "limited"),
];
/// What cargo puts between two flags of one variable.
const FLAG_SEPARATOR: &str = "\u{1f}";

/// What becomes of what cargo says while it compiles.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Voice {
    /// It is kept, and is part of the error.
    Kept,
    /// Whoever waits reads it on standard error.
    Heard,
    /// The same, but for warnings and errors only.
    Low,
}

/// Compiles packages of one workspace into one directory.
#[derive(Clone, Debug)]
pub struct Compiler {
    /// Directory of the workspace.
    pub root: PathBuf,
    /// Where cargo puts what it makes.
    pub target_dir: PathBuf,
    /// Whether `Cargo.lock` has to be as the manifests need it.
    pub locked: bool,
    /// What becomes of what cargo says.
    pub voice: Voice,
}

impl Compiler {
    /// Compiles packages; the answer is the directory of their modules.
    pub fn compile<'a>(&self, packages: impl Iterator<Item = &'a str>) -> Result<PathBuf, BuildError> {
        let toolchain = Toolchain::find(&self.root)?;
        let mut cargo = Command::new(cargo());
        cargo.current_dir(&self.root).args(["build", "--release", "--lib", "--target", TARGET]);
        if self.locked {
            cargo.arg("--locked");
        }
        for package in packages {
            cargo.args(["--package", package]);
        }
        clean_environment(&mut cargo);
        for (key, value) in PROFILE {
            cargo.env(format!("CARGO_PROFILE_RELEASE_{key}"), value);
        }
        cargo.env("CARGO_TARGET_DIR", &self.target_dir);
        if let Some(private) = &toolchain.private {
            cargo
                .env("RUSTC", &private.rustc)
                .env("RUSTC_BOOTSTRAP", "1")
                .env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", &private.linker)
                .arg("-Zbuild-std=std,panic_abort");
        }
        cargo.env("CARGO_ENCODED_RUSTFLAGS", self.without_paths(&toolchain.root));
        self.carry_out(cargo)?;
        Ok(self.target_dir.join(TARGET).join("release"))
    }

    fn carry_out(&self, mut cargo: Command) -> Result<(), BuildError> {
        cargo.stdin(Stdio::null());
        if self.voice == Voice::Low {
            cargo.arg("--quiet");
        }
        if self.voice != Voice::Kept {
            // Standard output is for the answer of whoever builds.
            cargo.stdout(Stdio::null()).stderr(Stdio::inherit());
        }
        let output = cargo.output().map_err(|source| BuildError::NoRust { source })?;
        if output.status.success() {
            return Ok(());
        }
        Err(BuildError::Compiler { said: String::from_utf8_lossy(&output.stderr).into_owned() })
    }

    /// Panic messages name files: as they are called everywhere, not as they are called here. Files of the workspace
    /// itself are named from its root on, by cargo.
    fn without_paths(&self, toolchain: &Path) -> OsString {
        // Of several that match the last counts, so that what lies within another comes after it.
        let cargo_home = cargo_home();
        let own = std::iter::once((self.root.as_path(), "."));
        let home = cargo_home.iter().map(|dir| (dir.as_path(), "/cargo"));
        let places = own.chain(home).chain([(toolchain, "/rust"), (self.target_dir.as_path(), "/target")]);
        let mut flags = OsString::new();
        for (here, everywhere) in places {
            if !flags.is_empty() {
                flags.push(FLAG_SEPARATOR);
            }
            flags.push("--remap-path-prefix=");
            flags.push(here);
            flags.push(format!("={everywhere}"));
        }
        flags
    }
}

/// What an outer cargo, clippy or author set for the host must not reach the guests.
fn clean_environment(cargo: &mut Command) {
    for (name, _) in env::vars_os() {
        if is_for_host(&name.to_string_lossy()) {
            cargo.env_remove(&name);
        }
    }
}

/// Where crates come from, and how they are fetched, is the same for guests.
fn is_for_host(variable: &str) -> bool {
    const FETCHING: [&str; 6] =
        ["CARGO_HOME", "CARGO_HTTP_", "CARGO_NET_", "CARGO_REGISTRY_", "CARGO_REGISTRIES_", "CARGO_SOURCE_"];
    let begins = |prefixes: &[&str]| prefixes.iter().any(|prefix| variable.starts_with(prefix));
    begins(&["CARGO_", "RUSTC", "RUSTFLAGS", "CLIPPY"]) && !begins(&FETCHING)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn guests_are_fetched_like_the_host_and_compiled_by_settings_of_their_own() {
        for variable in ["CARGO_HTTP_PROXY", "CARGO_NET_OFFLINE", "CARGO_REGISTRIES_OURS_TOKEN", "CARGO_HOME", "PATH"] {
            assert!(!is_for_host(variable), "{variable}");
        }
        for variable in ["CARGO_BUILD_TARGET", "CARGO_ENCODED_RUSTFLAGS", "RUSTC_WRAPPER", "RUSTFLAGS"] {
            assert!(is_for_host(variable), "{variable}");
        }
    }
}
