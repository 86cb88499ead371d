//! Other event stores with the same events: sqlite-es, and `UmaDB`'s storage engine.
//!
//! They live in a workspace of their own, which is built here.

use std::cell::Cell;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use super::import;
use super::measure::interleaved;
use super::replay::told;
use super::table::{Goal, Table};
use super::{Bench, installed};
use crate::places;
use crate::process::{Failure, Outcome, cargo, run as run_program};
use crate::world::{World, checkpoint, log_of};

/// Each makes a new file.
const ROUNDS: usize = 5;
/// Events in those files: rates are the same with more.
const EVENTS: &str = "200000";
/// Commits of one event each.
const COMMITS: &str = "2000";
const BATCH: &str = "1000";
const STORES: [&str; 2] = ["sqlite-es", "umadb"];

pub(crate) fn run(bench: &Bench, table: &mut Table) -> Outcome {
    let world = World::new(&bench.program, "peers")?;
    let program = build("tests/bench-peers", "systemprompt-bench-peers")?;
    let rivals = Rivals { program, world: &world, files: Cell::new(0) };
    let few = world.project("few", 3)?;
    checkpoint(&few)?;
    let filled = world.copy(&few, "filled")?;
    told(bench.helper(&["fill"]).arg(log_of(&filled)).arg(EVENTS))?;
    checkpoint(&filled)?;
    let source = log_of(&filled);

    for store in STORES {
        let ours = || rivals.ours(bench, &few, &["select"], COMMITS);
        let compared = interleaved(ROUNDS, ours, || rivals.append(store, &source, COMMITS, "1"))?;
        table.times(&format!("{COMMITS} commits of an event / {store}"), &compared, Goal::None);
    }
    for (store, goal) in STORES.into_iter().zip([Goal::Rate(3.0), Goal::Rate(0.5)]) {
        let ours = || {
            let rounds = import::rounds(bench, &source, 1)?;
            rounds.first().map(|(ours, _)| *ours).ok_or_else(|| Failure::new("nothing was imported"))
        };
        let compared = interleaved(ROUNDS, ours, || rivals.append(store, &source, EVENTS, BATCH))?;
        table.times(&format!("import of {EVENTS} events / {store}, {BATCH} a commit"), &compared, goal);
    }
    for (store, goal) in STORES.into_iter().zip([Goal::Rate(4.0), Goal::None]) {
        let file = world.path(&format!("{store}.db"));
        told(rivals.command(&["append", store]).arg(&source).arg(&file).args([EVENTS, BATCH]))?;
        let ours = || told(bench.helper(&["replay"]).arg(&source));
        let compared = interleaved(ROUNDS, ours, || told(rivals.command(&["load", store]).arg(&file)))?;
        table.times(&format!("replay of {EVENTS} events / {store}"), &compared, goal);
    }
    Ok(())
}

struct Rivals<'a> {
    program: PathBuf,
    world: &'a World,
    /// Files made so far.
    files: Cell<u32>,
}

impl Rivals<'_> {
    fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(&self.program);
        command.args(words);
        command
    }

    fn next(&self) -> String {
        self.files.set(self.files.get() + 1);
        format!("{}", self.files.get())
    }

    /// A new file of theirs.
    fn append(&self, store: &str, source: &Path, events: &str, batch: &str) -> Outcome<Duration> {
        let dir = self.world.empty_project(&self.next())?;
        let file = dir.join("store.db");
        let taken = told(self.command(&["append", store]).arg(source).arg(file).args([events, batch]));
        places::remove_dir(&dir).and(taken)
    }

    /// A new log of ours.
    fn ours(&self, bench: &Bench, few: &Path, words: &[&str], count: &str) -> Outcome<Duration> {
        let project = self.world.copy(few, &self.next())?;
        let taken = told(bench.helper(words).arg(log_of(&project)).arg(count));
        places::remove_dir(&project).and(taken)
    }
}

/// Builds a program of a workspace of its own.
pub(crate) fn build(workspace: &str, program: &str) -> Outcome<PathBuf> {
    println!("building {program} (release; the first time takes minutes)");
    let dir = places::repository().join(workspace);
    let target = places::target()?.join("peers");
    let mut command = cargo();
    command.args(["build", "--quiet", "--locked", "--release"]).current_dir(&dir).env("CARGO_TARGET_DIR", &target);
    run_program(&mut command)?;
    installed(&target, &target.join("release").join(program))
}
