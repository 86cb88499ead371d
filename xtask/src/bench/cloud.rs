//! Creating a tenant at Fly: at the fake of the tests, which is no slower than it has to be, beside its requests alone; and fifty
//! at once, with Fly's limits and without.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::Bench;
use super::measure::{interleaved, whole_process};
use super::table::{Goal, Table};
use crate::process::{Failure, Outcome, capture};
use crate::world::World;

const ROUNDS: usize = 15;
/// Each makes a hundred tenants.
const ROUNDS_OF_MANY: usize = 3;
/// As many as are made at once.
const MANY: usize = 50;
/// So fast does the fake's time pass where its delays are not to count.
const WITHOUT_DELAYS: &[&str] = &["--speed", "1000", "--no-rate-limits"];

/// A fake Fly that runs.
struct Fly {
    server: Child,
    url: String,
    token: String,
}

impl Fly {
    fn start(bench: &Bench, arguments: &[&str]) -> Outcome<Self> {
        let program = bench.helper.with_file_name("fake-fly");
        let broken = |e: std::io::Error| Failure::file("run", &program, &e);
        let mut server = Command::new(&program).args(arguments).stdout(Stdio::piped()).spawn().map_err(broken)?;
        let mut lines = server.stdout.take().map(BufReader::new).into_iter().flat_map(BufRead::lines);
        let mut said = |name: &str| {
            let line = lines.next().and_then(Result::ok).unwrap_or_default();
            line.strip_prefix(name).map(str::to_owned).ok_or_else(|| Failure::new(format!("no `{name}` in `{line}`")))
        };
        let (url, token) = (said("url: ")?, said("token: ")?);
        Ok(Self { server, url, token })
    }

    /// A project whose account is one there.
    fn project(&self, world: &World, name: &str) -> Outcome<PathBuf> {
        let project = world.empty_project(name)?;
        let words = ["cloud", "auth", "login", "--api-url", &self.url];
        capture(world.command(&project, &words).env("FLY_API_TOKEN", &self.token))?;
        Ok(project)
    }
}

impl Drop for Fly {
    fn drop(&mut self) {
        let _gone_meanwhile = self.server.kill();
        let _gone_meanwhile = self.server.wait();
    }
}

pub(crate) fn run(bench: &Bench, table: &mut Table) -> Outcome {
    let world = World::new(&bench.program, "cloud")?;
    let fly = Fly::start(bench, WITHOUT_DELAYS)?;
    let project = fly.project(&world, "one")?;
    let (mut ours, mut bare) = (0, 0);
    let address = fly.url.trim_start_matches("http://");
    let one = interleaved(
        ROUNDS,
        || {
            ours += 1;
            whole_process(&mut world.command(&project, &create(&format!("shop-{ours}"))))
        },
        || {
            bare += 1;
            whole_process(&mut bench.helper(&["fly", address, &fly.token, &format!("bare-{bare}")]))
        },
    )?;
    table.times("cloud tenant create at a Fly without delays / its 14 requests", &one, Goal::None);
    let (limited, free) = (Fly::start(bench, &[])?, Fly::start(bench, &["--no-rate-limits"])?);
    let (in_limits, without) = (limited.project(&world, "limited")?, free.project(&world, "free")?);
    let (mut first, mut second) = (0, 0);
    let many = interleaved(
        ROUNDS_OF_MANY,
        || at_once(&world, &in_limits, &mut first),
        || at_once(&world, &without, &mut second),
    )?;
    table.times("50 of cloud tenant create at once, within Fly's limits / without limits", &many, Goal::Below(1.5));
    Ok(())
}

fn create(name: &str) -> [&str; 7] {
    ["cloud", "tenant", "create", "--region", "iad", "--name", name]
}

/// All are started before the first is waited for; each has to succeed.
fn at_once(world: &World, project: &Path, made: &mut usize) -> Outcome<Duration> {
    let begun = Instant::now();
    let mut running = Vec::new();
    for _ in 0..MANY {
        *made += 1;
        let mut command = world.command(project, &create(&format!("shop-{made}")));
        let broken = |e: std::io::Error| Failure::new(format!("cannot create: {e}"));
        running.push(command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().map_err(broken)?);
    }
    for child in running {
        let output = child.wait_with_output().map_err(|e| Failure::new(format!("cannot wait: {e}")))?;
        if !output.status.success() {
            return Err(Failure::new(format!("one of {MANY}: {}", String::from_utf8_lossy(&output.stderr))));
        }
    }
    Ok(begun.elapsed())
}
