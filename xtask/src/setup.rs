//! `cargo xtask setup`: installs what the tests need and starts the Docker engine, after asking.

use std::path::Path;

use crate::debian;
use crate::docker;
use crate::options::{Options, on_ci};
use crate::process::{Failure, Outcome, find, run as run_program};

/// Keeps Debian's package from making and starting a server of its own: we only want the programs.
const CLUSTER_SETTING: &str = "/etc/postgresql-common/createcluster.d/systemprompt.conf";

/// A program that the tests run, and Debian's package that has it.
const PROGRAMS: &[(&str, &str)] = &[
    ("psql", "postgresql-client"),
    ("sqlite3", "sqlite3"),
    ("minisign", "minisign"),
    ("strace", "strace"),
    ("dbus-run-session", "dbus"),
    ("gnome-keyring-daemon", "gnome-keyring"),
    ("script", "bsdutils"),
    ("less", "less"),
    ("man", "man-db"),
    ("groff", "groff"),
    ("zsh", "zsh"),
    ("fish", "fish"),
    ("chromium", "chromium"),
    ("mkfs.ext4", "e2fsprogs"),
    ("xfs_io", "xfsprogs"),
];

/// What this machine offers once everything was tried.
pub(crate) struct Machine {
    pub(crate) has_docker: bool,
}

pub(crate) fn run(options: &Options) -> Outcome {
    ensure(options).map(drop)
}

/// Everything that the tests need. Without Docker a build server fails; a person's machine goes on and is told.
pub(crate) fn ensure(options: &Options) -> Outcome<Machine> {
    let missing: Vec<&str> =
        PROGRAMS.iter().filter(|(program, _)| find(program).is_none()).map(|(_, package)| *package).collect();
    if !missing.is_empty() {
        debian::install(&missing, options)?;
    }
    ensure_postgresql(options)?;
    println!("setup: the programs that the tests run and a PostgreSQL server are here");
    match ensure_docker(options) {
        Ok(version) => {
            println!("setup: Docker engine {version} answers");
            Ok(Machine { has_docker: true })
        }
        Err(failure) if on_ci() => Err(Failure::new(format!("the tests need Docker: {failure}"))),
        Err(failure) => {
            eprintln!("warning: going on without Docker: {failure}");
            Ok(Machine { has_docker: false })
        }
    }
}

/// The server's programs, which a native tenant needs; no server is started.
pub(crate) fn ensure_postgresql(options: &Options) -> Outcome {
    if has_postgresql() {
        return Ok(());
    }
    if !debian::is_here() {
        return Err(Failure::new("PostgreSQL's server programs (initdb, postgres) are missing; install PostgreSQL"));
    }
    options.agree_to("install the PostgreSQL server programs (apt-get)")?;
    let agreed = Options { yes: true, ..Options::default() };
    debian::install(&["postgresql-common"], &agreed)?;
    let script = r#"mkdir -p "${1%/*}" && echo "create_main_cluster = false" > "$1""#;
    run_program(debian::privileged("sh")?.args(["-c", script, "setting", CLUSTER_SETTING]))?;
    let installed = debian::install(&["postgresql"], &agreed);
    run_program(debian::privileged("rm")?.args(["-f", CLUSTER_SETTING]))?;
    installed
}

/// Debian keeps the server's programs off the PATH, one directory for each major version.
fn has_postgresql() -> bool {
    let versions = std::fs::read_dir(Path::new("/usr/lib/postgresql")).into_iter().flatten().flatten();
    find("initdb").is_some() || versions.into_iter().any(|version| version.path().join("bin/initdb").is_file())
}

fn ensure_docker(options: &Options) -> Outcome<String> {
    let answer = docker::engine();
    // An engine that the user chose by name is theirs to start.
    if answer.is_ok() || std::env::var_os("DOCKER_HOST").is_some() {
        return answer;
    }
    if !docker::is_installed() {
        debian::install(&["docker.io"], options)?;
    }
    docker::engine().or_else(|_| docker::start())
}
