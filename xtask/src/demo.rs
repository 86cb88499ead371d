//! `cargo xtask demo`: builds the program and walks through a tenant's first minute, in a directory of its own.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::docker;
use crate::options::Options;
use crate::places;
use crate::process::{Failure, Outcome, cargo, run as run_program};
use crate::setup;
use crate::toolchain;

const CREATE: &[&str] = &["cloud", "tenant", "create", "--type", "local", "--name", "my-project"];

const TOUR: &[&[&str]] = &[
    &["cloud", "tenant", "list"],
    &["cloud", "tenant", "select", "my-project"],
    &["cloud", "tenant", "show", "my-project"],
    &["history", "log"],
    &["history", "verify"],
];

pub(crate) fn run(options: &Options) -> Outcome {
    println!("toolchain: {}", toolchain::ensure(options)?);
    let program = build(options)?;
    let project = create(&program, options)?;
    for words in TOUR {
        show(&program, &project, words)?;
    }
    say_goodbye(&program, &project);
    Ok(())
}

fn build(options: &Options) -> Outcome<PathBuf> {
    let (profile, directory) = if options.dev { ("dev", "debug") } else { ("release", "release") };
    println!("building systemprompt ({profile}; the first time takes minutes)");
    let target = places::target()?;
    let mut command = cargo();
    command.args(["build", "--quiet", "--package", "systemprompt-host", "--profile", profile]);
    run_program(command.current_dir(places::repository()).env("CARGO_TARGET_DIR", &target))?;
    Ok(target.join(directory).join("systemprompt"))
}

/// Docker is the program's own choice where an engine answers, but an engine without the network may have no image to run.
fn create(program: &Path, options: &Options) -> Outcome<PathBuf> {
    if docker::engine().is_ok() {
        let project = new_project("docker")?;
        match show(program, &project, CREATE) {
            Ok(()) => return Ok(project),
            Err(failure) => println!(
                "\nDocker answers but could not run the tenant's server: {failure}, as said above.\n\
                 The demo goes on in a new directory with PostgreSQL on this machine instead."
            ),
        }
    }
    setup::ensure_postgresql(options)?;
    let project = new_project("native")?;
    show(program, &project, &[CREATE, &["--provider", "native"]].concat())?;
    Ok(project)
}

fn new_project(provider: &str) -> Outcome<PathBuf> {
    let dir = std::env::temp_dir().join(format!("systemprompt-demo-{}-{provider}", std::process::id()));
    std::fs::create_dir(&dir).map_err(|e| Failure::file("make", &dir, &e))?;
    Ok(dir)
}

fn show(program: &Path, project: &Path, words: &[&str]) -> Outcome {
    println!("\n$ systemprompt {}", words.join(" "));
    // Whatever project and tenant the developer works on, this is none of them.
    let mut command = Command::new(program);
    command.args(words).current_dir(project).env_remove("SYSTEMPROMPT_PROJECT").env_remove("SYSTEMPROMPT_TENANT");
    let status = command.status();
    let status = status.map_err(|e| Failure::file("start", program, &e))?;
    if status.success() {
        Ok(())
    } else {
        Err(Failure::new(format!("`systemprompt {}` failed ({status})", words.join(" "))))
    }
}

fn say_goodbye(program: &Path, project: &Path) {
    println!("\nThe project is in {}. Look around with:", project.display());
    println!("  cd {}", project.display());
    println!("  {} --help", program.display());
    println!("When you are done, remove the tenant, its database and the directory:");
    println!("  {} cloud tenant delete my-project -y && rm -r {}", program.display(), project.display());
}
