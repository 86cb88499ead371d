//! A read command in a project with fifty plugins, beside the same command in one that has none.

use std::path::Path;

use super::Bench;
use super::logs::TENANTS;
use super::measure::{interleaved, whole_process};
use super::table::{Goal, Table};
use crate::places;
use crate::process::{Failure, Outcome, capture};
use crate::world::{World, checkpoint};

const PLUGINS: usize = 50;
const ROUNDS: usize = 60;
/// A provider that was compiled for good, and what it is called in its own bytes.
const COMPONENT: &str = "tests/plugins/v1.0/native.wasm";
const NAME: &[u8] = b"native";

/// Each in a world of its own: neither are there files of plugins beside the project that has none.
pub(crate) fn run(bench: &Bench, table: &mut Table) -> Outcome {
    let (full, bare) = (World::new(&bench.program, "fifty")?, World::new(&bench.program, "none")?);
    let with = full.project("project", TENANTS)?;
    install(&full, &with)?;
    let without = bare.project("project", TENANTS)?;
    for (world, project) in [(&full, &with), (&bare, &without)] {
        capture(&mut world.command(project, &["cloud", "tenant", "select", "project-0"]))?;
        checkpoint(project)?;
    }
    for words in [&["cloud", "tenant", "list"][..], &["which"]] {
        let with = || whole_process(&mut full.command(&with, words));
        let compared = interleaved(ROUNDS, with, || whole_process(&mut bare.command(&without, words)))?;
        let line = format!("{}: {PLUGINS} plugins installed / none", words.join(" "));
        table.times(&line, &compared, Goal::AtMost(1.1));
    }
    Ok(())
}

/// The same provider, by another name each time: a plugin is known by that.
fn install(world: &World, project: &Path) -> Outcome {
    let file = places::repository().join(COMPONENT);
    let component = std::fs::read(&file).map_err(|e| Failure::file("read", &file, &e))?;
    for number in 0..PLUGINS {
        let file = world.path(&format!("many{number:02}.wasm"));
        let other = renamed(&component, &format!("many{number:02}"));
        std::fs::write(&file, other).map_err(|e| Failure::file("write", &file, &e))?;
        let path = file.display().to_string();
        capture(&mut world.command(project, &["plugin", "install", &path, "--yes"]))?;
    }
    let listed = capture(&mut world.command(project, &["plugin", "list"]))?;
    let found = listed.lines().filter(|line| line.contains("many")).count();
    if found == PLUGINS { Ok(()) } else { Err(Failure::new(format!("{found} plugins are installed:\n{listed}"))) }
}

fn renamed(component: &[u8], name: &str) -> Vec<u8> {
    assert_eq!(name.len(), NAME.len(), "BUG: another length would move what comes after it");
    let mut bytes = component.to_vec();
    for place in 0..=component.len() - NAME.len() {
        if component[place..].starts_with(NAME) {
            bytes[place..place + NAME.len()].copy_from_slice(name.as_bytes());
        }
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_component_gets_another_name_wherever_it_says_its_own() {
        assert_eq!(renamed(b"a native, and native", "many07"), b"a many07, and many07");
    }
}
