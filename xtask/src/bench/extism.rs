//! From a plugin that was compiled before to its first answer, beside the least program on Extism.
//!
//! That program lives in a workspace of its own, which is built here.

use std::path::PathBuf;
use std::process::Command;

use super::Bench;
use super::measure::{interleaved, whole_process};
use super::peers;
use super::table::{Goal, Table};
use super::world::World;
use crate::process::{Outcome, capture};

const ROUNDS: usize = 40;

/// Ours asks a whole provider about its server, which is not there, and looks at the project as well; theirs has two
/// bytes to say and does nothing else.
pub(crate) fn run(bench: &Bench, table: &mut Table) -> Outcome {
    let program = peers::build("tests/bench-extism", "systemprompt-bench-extism")?;
    let world = World::new(bench, "extism")?;
    let project = world.empty_project("project")?;
    let theirs = Theirs { program, plugin: world.path("plugin.wasm"), config: world.path("cache.toml") };
    capture(theirs.command("prepare").arg(world.path("cache-of-wasmtime")))?;

    let ours = || whole_process(&mut world.command(&project, &["infra", "db", "status", "--provider", "native"]));
    let compared = interleaved(ROUNDS, ours, || whole_process(&mut theirs.command("answer")))?;
    table.times("a plugin's first answer, compiled before / Extism", &compared, Goal::Rate(3.0));
    Ok(())
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
