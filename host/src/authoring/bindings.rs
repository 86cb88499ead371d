//! The contract as C: declarations for an author, and what carries a world into the module.

use std::fs;
use std::path::{Path, PathBuf};

use wit_bindgen_c::Opts;
use wit_bindgen_core::Files;
use wit_bindgen_core::wit_parser::{Resolve, WorldId, WorldItem};

use super::manifest::WORLD;
use super::tool::failed;
use crate::error::CliError;

/// What all names begin with, and what the files are called.
const PREFIX: &str = "sp";
/// Stands in the name of the file with the world.
const COMPONENT_TYPE: &str = "_component_type.";

/// Writes the files for the chosen world of this package into a directory. What they have in common is where they are,
/// but for the ending: `.h` declares, `.c` carries out, and `.o` carries the world into the module.
pub fn write(world: &Path, dir: &Path) -> Result<PathBuf, CliError> {
    let files = generated(world).map_err(|reason| {
        failed("the contract cannot be put into C")
            .cause(crate::text::one_line(&reason, crate::text::MESSAGE_CHARS_MAX))
    })?;
    let no_room = |error: std::io::Error| failed("there is no room to build in").because(&error);
    fs::create_dir_all(dir).map_err(no_room)?;
    for (name, content) in files.iter() {
        fs::write(dir.join(name.replace(COMPONENT_TYPE, ".")), content).map_err(no_room)?;
    }
    Ok(dir.join(PREFIX))
}

fn generated(world: &Path) -> Result<Files, String> {
    let mut resolve = Resolve::default();
    let (package, _) = resolve.push_dir(world).map_err(|error| format!("{error:#}"))?;
    let world = resolve.select_world(&[package], Some(WORLD)).map_err(|error| format!("{error:#}"))?;
    let options =
        Opts { rename: short_names(&resolve, world), rename_world: Some(PREFIX.to_owned()), ..Opts::default() };
    let mut files = Files::default();
    options.build().generate(&mut resolve, world, &mut files).map_err(|error| format!("{error:#}"))?;
    Ok(files)
}

/// `sp_journal_begin` instead of `systemprompt_provider_journal_begin`.
fn short_names(resolve: &Resolve, world: WorldId) -> Vec<(String, String)> {
    let world = &resolve.worlds[world];
    let items = world.imports.values().chain(world.exports.values());
    let interfaces = items.filter_map(|item| match item {
        WorldItem::Interface { id, .. } => Some(*id),
        WorldItem::Function(_) | WorldItem::Type { .. } => None,
    });
    let named = interfaces.filter_map(|id| Some((resolve.id_of(id)?, resolve.interfaces[id].name.clone()?)));
    named.map(|(id, name)| (id, format!("{PREFIX}_{}", name.replace('-', "_")))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::authoring::manifest::Manifest;

    #[test]
    fn a_project_is_given_short_names_for_what_it_wants_and_for_nothing_else() {
        let dir = tempfile::tempdir().unwrap();
        let project = dir.path();
        fs::write(project.join("plugin.toml"), "language = \"c\"\ncapabilities = [\"journal\"]\n").unwrap();
        let contract = Path::new(env!("CARGO_MANIFEST_DIR")).join("../sdk/wit/v1");
        Manifest::in_dir(project).unwrap().unwrap().write_world(&contract, &project.join("wit")).unwrap();
        let common = write(&project.join("wit"), &project.join("bindings")).unwrap();
        let header = fs::read_to_string(common.with_extension("h")).unwrap();
        assert!(header.contains("void sp_journal_begin(") && header.contains("exports_sp_provider_run("), "{header}");
        assert!(!header.contains("sp_docker_"), "{header}");
        assert!(common.with_extension("c").is_file() && common.with_extension("o").is_file());
    }

    #[test]
    fn a_contract_that_cannot_be_read_is_no_panic() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("world.wit"), "package a:b;\nworld chosen { import nothing; }\n").unwrap();
        let error = write(dir.path(), &dir.path().join("bindings")).unwrap_err();
        assert_eq!(error.code, "build-failed");
        assert!(format!("{error:?}").contains("nothing"), "{error:?}");
    }
}
