//! From a plugin that was compiled before to its first answer, beside the least program on Extism.
//!
//! That program lives in a workspace of its own, which is built here.

use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use super::Bench;
use super::measure::{interleaved, whole_process};
use super::peers;
use super::table::{Goal, Table};
use crate::process::{Outcome, capture};
use crate::world::World;

const ROUNDS: usize = 40;

/// Of the plugin for Extism: what the provider has that ours asks.
const PLUGIN_BYTES: &str = "300000";

/// Each beside its process without a plugin, so that the difference is from the cache to the answer. Ours asks a provider
/// about its server; what is taken from it is a command that also opens the log of the project, which has no
/// tenant. Theirs has two bytes to say.
pub(crate) fn run(bench: &Bench, table: &mut Table) -> Outcome {
    let program = peers::build("tests/bench-extism", "systemprompt-bench-extism")?;
    let world = World::new(&bench.program, "extism")?;
    let project = world.empty_project("project")?;
    let theirs = Theirs { program, plugin: world.path("plugin.wasm"), config: world.path("cache.toml") };
    capture(theirs.command("prepare").arg(world.path("cache-of-wasmtime")).arg(PLUGIN_BYTES))?;
    capture(&mut world.command(&project, &["infra", "db", "up", "--provider", "native"]))?;

    let run = |words: &[&str]| whole_process(&mut world.command(&project, words));
    let ours =
        || Ok(more(run(&["infra", "db", "status", "--provider", "native"])?, run(&["cloud", "tenant", "list"])?));
    let theirs = || {
        let [answer, nothing] = ["answer", "nothing"].map(|verb| whole_process(&mut theirs.command(verb)));
        Ok(more(answer?, nothing?))
    };
    let compared = interleaved(ROUNDS, ours, theirs);
    world.stop_server(&project)?;
    table.times("from cache to a plugin's first answer / Extism", &compared?, Goal::Rate(3.0));
    Ok(())
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
