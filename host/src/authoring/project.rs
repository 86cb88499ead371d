//! The project that a plugin is built of, whatever it is written in.

use std::path::{Path, PathBuf};

use systemprompt_guest_build::Component;

use super::c::C;
use super::javascript::JavaScript;
use super::manifest::{Language, Manifest};
use super::package::Package;
use super::python::Python;
use crate::error::CliError;
use crate::report::Reporter;

/// A project, known by the files in its directory.
#[derive(Debug)]
pub struct Project {
    dir: PathBuf,
    name: String,
    kind: Kind,
}

#[derive(Debug)]
enum Kind {
    Rust(Package),
    JavaScript(JavaScript),
    Python(Python),
    C(C),
}

impl Project {
    /// The project in this directory: `plugin.toml` says its language, and without one it is Rust.
    pub fn in_dir(dir: &Path) -> Result<Project, CliError> {
        let Some(manifest) = Manifest::in_dir(dir)? else {
            let package = Package::in_dir(dir)?;
            return Ok(Project { dir: package.dir.clone(), name: package.name.clone(), kind: Kind::Rust(package) });
        };
        let kind = match manifest.language {
            Language::C => Kind::C(C::at(dir, manifest)?),
            Language::Js => Kind::JavaScript(JavaScript::at(dir, manifest)?),
            Language::Python => Kind::Python(Python::at(dir, manifest)?),
        };
        let called = dir.canonicalize().ok().and_then(|dir| Some(dir.file_name()?.to_str()?.to_owned()));
        Ok(Project { dir: dir.to_owned(), name: called.unwrap_or_else(|| "plugin".to_owned()), kind })
    }

    /// Says what will take a while.
    pub fn announce(&self, reporter: &Reporter) {
        let (language, time) = match self.kind {
            Kind::Rust(_) | Kind::C(_) => return,
            Kind::JavaScript(_) => ("JavaScript", "some twenty seconds"),
            Kind::Python(_) => ("Python", "about half a minute"),
        };
        reporter.note(&format!("making a component of {language} and compiling it, which takes {time}"));
    }

    /// Its component; what the tools say goes to standard error.
    pub fn build(&self, quiet: bool) -> Result<Component, CliError> {
        match &self.kind {
            Kind::Rust(package) => package.build(quiet),
            Kind::JavaScript(javascript) => javascript.build(quiet).map(whole),
            Kind::Python(python) => python.build(quiet).map(whole),
            Kind::C(c) => c.build(quiet),
        }
    }

    /// Where its component goes unless somebody says otherwise.
    pub fn output(&self) -> PathBuf {
        self.dir.join(format!("{}.wasm", self.name))
    }
}

/// Its engine knows the lines of its source, and names them itself.
fn whole(wasm: Vec<u8>) -> Component {
    Component { wasm, with_lines: None }
}
