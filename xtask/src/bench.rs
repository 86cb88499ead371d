//! `cargo xtask bench`: measures the program against what it is built on, and prints one table. It asserts nothing.
//!
//! Each figure is a ratio of two whole processes that ran in turn on the same machine, so that a busy machine slows both.
//! A row is a file in `bench/`; what a row needs of `PostgreSQL` is in `bench/cluster.rs`.

mod cluster;
mod create;
mod measure;
mod mutation;
mod plugin;
mod read;
mod table;
mod world;

use std::path::PathBuf;
use std::process::Command;

use crate::debian;
use crate::options::Options;
use crate::places;
use crate::process::{Failure, Outcome, cargo, find, run as run_program};
use crate::setup;
use crate::toolchain;

use table::Table;

const USAGE: &str = "usage: cargo xtask bench [--quick] [--only ROW], where ROW is read, mutation, plugin or create";

/// A row of the table: its name, and what measures it.
type Row = (&'static str, fn(&Bench, &mut Table) -> Outcome);

const ROWS: &[Row] =
    &[("read", read::run), ("mutation", mutation::run), ("plugin", plugin::run), ("create", create::run)];

/// Programs that the rows run beside ours, and Debian's package that has them.
const PROGRAMS: &[(&str, &str)] =
    &[("sqlite3", "sqlite3"), ("strace", "strace"), ("time", "time"), ("setpriv", "util-linux")];

/// What every row works with.
pub(crate) struct Bench {
    /// The program.
    program: PathBuf,
    /// Its helper, which fills a log and knows the bare transaction.
    helper: PathBuf,
    /// Events in the long log.
    events: u64,
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
    let bench = build(asked.events())?;
    let mut table = Table::begin(bench.events);
    let mut measured = Ok(());
    for (name, measure) in ROWS.iter().filter(|(name, _)| asked.only.is_none_or(|only| only == *name)) {
        println!("measuring: {name}");
        // What the other rows say is shown all the same.
        measured = measured.and(measure(&bench, &mut table));
    }
    table.print();
    measured
}

/// What was asked for.
#[derive(Debug, PartialEq, Eq)]
struct Asked {
    quick: bool,
    only: Option<&'static str>,
}

impl Asked {
    fn parse(words: &[String]) -> Outcome<Self> {
        let mut asked = Self { quick: false, only: None };
        let mut words = words.iter().map(String::as_str);
        while let Some(word) = words.next() {
            match word {
                "--quick" => asked.quick = true,
                "--only" => asked.only = Some(row(words.next().unwrap_or_default())?),
                _ => return Err(Failure::new(format!("`{word}` is not known; {USAGE}"))),
            }
        }
        Ok(asked)
    }

    fn events(&self) -> u64 {
        if self.quick { 100_000 } else { 1_000_000 }
    }
}

fn row(name: &str) -> Outcome<&'static str> {
    let found = ROWS.iter().find(|(row, _)| *row == name);
    found.map(|(row, _)| *row).ok_or_else(|| Failure::new(format!("`{name}` is no row; {USAGE}")))
}

fn build(events: u64) -> Outcome<Bench> {
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
    ]);
    run_program(command.current_dir(places::repository()).env("CARGO_TARGET_DIR", &target))?;
    let release = target.join("release");
    Ok(Bench { program: release.join("systemprompt"), helper: release.join("systemprompt-bench"), events })
}

impl Bench {
    /// The helper with these words.
    fn helper(&self, words: &[&str]) -> Command {
        let mut command = Command::new(&self.helper);
        command.args(words);
        command
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Outcome<Asked> {
        Asked::parse(&line.split_whitespace().map(String::from).collect::<Vec<_>>())
    }

    #[test]
    fn a_row_is_chosen_by_name_and_a_wrong_one_is_told_the_names() {
        assert_eq!(parse("--quick --only plugin").unwrap(), Asked { quick: true, only: Some("plugin") });
        assert_eq!(parse("").unwrap().events(), 1_000_000);
        let failure = parse("--only sqlite").unwrap_err().to_string();
        assert!(failure.contains("read, mutation, plugin or create"), "{failure}");
        assert!(parse("--only").is_err() && parse("--fast").is_err());
    }
}
