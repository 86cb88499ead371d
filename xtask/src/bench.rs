//! `cargo xtask bench`: measures the program against what it is built on, and prints one table. It asserts nothing.
//!
//! Each figure is a ratio of two whole processes that ran in turn on the same machine, so that a busy machine slows both.
//! A row is a file in `bench/`; what a row needs of `PostgreSQL` is in `bench/cluster.rs`.

mod asked;
mod cloud;
mod cluster;
mod create;
mod extism;
mod import;
mod installed;
mod logs;
mod machine;
mod markdown;
mod measure;
mod mutation;
mod past;
mod peers;
mod plugin;
mod read;
mod replay;
mod start;
mod table;
mod verify;

use std::cell::OnceCell;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::debian;
use crate::options::Options;
use crate::order;
use crate::places;
use crate::process::{Failure, Outcome, cargo, find, run as run_program};
use crate::setup;
use crate::toolchain;

use asked::Asked;
use logs::Logs;
use table::Table;

/// A row of the table.
struct Row {
    name: &'static str,
    /// It builds what is not ours, so that it is measured only when it is asked for.
    is_dear: bool,
    measure: fn(&Bench, &mut Table) -> Outcome,
}

const fn row(name: &'static str, measure: fn(&Bench, &mut Table) -> Outcome) -> Row {
    Row { name, is_dear: false, measure }
}

const ROWS: &[Row] = &[
    row("read", read::run),
    row("start", start::run),
    row("replay", replay::run),
    row("verify", verify::run),
    row("past", past::run),
    row("mutation", mutation::run),
    row("import", import::run),
    row("plugin", plugin::run),
    row("installed", installed::run),
    row("create", create::run),
    row("cloud", cloud::run),
    Row { name: "extism", is_dear: true, measure: extism::run },
    Row { name: "peers", is_dear: true, measure: peers::run },
];

/// Programs that the rows run beside ours, and Debian's package that has them.
const PROGRAMS: &[(&str, &str)] = &[
    ("sqlite3", "sqlite3"),
    ("strace", "strace"),
    ("time", "time"),
    ("setpriv", "util-linux"),
    ("git", "git"),
    ("nm", "binutils"),
];

/// What every row works with.
pub(crate) struct Bench {
    /// The program.
    program: PathBuf,
    /// Its helper, which fills a log and knows the bare transaction.
    helper: PathBuf,
    /// Neon's command line, where it could be had.
    neonctl: Option<PathBuf>,
    /// Events in the long log.
    events: u64,
    /// The projects that several rows read, once one of them has asked.
    logs: OnceCell<Logs>,
}

pub(crate) fn run(options: &Options) -> Outcome {
    let asked = Asked::parse(&options.rest)?;
    setup::ensure_postgresql(options)?;
    let missing: Vec<&str> =
        PROGRAMS.iter().filter(|(program, _)| find(program).is_none()).map(|(_, package)| *package).collect();
    if !missing.is_empty() {
        debian::install(&missing, options)?;
    }
    println!("toolchain: {}", toolchain::ensure(options)?);
    let neonctl = if asked.wants("start", false) { start::neonctl(options) } else { None };
    let bench = build(asked.events(), neonctl)?;
    let mut table = Table::begin(bench.events);
    let mut measured = Ok(());
    for Row { name, measure, .. } in ROWS.iter().filter(|row| asked.wants(row.name, row.is_dear)) {
        println!("measuring: {name}");
        // What the other rows say is shown all the same.
        measured = measured.and(measure(&bench, &mut table));
    }
    table.print()?;
    let written = asked.markdown.as_deref().map_or(Ok(()), |file| markdown::renew(file, &table));
    measured.and(written)
}

fn build(events: u64, neonctl: Option<PathBuf>) -> Outcome<Bench> {
    println!("building systemprompt (release; the first time takes minutes)");
    let target = places::target()?;
    let mut command = cargo();
    command.args([
        "build",
        "--quiet",
        "--release",
        "--package",
        "systemprompt-host",
        "--package",
        "systemprompt-bench",
        "--package",
        "systemprompt-fake-fly",
    ]);
    run_program(command.current_dir(places::repository()).env("CARGO_TARGET_DIR", &target))?;
    let release = target.join("release");
    order::warn_if_old(&release.join("systemprompt"))?;
    let (program, helper) = (installed(&target, &release.join("systemprompt"))?, release.join("systemprompt-bench"));
    Ok(Bench { program, helper, neonctl, events, logs: OnceCell::new() })
}

/// A program as a user has it who just installed it: a copy. What a linker writes lies in the system's cache in small
/// pieces, and starts a sixth slower than the same bytes in large ones; `docs/performance.md` says when a copy does, too.
fn installed(target: &Path, built: &Path) -> Outcome<PathBuf> {
    let dir = target.join("bench");
    places::make_dir(&dir)?;
    let program = dir.join(built.file_name().unwrap_or_default());
    places::remove_file(&program)?;
    std::fs::copy(built, &program).map_err(|e| Failure::file("copy", built, &e))?;
    Ok(program)
}

impl Bench {
    /// The helper with these words.
    fn helper(&self, words: &[&str]) -> Command {
        let mut command = Command::new(&self.helper);
        command.args(words);
        command
    }

    /// The projects that several rows read, made when the first asks.
    fn logs(&self) -> Outcome<&Logs> {
        if let Some(logs) = self.logs.get() {
            return Ok(logs);
        }
        let logs = Logs::make(self)?;
        Ok(self.logs.get_or_init(|| logs))
    }
}
