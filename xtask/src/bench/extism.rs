//! From a plugin that was compiled before to its first answer, and what each later one takes, beside the least program on
//! Extism.
//!
//! That program lives in a workspace of its own, which is built here.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use super::Bench;
use super::measure::{interleaved, whole_process};
use super::peers;
use super::table::{Goal, Table};
use crate::places;
use crate::process::{Failure, Outcome, capture};
use crate::world::{World, checkpoint};

const ROUNDS: usize = 40;
/// Each asks a plugin a thousand times.
const ROUNDS_OF_LATER: usize = 20;
/// Tenants whose provider is asked about each.
const TENANTS: u32 = 500;
const LATER: &str = "a later call, with all that `cloud sync` does about a tenant / Extism";
/// What the provider of `tests/bench-plugin` is called.
const NOWHERE: &str = "nowhere";

/// Of the plugin for Extism: what the provider has that ours asks.
const PLUGIN_BYTES: &str = "300000";

/// Each beside its process without a plugin, so that the difference is from the cache to the answer. Ours asks a provider
/// about its server; what is taken from it is a command that also opens the log of the project, which has no
/// tenant. Theirs has two bytes to say.
pub(crate) fn run(bench: &Bench, table: &mut Table) -> Outcome {
    let program = peers::build("tests/bench-extism", "systemprompt-bench-extism")?;
    let world = World::new(&bench.program, "extism")?;
    let project = world.empty_project("project")?;
    let rival = Theirs { program, plugin: world.path("plugin.wasm"), config: world.path("cache.toml") };
    capture(rival.command("prepare").arg(world.path("cache-of-wasmtime")).arg(PLUGIN_BYTES))?;
    capture(&mut world.command(&project, &["infra", "db", "up", "--provider", "native"]))?;

    let run = |words: &[&str]| whole_process(&mut world.command(&project, words));
    let ours =
        || Ok(more(run(&["infra", "db", "status", "--provider", "native"])?, run(&["cloud", "tenant", "list"])?));
    let theirs = || {
        let [answer, nothing] = ["answer", "nothing"].map(|verb| whole_process(&mut rival.command(verb)));
        Ok(more(answer?, nothing?))
    };
    let compared = interleaved(ROUNDS, ours, theirs);
    world.stop_server(&project)?;
    table.times("from cache to a plugin's first answer / Extism", &compared?, Goal::Rate(3.0));
    later(&world, &rival, table)
}

/// What each of many calls takes in a process that makes them: the difference of one that makes many to one that makes one.
/// Each of ours is in an instance of its own, so that no call learns from another; theirs are so, too, or in one.
fn later(world: &World, theirs: &Theirs, table: &mut Table) -> Outcome {
    let plugin = nowhere(world)?;
    let (many, one) = (tenants(world, &plugin, "many", TENANTS)?, tenants(world, &plugin, "one", 1)?);
    let sync = |project: &Path| whole_process(&mut world.command(project, &["cloud", "sync", "--dry-run"]));
    let each = |many: Duration, one: Duration| more(many, one) / (TENANTS - 1);
    for (how, verb, goal) in
        [("anew", ", each in a new instance", Goal::Rate(1.0)), ("again", ", all in one", Goal::None)]
    {
        let theirs = |calls: u32| whole_process(theirs.command(how).arg(calls.to_string()));
        let ours = || Ok(each(sync(&many)?, sync(&one)?));
        let compared = interleaved(ROUNDS_OF_LATER, ours, || Ok(each(theirs(TENANTS)?, theirs(1)?)))?;
        table.times(&format!("{LATER}{verb}"), &compared, goal);
    }
    Ok(())
}

/// A provider that answers without asking anybody, built as an author would.
fn nowhere(world: &World) -> Outcome<PathBuf> {
    let dir = world.empty_project("authored")?;
    capture(&mut world.command(&dir, &["plugin", "new", NOWHERE]))?;
    let source = places::repository().join("tests/bench-plugin/src/lib.rs");
    let code = dir.join(NOWHERE).join("src/lib.rs");
    std::fs::copy(&source, &code).map_err(|e| Failure::file("copy", &source, &e))?;
    let mut build = world.command(&dir, &["plugin", "build", NOWHERE]);
    capture(build.env("CARGO_TARGET_DIR", world.path("guests")))?;
    Ok(dir.join(NOWHERE).join(NOWHERE).with_extension("wasm"))
}

/// A project with so many tenants of that provider.
fn tenants(world: &World, plugin: &Path, name: &str, count: u32) -> Outcome<PathBuf> {
    let project = world.empty_project(name)?;
    capture(&mut world.command(&project, &["plugin", "install", &plugin.display().to_string(), "--yes"]))?;
    for number in 0..count {
        let tenant = format!("shop-{number}");
        let words = ["cloud", "tenant", "create", "--type", "cloud", "--provider", NOWHERE, "--name", &tenant];
        capture(&mut world.command(&project, &words))?;
    }
    checkpoint(&project)?;
    Ok(project)
}

/// What a process takes more than the same one that asks no plugin; at least what can be told apart.
fn more(with: Duration, without: Duration) -> Duration {
    const LEAST: Duration = Duration::from_micros(50);
    with.saturating_sub(without).max(LEAST)
}

struct Theirs {
    program: PathBuf,
    plugin: PathBuf,
    /// Of Wasmtime's cache.
    config: PathBuf,
}

impl Theirs {
    fn command(&self, verb: &str) -> Command {
        let mut command = Command::new(&self.program);
        command.arg(verb).arg(&self.plugin).arg(&self.config);
        command
    }
}
