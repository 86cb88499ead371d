//! Taking in a whole history, beside bare sqlx that inserts the same rows, as many a statement and a commit.

use std::path::Path;
use std::time::Duration;

use super::Bench;
use super::measure::{Round, compared};
use super::replay::told;
use super::table::{Goal, Table};
use crate::process::{Failure, Outcome, capture};
use crate::world::{World, checkpoint, log_of};

const ROUNDS: u32 = 7;
/// The rate is the same with more.
const EVENTS: &str = "200000";

pub(crate) fn run(bench: &Bench, table: &mut Table) -> Outcome {
    let world = World::new(&bench.program, "import")?;
    let project = world.project("few", 3)?;
    told(bench.helper(&["fill"]).arg(log_of(&project)).arg(EVENTS))?;
    checkpoint(&project)?;
    let rounds = rounds(bench, &log_of(&project), ROUNDS)?;
    table.times(&format!("import of {EVENTS} events / bare sqlx"), &compared(&rounds)?, Goal::None);
    Ok(())
}

/// Durations of ours and of the bare one. New logs are made beside this one.
pub(crate) fn rounds(bench: &Bench, log: &Path, times: u32) -> Outcome<Vec<Round>> {
    let said = capture(bench.helper(&["bulk"]).arg(log).arg(times.to_string()))?;
    let parse = |line: &str| {
        let (ours, bare) = line.split_once(' ')?;
        Some((Duration::from_nanos(ours.parse().ok()?), Duration::from_nanos(bare.parse().ok()?)))
    };
    // The first line says how many events there are.
    let rounds =
        said.lines().skip(1).map(|line| parse(line).ok_or_else(|| Failure::new(format!("`bulk` said `{line}`"))));
    rounds.collect()
}
