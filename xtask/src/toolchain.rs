//! `cargo xtask toolchain`: makes this machine able to compile plugins to WebAssembly.
//!
//! rustup's target is the plain way. Where it cannot be had, Debian's compiler for the web is unpacked into a private
//! directory, with the library source that std is built from. It is not installed: its packages exclude rustup's.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::debian;
use crate::options::Options;
use crate::places;
use crate::process::{Failure, Outcome, capture, find};

const TARGET: &str = "wasm32-unknown-unknown";

/// The oldest compiler that the workspace allows: `rust-version` of the workspace.
const OLDEST_COMPILER: (u32, u32) = (1, 95);

/// Finds its own directory, so that the toolchain works wherever it is moved to.
const WRAPPER: &str = r#"#!/bin/sh
root="${0%/*}/../root"
LD_LIBRARY_PATH="$root/LIBRARIES" exec "$root/usr/bin/rustc" "$@"
"#;

pub(crate) fn run(options: &Options) -> Outcome {
    println!("toolchain: {}", ensure(options)?);
    Ok(())
}

/// Returns, in words, what plugins will be compiled with.
pub(crate) fn ensure(options: &Options) -> Outcome<String> {
    if has_rustup_target()? {
        return Ok(format!("{TARGET} is installed"));
    }
    let dir = places::wasm_toolchain()?;
    if let Some(version) = ready(&dir) {
        return Ok(format!("{version} in {}", dir.display()));
    }
    match add_with_rustup() {
        Ok(()) => Ok(format!("{TARGET} was installed by rustup")),
        Err(rustup) => {
            let version = unpack_debians(&dir, options).map_err(|debian| hopeless(&rustup, &debian))?;
            Ok(format!("{version} was unpacked into {}", dir.display()))
        }
    }
}

fn has_rustup_target() -> Outcome<bool> {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let sysroot = capture(Command::new(rustc).args(["--print", "sysroot"]))?;
    Ok(Path::new(sysroot.trim()).join("lib/rustlib").join(TARGET).join("lib").is_dir())
}

/// The marker is written last, so a directory that has one is whole.
fn ready(dir: &Path) -> Option<String> {
    let version = std::fs::read_to_string(dir.join("ready")).ok()?;
    dir.join("bin/rustc").is_file().then(|| version.trim().to_string())
}

/// A machine whose owner told rustup to install nothing by itself is left as it is.
fn add_with_rustup() -> Outcome {
    if find("rustup").is_none() {
        return Err(Failure::new("rustup is not installed"));
    }
    if std::env::var("RUSTUP_AUTO_INSTALL").is_ok_and(|value| value == "0") {
        return Err(Failure::new("RUSTUP_AUTO_INSTALL=0 forbids rustup to install anything by itself"));
    }
    capture(Command::new("rustup").args(["target", "add", TARGET]))?;
    if has_rustup_target()? { Ok(()) } else { Err(Failure::new("rustup added the target to another toolchain")) }
}

fn hopeless(rustup: &Failure, debian: &Failure) -> Failure {
    Failure::new(format!(
        "cannot compile plugins here\n  by rustup: {rustup}\n  by Debian's packages: {debian}\n  \
         what now: make `rustup target add {TARGET}` work, then try again"
    ))
}

/// Builds beside the directory and renames at the end, so that what was killed half-way is simply begun again.
fn unpack_debians(dir: &Path, options: &Options) -> Outcome<String> {
    let compiler = compiler_version(options)?;
    let beside = |ending: &str| PathBuf::from(format!("{}.{ending}", dir.display()));
    if let Some(parent) = dir.parent() {
        places::make_dir(parent)?;
    }
    let _alone = places::lock(&beside("lock"))?;
    if let Some(version) = ready(dir) {
        return Ok(version);
    }
    let partial = beside("partial");
    places::remove_dir(&partial)?;
    eprintln!("unpacking Debian's rustc {compiler} for {TARGET} (about 140 MB to download, 550 MB on disk)");
    let root = partial.join("root");
    debian::unpack(&packages(&compiler)?, &partial.join("downloads"), &root, options)?;
    drop_what_is_not_library(&root)?;
    let version = write_wrapper(&partial, &root)?;
    let marker = partial.join("ready");
    std::fs::write(&marker, format!("{version}\n")).map_err(|e| Failure::file("write", &marker, &e))?;
    places::remove_dir(dir)?;
    std::fs::rename(&partial, dir).map_err(|e| Failure::file("make", dir, &e))?;
    Ok(version)
}

/// A machine's package lists may be as old as its installation, so a compiler that is too old is asked for once more.
fn compiler_version(options: &Options) -> Outcome<String> {
    if !debian::is_here() {
        return Err(Failure::new("this machine has no apt"));
    }
    let known = debian::candidate("rustc-web", options)?;
    let found = match known.as_deref().and_then(new_enough) {
        Some(version) => return Ok(version),
        None => debian::refreshed_candidate("rustc-web", options)?,
    };
    let found = found.ok_or_else(|| Failure::new("apt knows no rustc-web"))?;
    new_enough(&found).ok_or_else(|| {
        Failure::new(format!("rustc-web is {found}, older than the {OLDEST_COMPILER:?} that the workspace needs"))
    })
}

