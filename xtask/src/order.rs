//! `cargo xtask order`: writes `host/order.ld`, which tells the linker to lay what a start runs next to each other.
//!
//! A function lies wherever its crate's code lies, so that a start that runs a fiftieth of the program touches pages all
//! over it. Valgrind sees which functions the commands run that people wait for; `host/build.rs` hands the list to the
//! linker. A list that is old costs speed and nothing else: what it names and is not there is passed over.

mod pattern;
mod profile;
mod script;

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::debian;
use crate::options::Options;
use crate::places;
use crate::process::{Failure, Outcome, capture, cargo, find, run as run_program};
use crate::toolchain;
use crate::world::{World, through};

/// What people and shells wait for. The first is run everywhere; of each that follows, what those before did not run.
const COMMANDS: &[&[&str]] = &[
    &["which"],
    &["cloud", "tenant", "list"],
    &["cloud", "tenant", "show", "project-2-prod"],
    &["history", "log"],
    &["cloud", "tenant", "list", "--at", "@"],
    &["history", "blame", "project-0"],
    &["cloud", "tenant", "list", "--json"],
    &["cloud", "tenant", "select", "project-1"],
];
/// What a shell says that wants to know how the last word goes on.
const COMPLETION: &[&str] = &["--", "systemprompt", "cloud", "tenant", "show", "project-"];
/// Enough that each branch of a list is gone through.
const TENANTS: u32 = 12;

pub(crate) fn run(options: &Options) -> Outcome {
    for (program, package) in [("valgrind", "valgrind"), ("nm", "binutils")] {
        if find(program).is_none() {
            debian::install(&[package], options)?;
        }
    }
    println!("toolchain: {}", toolchain::ensure(options)?);
    let program = build()?;
    let ran = profile(&program)?;
    let script = script::script(&ran, &symbols(&program)?);
    let file = file();
    std::fs::write(&file, &script.text).map_err(|e| Failure::file("write", &file, &e))?;
    println!("{} functions ran; {} patterns for {} KiB of code", ran.len(), script.patterns, script.bytes / 1024);
    println!("wrote {}", file.display());
    Ok(())
}

/// Says so when the list names much that the program no longer has.
pub(crate) fn warn_if_old(program: &Path) -> Outcome {
    let file = file();
    let script = std::fs::read_to_string(&file).map_err(|e| Failure::file("read", &file, &e))?;
    let (found, all) = script::found(&script, &symbols(program)?);
    println!("host/order.ld: {found} of {all} patterns find a function");
    if found * 10 < all * 9 {
        println!("warning: it has become old, and starts have become slower; run `cargo xtask order`");
    }
    Ok(())
}

fn file() -> PathBuf {
    places::repository().join("host/order.ld")
}

fn symbols(program: &Path) -> Outcome<script::Symbols> {
    Ok(script::Symbols::parse(&capture(Command::new("nm").arg("--print-size").arg(program))?))
}

fn build() -> Outcome<PathBuf> {
    println!("building systemprompt (release; the first time takes minutes)");
    let target = places::target()?;
    let mut command = cargo();
    command.args(["build", "--quiet", "--release", "--package", "systemprompt-host"]);
    run_program(command.current_dir(places::repository()).env("CARGO_TARGET_DIR", &target))?;
    Ok(target.join("release/systemprompt"))
}

/// The functions that ran, by their names for the linker, each once, in the order of commands.
fn profile(program: &Path) -> Outcome<Vec<String>> {
    let world = World::new(program, "order")?;
    let project = world.project("project", TENANTS)?;
    capture(&mut world.command(&project, &["cloud", "tenant", "select", "project-0"]))?;
    let mut ran = profile::Names::default();
    for words in COMMANDS {
        println!("running: systemprompt {}", words.join(" "));
        ran.add(&callgrind(&world, &world.command(&project, words))?);
    }
    println!("running: a completion");
    let mut completion = world.command(&project, COMPLETION);
    completion.env("SYSTEMPROMPT_COMPLETE", "bash").env("_CLAP_COMPLETE_INDEX", "4");
    ran.add(&callgrind(&world, &completion)?);
    Ok(ran.into_list())
}

/// What callgrind writes down of a command.
fn callgrind(world: &World, watched: &Command) -> Outcome<String> {
    let file = world.path("callgrind");
    let mut command = Command::new("valgrind");
    command.args(["--tool=callgrind", "--demangle=no"]);
    command.arg(format!("--callgrind-out-file={}", file.display()));
    capture(&mut through(command, watched))?;
    std::fs::read_to_string(&file).map_err(|e| Failure::file("read", &file, &e))
}
