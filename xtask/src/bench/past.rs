//! Asking a log for what was true, and for who made it so, beside what is true now.

use std::path::Path;
use std::process::Command;

use super::Bench;
use super::logs::Logs;
use super::measure::{interleaved, whole_process};
use super::table::{Goal, Table};
use crate::process::{Failure, Outcome, capture};
use crate::world::log_of;

const ROUNDS: usize = 40;
const LIST: [&str; 3] = ["cloud", "tenant", "list"];
const BLAME: [&str; 3] = ["history", "blame", "project-500-prod"];

pub(crate) fn run(bench: &Bench, table: &mut Table) -> Outcome {
    let logs = bench.logs()?;
    // In the long log the middle; in the short one, where its tenants are all there.
    let long = (head(&logs.long)? / 2).to_string();
    let short = head(&logs.short)?.saturating_sub(1).to_string();
    let at = |position| [&LIST[..], &["--at", position]].concat();
    let rows = [("cloud tenant list --at", at(&long), at(&short)), ("history blame", BLAME.to_vec(), BLAME.to_vec())];
    for (name, on_long, on_short) in rows {
        let compared = interleaved(ROUNDS, || once(logs, &logs.long, &on_long), || once(logs, &logs.long, &LIST))?;
        table.times(&format!("{name} / cloud tenant list"), &compared, Goal::AtMost(1.5));
        let compared = interleaved(ROUNDS, || once(logs, &logs.long, &on_long), || once(logs, &logs.short, &on_short))?;
        table.times(&format!("{name}: long log / short log"), &compared, Goal::AtMost(1.5));
    }
    Ok(())
}

fn once(logs: &Logs, project: &Path, words: &[&str]) -> Outcome<std::time::Duration> {
    whole_process(&mut logs.world.command(project, words))
}

/// Events in the log of a project.
fn head(project: &Path) -> Outcome<u64> {
    let query = "SELECT position FROM chain";
    let said = capture(Command::new("sqlite3").arg("-readonly").arg(log_of(project)).arg(query))?;
    said.trim().parse().map_err(|_| Failure::new(format!("sqlite3 said `{}`", said.trim())))
}
