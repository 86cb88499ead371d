//! Creating a local tenant, beside the programs of `PostgreSQL` and the SQL that it cannot do without.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::Bench;
use super::cluster::Cluster;
use super::measure::{interleaved, whole_process};
use super::table::{Goal, Table};
use crate::places;
use crate::process::{Outcome, capture};
use crate::world::World;

const ROUNDS: usize = 15;
/// Each makes two clusters.
const ROUNDS_FROM_NOTHING: usize = 5;
const CREATE: [&str; 8] = ["cloud", "tenant", "create", "--type", "local", "--provider", "native", "--name"];

pub(crate) fn run(bench: &Bench, table: &mut Table) -> Outcome {
    let world = World::new(&bench.program, "create")?;
    running(&world, table)?;
    from_nothing(&world, table)
}

/// Both servers run already.
fn running(world: &World, table: &mut Table) -> Outcome {
    let project = world.empty_project("running")?;
    let cluster = Cluster::new(world.path("reference"))?;
    cluster.make()?;
    cluster.start()?;
    let (mut ours, mut bare) = (numbered("ours"), numbered("bare"));
    let compared = whole_process(&mut world.command(&project, &[&CREATE[..], &["first"]].concat()))
        .and_then(|_| interleaved(ROUNDS, || create(world, &project, &ours(), "cache"), || cluster.tenant(&bare())));
    cluster.stop()?;
    world.stop_server(&project)?;
    table.times("cloud tenant create, server running / psql", &compared?, Goal::Below(1.5));
    Ok(())
}

/// Neither is there: `initdb`, a start, and the same SQL.
fn from_nothing(world: &World, table: &mut Table) -> Outcome {
    let (mut project, mut dir) = (numbered("new"), numbered("cluster"));
    for (what, cache, goal) in
        [("from nothing", "cache", Goal::Below(1.2)), ("from nothing, plugin not compiled", "new-cache", Goal::None)]
    {
        let ours = || {
            places::remove_dir(&world.path("data"))?;
            places::remove_dir(&world.path("new-cache"))?;
            let project = world.empty_project(&project())?;
            let taken = create(world, &project, "first", cache);
            world.stop_server(&project).and(taken)
        };
        let compared = interleaved(ROUNDS_FROM_NOTHING, ours, || reference_from_nothing(world.path(&dir())))?;
        table.times(&format!("cloud tenant create, {what} / initdb, pg_ctl, psql"), &compared, goal);
    }
    Ok(())
}

fn reference_from_nothing(dir: PathBuf) -> Outcome<Duration> {
    let cluster = Cluster::new(dir)?;
    let made = cluster.make()? + cluster.start()?;
    let tenant = cluster.tenant("first");
    cluster.stop()?;
    Ok(made + tenant?)
}

fn create(world: &World, project: &Path, name: &str, cache: &str) -> Outcome<Duration> {
    let words = [&CREATE[..], &[name]].concat();
    whole_process(&mut world.command_with_cache(project, &words, cache)).or_else(|_| {
        // Once more, for what it says.
        capture(&mut world.command_with_cache(project, &words, cache)).map(|_| Duration::ZERO)
    })
}

fn numbered(stem: &'static str) -> impl FnMut() -> String {
    let mut number = 0_u32;
    move || {
        number += 1;
        format!("{stem}{number}")
    }
}