fn new_enough(version: &str) -> Option<String> {
    minor_of(version).filter(|version| *version >= OLDEST_COMPILER).map(|(major, minor)| format!("{major}.{minor}"))
}

/// The compiler, its std for build scripts and macros, the library source, and LLVM with what it needs and the machine lacks.
fn packages(compiler: &str) -> Outcome<Vec<String>> {
    let driver = format!("libstd-rust-web-{compiler}");
    let depends = capture(Command::new("apt-cache").args(["depends", &driver]))?;
    let llvm = llvm_in(&depends).ok_or_else(|| Failure::new(format!("{driver} names no LLVM")))?;
    let mut packages = debian::missing_closure(llvm)?;
    packages.extend(["rustc-web".into(), driver, "libstd-rust-web-dev".into(), "rust-web-src".into()]);
    Ok(packages)
}

/// Most of the source package is LLVM, tools and the compiler: std is built from `library` alone.
fn drop_what_is_not_library(root: &Path) -> Outcome {
    let source = entry_starting(&root.join("usr/src"), "rustc-")?;
    for part in ["src", "compiler"] {
        places::remove_dir(&source.join(part))?;
    }
    Ok(())
}

/// The unpacked compiler finds its LLVM only when it is told where. Returns the version it then answers with.
fn write_wrapper(dir: &Path, root: &Path) -> Outcome<String> {
    let triplet = library_dir(root)?;
    let wrapper = dir.join("bin/rustc");
    places::make_dir(&dir.join("bin"))?;
    let script = WRAPPER.replace("LIBRARIES", &format!("usr/lib/{triplet}"));
    std::fs::write(&wrapper, script).map_err(|e| Failure::file("write", &wrapper, &e))?;
    capture(Command::new("chmod").arg("+x").arg(&wrapper))?;
    let sysroot = capture(Command::new(&wrapper).args(["--print", "sysroot"]))?;
    let library = Path::new(sysroot.trim()).join("lib/rustlib/src/rust/library/std");
    if !library.is_dir() {
        return Err(Failure::new(format!("the unpacked compiler has no library source at {}", library.display())));
    }
    Ok(capture(Command::new(&wrapper).arg("--version"))?.trim().to_string())
}

/// The directory named after the architecture that the compiler's own library is in.
fn library_dir(root: &Path) -> Outcome<String> {
    let lib = root.join("usr/lib");
    let dirs = std::fs::read_dir(&lib).map_err(|e| Failure::file("read", &lib, &e))?;
    dirs.flatten()
        .find(|dir| entry_starting(&dir.path(), "librustc_driver-").is_ok())
        .map(|dir| dir.file_name().to_string_lossy().into_owned())
        .ok_or_else(|| Failure::new("the unpacked packages hold no librustc_driver"))
}

fn entry_starting(dir: &Path, start: &str) -> Outcome<PathBuf> {
    let entries = std::fs::read_dir(dir).map_err(|e| Failure::file("read", dir, &e))?;
    let found = entries.flatten().find(|entry| entry.file_name().to_string_lossy().starts_with(start));
    found.map(|entry| entry.path()).ok_or_else(|| Failure::new(format!("{} holds no {start}*", dir.display())))
}

fn minor_of(version: &str) -> Option<(u32, u32)> {
    let mut parts = version.split(|c: char| !c.is_ascii_digit());
    Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
}

fn llvm_in(depends: &str) -> Option<&str> {
    depends.lines().filter_map(|line| line.trim().strip_prefix("Depends: ")).find(|name| name.starts_with("libllvm"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_debian_version_gives_the_compilers_release() {
        assert_eq!(minor_of("1.96.0+dfsg1-1~deb12u2"), Some((1, 96)));
        assert_eq!(minor_of("unknown"), None);
    }

    #[test]
    fn a_compiler_older_than_the_workspace_allows_is_not_taken() {
        assert_eq!(new_enough("1.85.0+dfsg3-1~deb12u3"), None);
        assert_eq!(new_enough("1.96.0+dfsg1-1~deb12u2").as_deref(), Some("1.96"));
    }

    #[test]
    fn the_llvm_package_is_found_among_the_dependencies() {
        let depends = "libstd-rust-web-1.96\n  Depends: libc6\n  Depends: libllvm22\n  Conflicts: <rustup>\n";
        assert_eq!(llvm_in(depends), Some("libllvm22"));
        assert_eq!(llvm_in("libstd\n  Depends: libc6\n"), None);
    }

    #[test]
    fn the_workspaces_rust_version_is_the_oldest_compiler() {
        let manifest = std::fs::read_to_string(places::repository().join("Cargo.toml")).unwrap();
        let version = manifest.lines().find_map(|line| line.strip_prefix("rust-version = ")).unwrap();
        assert_eq!(minor_of(version.trim_matches('"')), Some(OLDEST_COMPILER));
    }
}
