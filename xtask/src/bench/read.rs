//! Read commands on 1,000 tenants and a long log, beside the `sqlite3` shell with the same queries on the same file.

use std::path::Path;
use std::process::{Command, Stdio};

use super::Bench;
use super::logs::Logs;
use super::measure::{interleaved, whole_process};
use super::table::{Goal, Table};
use crate::process::{Failure, Outcome, capture};
use crate::world::{World, log_of, through};

const ROUNDS: usize = 60;
/// Processes whose peak memory is looked at; it hardly differs.
const MEMORY_RUNS: usize = 3;

macro_rules! tenants {
    ($where:literal) => {
        concat!(
            "SELECT key, name, tenant_type, provider, region, state, config, resources, operation, created_at, \
             updated_at, protected FROM tenants WHERE valid_to IS NULL ",
            $where,
            "; SELECT tenant FROM selection WHERE valid_to IS NULL"
        )
    };
}

const LISTED: &str = tenants!("ORDER BY created_at, key");
const SELECTED: &str = tenants!("AND key = (SELECT tenant FROM selection WHERE valid_to IS NULL)");
const COMPLETED: &str = "SELECT name, key, tenant_type, region FROM tenants WHERE valid_to IS NULL \
                         AND (name GLOB 'project-50*' OR key GLOB 'project-50*') ORDER BY created_at, key";

/// A command, and the queries whose rows it prints.
const READS: &[(&[&str], &str)] = &[
    (&["cloud", "tenant", "list"], LISTED),
    (&["cloud", "tenant", "show", "project-500-prod"], tenants!("AND name = 'project-500-prod'")),
    (&["which"], SELECTED),
    (&["history", "log"], "SELECT * FROM events ORDER BY position DESC LIMIT 50"),
    (
        &["history", "log", "--tenant", "project-500-prod"],
        "SELECT * FROM events WHERE stream IN (SELECT 'operation/' || key FROM operations WHERE valid_to IS NULL \
         AND tenant = '999bc654-9a64-49bc-98be-db976fc801f4' \
         UNION ALL SELECT 'tenant/999bc654-9a64-49bc-98be-db976fc801f4') ORDER BY position DESC LIMIT 50",
    ),
];

pub(crate) fn run(bench: &Bench, table: &mut Table) -> Outcome {
    let Logs { world, short, long } = bench.logs()?;
    for (words, query) in READS {
        let line = words.join(" ");
        let ours = || whole_process(&mut world.command(long, words));
        let compared = interleaved(ROUNDS, ours, || whole_process(&mut shell(long, query)))?;
        table.times(&line, &compared, Goal::AtMost(1.5));
    }
    let offered = capture(&mut completion(world, &bench.program, long))?;
    if !offered.starts_with("project-50") {
        return Err(Failure::new(format!("no tenant is offered: `{offered}`")));
    }
    let offer = || whole_process(&mut completion(world, &bench.program, long));
    let compared = interleaved(ROUNDS, offer, || whole_process(&mut shell(long, COMPLETED)))?;
    table.times("completion of a tenant's name", &compared, Goal::AtMost(1.5));
    reclaimed(bench, table)?;
    flatness(world, long, short, table)?;
    memory(world, long, table)
}

/// The same from a program whose pages the system took back and reads again when they are needed: in small pieces.
fn reclaimed(bench: &Bench, table: &mut Table) -> Outcome {
    let Logs { world, long, .. } = bench.logs()?;
    let program = bench.program.with_file_name("systemprompt-reclaimed");
    std::fs::copy(&bench.program, &program).map_err(|e| Failure::file("copy", &bench.program, &e))?;
    // GNU dd tells the system so of a whole file when it is to copy nothing of it.
    let advice = ["oflag=nocache", "conv=notrunc,fdatasync", "count=0", "status=none"];
    capture(Command::new("dd").arg(format!("of={}", program.display())).args(advice).stdin(Stdio::null()))?;
    let asked = [(&["cloud", "tenant", "list"][..], LISTED), (&["which"], SELECTED)];
    for (words, query) in asked {
        let ours = || whole_process(&mut world.command_of(&program, long, words, "cache"));
        let compared = interleaved(ROUNDS, ours, || whole_process(&mut shell(long, query)))?;
        table.times(&format!("{}, its pages taken back", words.join(" ")), &compared, Goal::AtMost(1.5));
    }
    let offer = || whole_process(&mut completion(world, &program, long));
    let compared = interleaved(ROUNDS, offer, || whole_process(&mut shell(long, COMPLETED)))?;
    table.times("completion, its pages taken back", &compared, Goal::AtMost(1.5));
    Ok(())
}

/// What a shell waits for when somebody presses the tabulator behind the beginning of a tenant's name.
fn completion(world: &World, program: &Path, long: &Path) -> Command {
    let words = ["--", "systemprompt", "cloud", "tenant", "show", "project-50"];
    let mut command = world.command_of(program, long, &words, "cache");
    command.env("SYSTEMPROMPT_COMPLETE", "bash").env("_CLAP_COMPLETE_INDEX", "4");
    command
}

fn shell(project: &Path, query: &str) -> Command {
    let mut command = Command::new("sqlite3");
    command.arg("-readonly").arg(log_of(project)).arg(query);
    command
}

/// The same command on the long log and on one that holds little more than the tenants.
fn flatness(world: &World, long: &Path, short: &Path, table: &mut Table) -> Outcome {
    for (words, _) in READS.iter().take(2) {
        let on = |project: &Path| whole_process(&mut world.command(project, words));
        let compared = interleaved(ROUNDS, || on(long), || on(short))?;
        let line = format!("{}: long log / short log", words.join(" "));
        table.times(&line, &compared, Goal::AtMost(1.1));
    }
    Ok(())
}

/// The most that any of the commands takes, and any of the shells.
fn memory(world: &World, long: &Path, table: &mut Table) -> Outcome {
    let (mut ours, mut reference) = (0, 0);
    for (words, query) in READS {
        for _ in 0..MEMORY_RUNS {
            ours = ours.max(peak_kib(world, &world.command(long, words))?);
            reference = reference.max(peak_kib(world, &shell(long, query))?);
        }
    }
    table.memory("peak memory of these", ours, reference, 40);
    Ok(())
}

/// The largest resident set of a process, as GNU time tells it.
fn peak_kib(world: &World, measured: &Command) -> Outcome<u64> {
    let file = world.path("peak");
    let mut command = Command::new("time");
    command.args(["-f", "%M", "-o"]).arg(&file);
    capture(&mut through(command, measured))?;
    let said = std::fs::read_to_string(&file).map_err(|e| Failure::file("read", &file, &e))?;
    said.trim().parse().map_err(|_| Failure::new(format!("`time` said `{}`", said.trim())))
}
