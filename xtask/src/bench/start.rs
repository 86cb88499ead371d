//! What a person waits for at every prompt, beside programs that such a person also has: `git`, `docker`, `neonctl`.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::Bench;
use super::measure::{Compared, interleaved, whole_process};
use super::table::{Goal, Table};
use crate::npm::Package;
use crate::options::Options;
use crate::places;
use crate::process::{Failure, Outcome, capture, find};
use crate::world::World;

const TENANTS: u32 = 1_000;
const ROUNDS: usize = 40;
/// A slow one need not be run as often.
const ROUNDS_OF_SLOW: usize = 10;
/// Files of the repository that `git status` looks at: as many as there are tenants.
const FILES: u32 = TENANTS;
/// Neon's command line, as it was when this was written.
const NEONCTL: Package = Package { program: "neonctl", source: "neonctl@5.0.1" };

pub(crate) fn run(bench: &Bench, table: &mut Table) -> Outcome {
    let world = World::new(&bench.program, "start")?;
    let project = world.project("project", TENANTS)?;
    capture(&mut world.command(&project, &["cloud", "tenant", "select", "project-0"]))?;
    let repository = repository(&world.path("repository"))?;
    let git = || {
        let mut command = Command::new("git");
        command.current_dir(&repository).args(["--no-optional-locks", "status"]);
        command
    };
    for words in [&["which"][..], &["cloud", "tenant", "list"]] {
        let compared = beside(&world, &project, words, ROUNDS, git)?;
        table.times(&format!("{} / git status, {FILES} files", words.join(" ")), &compared, Goal::None);
    }
    let docker = find("docker");
    for (name, program, rounds) in
        [("docker", docker.as_ref(), ROUNDS), ("neonctl", bench.neonctl.as_ref(), ROUNDS_OF_SLOW)]
    {
        let Some(program) = program else {
            table.left_out(&format!("which / {name} --version"), &format!("there is no {name} here"));
            continue;
        };
        let version = || {
            let mut command = Command::new(program);
            command.arg("--version");
            command
        };
        let compared = beside(&world, &project, &["which"], rounds, version)?;
        table.times(&format!("which / {name} --version"), &compared, Goal::None);
    }
    Ok(())
}

fn beside(
    world: &World,
    project: &Path,
    words: &[&str],
    rounds: usize,
    other: impl Fn() -> Command,
) -> Outcome<Compared> {
    interleaved(rounds, || whole_process(&mut world.command(project, words)), || whole_process(&mut other()))
}

/// A repository with one commit.
fn repository(dir: &Path) -> Outcome<PathBuf> {
    places::make_dir(dir)?;
    for number in 0..FILES {
        let file = dir.join(format!("file-{number}"));
        std::fs::write(&file, format!("{number}\n")).map_err(|e| Failure::file("write", &file, &e))?;
    }
    let git = |words: &[&str]| capture(Command::new("git").current_dir(dir).args(words));
    git(&["init", "--quiet"])?;
    git(&["add", "."])?;
    git(&["-c", "user.name=bench", "-c", "user.email=bench@localhost", "commit", "--quiet", "--message=files"])?;
    Ok(dir.to_owned())
}

/// Neon's command line, in a directory of its own; none where npm is not here or it may not be downloaded.
pub(crate) fn neonctl(options: &Options) -> Option<PathBuf> {
    NEONCTL.ensure(options).map_err(|failure| println!("going on without neonctl: {failure}")).ok()
}
