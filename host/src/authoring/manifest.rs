//! `plugin.toml`: what a project says of itself whose language has no manifest of its own.

use std::fs;
use std::path::Path;

use serde::Deserialize;

use crate::error::{CliError, Exit};
use crate::plugin::demand::Demand;

/// Name of the file.
pub const FILE: &str = "plugin.toml";
/// More than anybody writes.
const BYTES_MAX: usize = 64 << 10;

/// What it says.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Manifest {
    /// What the provider is written in.
    pub language: Language,
    /// Interfaces that it imports. A compiler could tell; an interpreter finds out when it is too late.
    #[serde(default)]
    pub capabilities: Vec<String>,
    /// MiB of memory.
    memory: Option<usize>,
}

/// Languages whose projects have this file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Language {
    /// C, by `zig cc`.
    C,
    /// JavaScript, by `componentize-js`.
    Js,
    /// Python, by `componentize-py`.
    Python,
}

impl Manifest {
    /// That of a project; none where there is no such file.
    pub fn in_dir(dir: &Path) -> Result<Option<Manifest>, CliError> {
        let path = dir.join(FILE);
        if !path.exists() {
            return Ok(None);
        }
        let bytes = crate::files::beginning(&path, BYTES_MAX as u64 + 1)
            .map_err(|source| crate::plugin::PluginError::File { path: path.clone(), source })?;
        if bytes.len() > BYTES_MAX {
            return Err(bad(&format!("it is larger than {} KiB", BYTES_MAX >> 10)));
        }
        let text = String::from_utf8(bytes).map_err(|error| bad(&error.to_string()))?;
        let manifest: Manifest = toml_edit::de::from_str(&text).map_err(|error| bad(error.to_string().trim()))?;
        if let Some(unknown) = manifest.capabilities.iter().find(|name| !crate::plugin::v1::is_offered(name)) {
            let offered = crate::plugin::v1::OFFERED.join(", ");
            return Err(bad(&format!("`{unknown}` is no capability; there are {offered}")));
        }
        Ok(Some(manifest))
    }

    /// What the component is to ask for.
    pub fn demand(&self) -> Result<Demand, CliError> {
        Ok(Demand { memory: self.memory }.checked()?)
    }

    /// A package of the contract in which the world has no more than this project wants.
    pub fn write_world(&self, contract: &Path, dir: &Path) -> Result<(), CliError> {
        let failed = |source: std::io::Error| {
            CliError::new(Exit::Failed, "build-failed", "the contract could not be laid out for the build")
                .cause(format!("{}: {source}", crate::text::shown(contract)))
        };
        fs::create_dir_all(dir).map_err(failed)?;
        fs::copy(contract.join("provider.wit"), dir.join("provider.wit")).map_err(failed)?;
        let imports: Vec<String> = self.capabilities.iter().map(|name| format!("  import {name};\n")).collect();
        let world = format!("package {PACKAGE};\n\nworld {WORLD} {{\n{}  export provider;\n}}\n", imports.concat());
        fs::write(dir.join("world.wit"), world).map_err(failed)
    }
}

/// Name of the world that a project's own manifest makes.
pub const WORLD: &str = "chosen";
const PACKAGE: &str = "systemprompt:provider@1.0.0";

fn bad(reason: &str) -> CliError {
    cannot_be_used(FILE, reason)
}

/// What a project says of itself is not said as it has to be.
pub fn cannot_be_used(file: &str, reason: &str) -> CliError {
    let message = format!("`{file}` cannot be used");
    CliError::new(Exit::Refused, "bad-plugin-manifest", message).cause(crate::text::one_line(reason, 400))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Option<Manifest>, CliError> {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join(FILE), text).unwrap();
        Manifest::in_dir(dir.path())
    }

    #[test]
    fn a_project_says_what_it_is_written_in_and_what_it_wants() {
        let manifest =
            read("language = \"python\"\ncapabilities = [\"journal\", \"http\"]\nmemory = 128\n").unwrap().unwrap();
        assert_eq!((manifest.language, manifest.demand().unwrap().memory), (Language::Python, Some(128)));
        let dir = tempfile::tempdir().unwrap();
        let contract = Path::new(env!("CARGO_MANIFEST_DIR")).join("../sdk/wit/v1");
        manifest.write_world(&contract, dir.path()).unwrap();
        let world = fs::read_to_string(dir.path().join("world.wit")).unwrap();
        assert!(world.contains("world chosen {\n  import journal;\n  import http;\n  export provider;\n}"), "{world}");
    }

    #[test]
    fn what_nobody_offers_and_what_is_misspelt_is_refused_by_name() {
        for (text, named) in [
            ("language = \"cobol\"", "cobol"),
            ("language = \"python\"\nmemroy = 1", "memroy"),
            ("language = \"python\"\ncapabilities = [\"filesystem\"]", "filesystem"),
            ("language = ", "TOML"),
        ] {
            let error = read(text).unwrap_err();
            assert_eq!(error.code, "bad-plugin-manifest");
            assert!(format!("{error:?}").contains(named), "{error:?}");
        }
        let greedy = read("language = \"python\"\nmemory = 4000").unwrap().unwrap();
        assert!(greedy.demand().is_err());
    }

    #[test]
    fn a_directory_without_the_file_has_no_manifest() {
        assert!(Manifest::in_dir(tempfile::tempdir().unwrap().path()).unwrap().is_none());
    }
}
