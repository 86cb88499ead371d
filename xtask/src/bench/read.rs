//! Read commands on 1,000 tenants and a long log, beside the `sqlite3` shell with the same queries on the same file.

use std::path::Path;
use std::process::Command;

use super::Bench;
use super::logs::Logs;
use super::measure::{interleaved, whole_process};
use super::table::{Goal, Table};
use super::world::{World, log_of};
use crate::process::{Failure, Outcome, capture};

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

/// A command, and the queries whose rows it prints.
const READS: &[(&[&str], &str)] = &[
    (&["cloud", "tenant", "list"], tenants!("ORDER BY created_at, key")),
    (&["cloud", "tenant", "show", "project-500-prod"], tenants!("AND name = 'project-500-prod'")),
    (&["which"], tenants!("AND key = (SELECT tenant FROM selection WHERE valid_to IS NULL)")),
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
    completion(world, long, table)?;
    flatness(world, long, short, table)?;
    memory(world, long, table)
}

fn shell(project: &Path, query: &str) -> Command {
    let mut command = Command::new("sqlite3");
    command.arg("-readonly").arg(log_of(project)).arg(query);
    command
}

/// What a shell waits for when somebody presses the tabulator behind the beginning of a tenant's name.
fn completion(world: &World, long: &Path, table: &mut Table) -> Outcome {
    let words = ["--", "systemprompt", "cloud", "tenant", "show", "project-50"];
    let offer = || {
        let mut command = world.command(long, &words);
        command.env("SYSTEMPROMPT_COMPLETE", "bash").env("_CLAP_COMPLETE_INDEX", "4");
        command
    };
    let offered = capture(&mut offer())?;
    if !offered.starts_with("project-50") {
        return Err(Failure::new(format!("no tenant is offered: `{offered}`")));
    }
    let query = "SELECT name, key, tenant_type, region FROM tenants WHERE valid_to IS NULL \
                 AND (name GLOB 'project-50*' OR key GLOB 'project-50*') ORDER BY created_at, key";
    let compared = interleaved(ROUNDS, || whole_process(&mut offer()), || whole_process(&mut shell(long, query)))?;
    table.times("completion of a tenant's name", &compared, Goal::AtMost(1.5));
    Ok(())
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
    command.args(["-f", "%M", "-o"]).arg(&file).arg(measured.get_program()).args(measured.get_args());
    for (name, value) in measured.get_envs() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    if let Some(dir) = measured.get_current_dir() {
        command.current_dir(dir);
    }
    capture(&mut command)?;
    let said = std::fs::read_to_string(&file).map_err(|e| Failure::file("read", &file, &e))?;
    said.trim().parse().map_err(|_| Failure::new(format!("`time` said `{}`", said.trim())))
}
