//! What was released is kept: the plugins of version 1.0 as they were compiled then run for ever, and the contract has only
//! grown in ways that they do not notice.

use std::fs;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};
use systemprompt_tests::Sandbox;
use wit_parser::{PackageId, Resolve};

use crate::authoring::{keeps_all, player};

/// The contract as it is.
const CONTRACT: &str = include_str!("../../sdk/wit/v1/provider.wit");
/// The contract as it was released.
const FROZEN: &str = include_str!("../plugins/v1.0/provider.wit");
/// Its name in either.
const PACKAGE: &str = "package systemprompt:provider@1.0.0;";

fn dir() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("plugins/v1.0")
}

#[test]
fn what_is_frozen_is_what_was_released() {
    let sums = fs::read_to_string(dir().join("SHA256SUMS")).expect("the sums can be read");
    let mut named = Vec::new();
    for line in sums.lines() {
        let (sum, file) = line.split_once("  ").expect("a line is a sum and a file");
        let content = fs::read(dir().join(file)).unwrap_or_else(|error| panic!("{file}: {error}"));
        assert_eq!(hex::encode(Sha256::digest(&content)), sum, "{file} is not the one that was released");
        assert!(content.len() < 1 << 20, "{file} is too large to keep");
        named.push(file);
    }
    assert_eq!(named, ["docker.wasm", "fly.wasm", "native.wasm", "postgres.wasm", "provider.wit"]);
}

/// A plugin as it was compiled for version 1.0, tried by the program as it is now.
fn keeps_its_promises(plugin: &str, settings: &str, promises_min: u64) {
    let file = dir().join(plugin).display().to_string();
    keeps_all(Sandbox::new().say(&format!("plugin test {file}{settings} --json")), promises_min);
}

#[test]
fn the_local_plugins_of_version_1_0_keep_what_they_promised() {
    keeps_its_promises("native.wasm", "", 49);
    keeps_its_promises("docker.wasm", "", 49);
}

#[test]
fn the_plugins_of_version_1_0_for_servers_elsewhere_keep_what_they_promised() {
    keeps_its_promises("postgres.wasm", "", 43);
    keeps_its_promises("fly.wasm", &format!(" --service https://api.machines.dev={}", player::of_fly()), 25);
}

/// Whether what was made for one contract works with another, as far as shapes go.
fn fits(old: &str, new: &str) -> Result<(), String> {
    let mut resolve = Resolve::default();
    let earlier = old.replace(PACKAGE, "package systemprompt:provider@0.9.0;");
    assert_ne!(earlier, old, "the package has another name");
    let world = |resolve: &Resolve, package: PackageId| resolve.packages[package].worlds["plugin"];
    let old = resolve.push_str("old.wit", &earlier).map_err(|error| format!("{error:#}"))?;
    let new = resolve.push_str("new.wit", new).map_err(|error| format!("{error:#}"))?;
    let (old, new) = (world(&resolve, old), world(&resolve, new));
    wit_component::semver_check(resolve, old, new).map_err(|error| format!("{error:#}"))
}

#[test]
fn the_contract_has_only_grown_since_it_was_released() {
    fits(FROZEN, CONTRACT).expect("a plugin that was made for 1.0 works with the contract of today");
}

#[test]
fn a_capability_and_a_function_of_one_may_be_added_and_nothing_may_be_changed() {
    let changed = |from: &str, to: &str| {
        assert!(FROZEN.contains(from), "{from}");
        fits(FROZEN, &FROZEN.replacen(from, to, 1))
    };
    let now = "  now: func() -> u64;";
    changed(now, &format!("{now}\n  zone: func() -> string;")).expect("a function of a capability may be added");
    changed("  import clock;", "  import clock;\n  import dice;").expect_err("there is no such interface");
    for (from, to) in [
        (now, ""),
        (now, "  now: func() -> u32;"),
        ("    reachable: bool,\n", "    reachable: bool,\n    since: u64,\n"),
        ("    cancelled(detail),\n", ""),
        ("  import clock;\n", ""),
        ("  probe: func()", "  probe: func(deep: bool)"),
        ("  describe: func()", "  icon: func() -> list<u8>;\n  describe: func()"),
    ] {
        assert!(changed(from, to).is_err(), "`{from}` became `{to}`");
    }
}
