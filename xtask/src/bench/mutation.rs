//! A change without a provider: how often it waits for the disk, and how long it takes beside bare sqlx.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use super::Bench;
use super::measure::{compared, interleaved, whole_process};
use super::table::{Goal, Table};
use crate::process::{Failure, Outcome, capture, run as run_program};
use crate::world::{World, checkpoint, log_of};

/// Three tenants: one is selected, and two take turns.
const FEW: u32 = 3;
const MANY: u32 = 1_000;
const ROUNDS: usize = 40;
/// Few enough that the write-ahead log is as short for both: only the program empties a long one.
const TRANSACTIONS: u32 = 60;
/// Where the threads of a process happen to run makes a factor of two, so that one process says little.
const PROCESSES: u32 = 12;
/// Commits in one process, of which a first one is no measure: it makes the files beside the database.
const COMMITS: u64 = 20;

pub(crate) fn run(bench: &Bench, table: &mut Table) -> Outcome {
    let world = World::new(&bench.program, "mutation")?;
    let project = world.project("few", FEW)?;
    capture(&mut world.command(&project, &["cloud", "tenant", "select", "project-0"]))?;
    let bare = world.copy(&project, "bare")?;

    let of = |verb: &str, project: &Path| syncs_of_a_commit(bench, &world, verb, project);
    table.counted("syncs of one commit", of("select", &project)?, of("insert", &bare)?, Some(1));
    let mut rounds = Vec::new();
    for _ in 0..PROCESSES {
        rounds.extend(transactions(bench, &project, &bare)?);
        // Whoever opens a log reads its write-ahead log first.
        checkpoint(&project)?;
        checkpoint(&bare)?;
    }
    table.times("a commit of the model / bare sqlx", &compared(&rounds)?, Goal::Below(1.3));

    let select = ["cloud", "tenant", "select", "project-0"];
    let mut insert = bench.helper(&["insert"]);
    insert.arg(log_of(&bare)).arg("1");
    whole_command(&world, &project, &mut insert, "3 tenants", table)?;
    // Now the files beside the log are as the command before left them, and `project-1` is selected.
    let (ours, reference) = (syncs(&world, &world.command(&project, &select))?, syncs(&world, &insert)?);
    table.counted("syncs of `cloud tenant select`, all files", ours, reference, None);

    let many = world.project("many", MANY)?;
    whole_command(&world, &many, &mut insert, "1,000 tenants", table)
}

/// The command as a whole process, beside a program that opens the same kind of log and inserts the same rows.
fn whole_command(world: &World, project: &Path, insert: &mut Command, size: &str, table: &mut Table) -> Outcome {
    let mut names = ["project-0", "project-1"].into_iter().cycle();
    let mut select = || {
        let name = names.next().unwrap_or_default();
        whole_process(&mut world.command(project, &["cloud", "tenant", "select", name]))
    };
    let compared = interleaved(ROUNDS, &mut select, || whole_process(insert))?;
    table.times(&format!("cloud tenant select, {size}"), &compared, Goal::Below(1.3));
    Ok(())
}

/// Transactions in one process, ours and a bare one in turn.
fn transactions(bench: &Bench, project: &Path, bare: &Path) -> Outcome<Vec<(Duration, Duration)>> {
    let mut command = bench.helper(&["compare"]);
    let said = capture(command.arg(log_of(project)).arg(log_of(bare)).arg(TRANSACTIONS.to_string()))?;
    let parse = |line: &str| {
        let (ours, bare) = line.split_once(' ')?;
        Some((Duration::from_nanos(ours.parse().ok()?), Duration::from_nanos(bare.parse().ok()?)))
    };
    said.lines().map(|line| parse(line).ok_or_else(|| Failure::new(format!("the helper said `{line}`")))).collect()
}

/// What one commit more costs in syncs, so that what opening and closing cost does not count.
fn syncs_of_a_commit(bench: &Bench, world: &World, verb: &str, project: &Path) -> Outcome<u64> {
    let times = |times: u64| {
        let mut command = bench.helper(&[verb]);
        command.arg(log_of(project)).arg(times.to_string());
        syncs(world, &command)
    };
    let (one, more) = (times(1)?, times(1 + COMMITS)?);
    let (each, rest) = ((more - one) / COMMITS, (more - one) % COMMITS);
    if rest == 0 { Ok(each) } else { Err(Failure::new(format!("{COMMITS} commits made {} syncs", more - one))) }
}

/// How often a process waits for a disk.
fn syncs(world: &World, traced: &Command) -> Outcome<u64> {
    let file = world.path("syncs");
    let mut command = Command::new("strace");
    command.args(["-f", "-qq", "-e", "trace=fsync,fdatasync,sync_file_range,syncfs,sync", "-o"]).arg(&file);
    command.arg(traced.get_program()).args(traced.get_args());
    for (name, value) in traced.get_envs() {
        command.envs(value.map(|value| (name, value)));
    }
    if let Some(dir) = traced.get_current_dir() {
        command.current_dir(dir);
    }
    run_program(command.stdout(std::process::Stdio::null()))?;
    let said = std::fs::read_to_string(&file).map_err(|e| Failure::file("read", &file, &e))?;
    Ok(said.lines().filter(|line| line.contains("sync") && !line.contains("<unfinished")).count() as u64)
}
