//! Chores of this repository: `cargo xtask` lists them.
//!
//! Each chore is one file and one line of [`CHORES`]. They need nothing but the standard library and the programs that a
//! developer's machine has, or that `setup` installs.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a chore talks to the person who started it")]

mod bench;
mod demo;
mod image;
mod order;
mod setup;
mod test;
mod toolchain;

mod debian;
mod docker;
mod javascript;
mod npm;
mod options;
mod pip;
mod places;
mod prism;
mod process;
mod python;
mod registry;
mod rootfs;
mod world;
mod zig;

use std::process::ExitCode;

use options::Options;
use process::Outcome;

struct Chore {
    name: &'static str,
    about: &'static str,
    run: fn(&Options) -> Outcome,
}

const CHORES: &[Chore] = &[
    Chore { name: "demo", about: "try the real binary in a new directory, step by step", run: demo::run },
    Chore { name: "test", about: "install what the tests need, then run them all", run: test::run },
    Chore { name: "toolchain", about: "make this machine able to compile plugins", run: toolchain::run },
    Chore { name: "setup", about: "install and start what the tests need", run: setup::run },
    Chore { name: "bench", about: "measure speed and memory beside what it is built on", run: bench::run },
    Chore { name: "order", about: "find out which functions a start runs, for the linker", run: order::run },
    Chore { name: "image", about: "build the PostgreSQL image that the tests run", run: image::run },
];

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let name = arguments.next();
    let Some(chore) = CHORES.iter().find(|chore| Some(chore.name) == name.as_deref()) else {
        return explain(name.as_deref());
    };
    match (chore.run)(&Options::parse(arguments)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("error: {}: {failure}", chore.name);
            ExitCode::FAILURE
        }
    }
}

fn explain(asked: Option<&str>) -> ExitCode {
    let wanted = matches!(asked, None | Some("help" | "-h" | "--help"));
    if let Some(name) = asked.filter(|_| !wanted) {
        eprintln!("error: there is no chore `{name}`\n");
    }
    println!("usage: cargo xtask <chore> [--yes] [--dev] [arguments]\n");
    for chore in CHORES {
        println!("  {:<10} {}", chore.name, chore.about);
    }
    println!("\n  --yes      install missing programs without asking (as CI=true does)");
    println!("  --dev      demo only: use the unoptimised build, which compiles sooner");
    println!("\nWhatever else is given to `test` is handed to `cargo test`.");
    if wanted { ExitCode::SUCCESS } else { ExitCode::from(2) }
}
