//! Proving a whole log, beside a checksum of its file.

use std::process::Command;

use super::Bench;
use super::measure::{interleaved, whole_process};
use super::table::{Goal, Table};
use crate::process::Outcome;
use crate::world::log_of;

/// Each takes seconds.
const ROUNDS: usize = 7;

pub(crate) fn run(bench: &Bench, table: &mut Table) -> Outcome {
    let logs = bench.logs()?;
    let verify = || whole_process(&mut logs.world.command(&logs.long, &["history", "verify"]));
    let checksum = || whole_process(Command::new("sha256sum").arg(log_of(&logs.long)));
    let compared = interleaved(ROUNDS, verify, checksum)?;
    table.times("history verify / sha256sum of the file", &compared, Goal::AtMost(5.0));
    Ok(())
}
