//! Reading every event back: through the model, beside rusqlite on the same file.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use super::Bench;
use super::measure::interleaved;
use super::table::{Goal, Table};
use crate::process::{Failure, Outcome, capture};
use crate::world::log_of;

/// Each takes seconds.
const ROUNDS: usize = 9;

pub(crate) fn run(bench: &Bench, table: &mut Table) -> Outcome {
    let log = log_of(&bench.logs()?.long);
    let by = |verb: &str| told(bench.helper(&[verb]).arg(&log));
    let compared = interleaved(ROUNDS, || by("replay"), || by("rusqlite"))?;
    table.times("replay and decode / rusqlite and serde_json", &compared, Goal::Rate(0.8));
    table.note(&format!("payload of an event: {} bytes on the average", payload_bytes(&log)?));
    Ok(())
}

/// What a program says in its last line that it took, in nanoseconds.
pub(crate) fn told(command: &mut Command) -> Outcome<Duration> {
    let said = capture(command)?;
    let taken = said.lines().last().unwrap_or_default().parse().map(Duration::from_nanos);
    taken.map_err(|_| Failure::new(format!("{} said `{}`", command.get_program().display(), said.trim())))
}

/// So that the reader knows what an event is here.
fn payload_bytes(log: &Path) -> Outcome<String> {
    let query = "SELECT CAST(avg(length(CAST(payload AS BLOB))) AS INTEGER) FROM events";
    capture(Command::new("sqlite3").arg("-readonly").arg(log).arg(query)).map(|said| said.trim().to_owned())
}
