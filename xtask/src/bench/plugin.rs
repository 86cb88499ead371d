//! A command that calls a plugin compiled before, beside the same command where none is needed.

use std::path::Path;

use super::Bench;
use super::measure::{interleaved, whole_process};
use super::table::{Goal, Table};
use crate::process::{Failure, Outcome, capture};
use crate::world::World;

const ROUNDS: usize = 40;
const MADE: &str = "made";
const TAKEN: &str = "taken";

/// `status` of two tenants that have one database: what the plugin says of the one, the program finds out of the other.
/// Both log in to the database as its role.
pub(crate) fn run(bench: &Bench, table: &mut Table) -> Outcome {
    let world = World::new(&bench.program, "plugin")?;
    let project = world.empty_project("project")?;
    let measured = measure(&world, &project, table);
    let stopped = world.stop_server(&project);
    measured.and(stopped)
}

fn measure(world: &World, project: &Path, table: &mut Table) -> Outcome {
    let create = ["cloud", "tenant", "create", "--type", "local", "--name"];
    capture(&mut world.command(project, &[&create[..], &[MADE, "--provider", "native"]].concat()))?;
    let shown = capture(&mut world.command(project, &["cloud", "tenant", "show", MADE, "--reveal", "--json"]))?;
    let url = field(&shown, "database_url")?;
    capture(&mut world.command(project, &[&create[..], &[TAKEN, "--database-url", url]].concat()))?;

    let status = |name: &str| whole_process(&mut world.command(project, &["cloud", "tenant", "status", name]));
    let compared = interleaved(ROUNDS, || status(MADE), || status(TAKEN))?;
    table.times("cloud tenant status, by a plugin / by the program", &compared, Goal::AtMost(2.0));

    let run = |words: &[&str]| whole_process(&mut world.command(project, words));
    let (ours, none) = (["infra", "db", "status", "--provider", "native"], ["cloud", "tenant", "show", MADE]);
    let compared = interleaved(ROUNDS, || run(&ours), || run(&none))?;
    table.times("infra db status / cloud tenant show", &compared, Goal::None);
    Ok(())
}

/// A text of a JSON document that we printed ourselves.
fn field<'a>(document: &'a str, name: &str) -> Outcome<&'a str> {
    let start = format!("\"{name}\": \"");
    let rest = document.split_once(&start).map(|(_, rest)| rest);
    let text = rest.and_then(|rest| rest.split_once('"')).map(|(text, _)| text);
    text.ok_or_else(|| Failure::new(format!("there is no `{name}` in the answer")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_is_found_and_a_missing_one_is_named() {
        assert_eq!(field("{\n  \"a\": \"b\",\n  \"c\": 1\n}", "a").unwrap(), "b");
        assert!(field("{}", "a").unwrap_err().to_string().contains("`a`"));
    }
}
