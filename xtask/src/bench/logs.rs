//! Two projects that several rows read: 1,000 tenants with a short log, and the same tenants with a long one.

use std::path::PathBuf;

use super::Bench;
use crate::process::{Outcome, capture};
use crate::world::{World, checkpoint, log_of};

/// Living tenants of either project.
pub(crate) const TENANTS: u32 = 1_000;

/// The two, in a world of their own.
pub(crate) struct Logs {
    /// The program, where they are.
    pub(crate) world: World,
    /// A log that holds little more than the tenants.
    pub(crate) short: PathBuf,
    /// A log as after years of work.
    pub(crate) long: PathBuf,
}

impl Logs {
    /// Makes both, as any command leaves them; their write-ahead logs are empty, for whoever reads them.
    pub(crate) fn make(bench: &Bench) -> Outcome<Self> {
        let world = World::new(&bench.program, "logs")?;
        let short = world.project("short", TENANTS)?;
        let long = world.copy(&short, "long")?;
        println!("filling a log with {} events", bench.events);
        capture(bench.helper(&["fill"]).arg(log_of(&long)).arg(bench.events.to_string()))?;
        for project in [&short, &long] {
            capture(&mut world.command(project, &["cloud", "tenant", "select", "project-0"]))?;
            checkpoint(project)?;
        }
        Ok(Self { world, short, long })
    }
}
