//! A component of a Python project: `componentize-py` carries the interpreter and takes a picture of the module imported.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::manifest::{self, Manifest};
use super::tool::{failed, replace_dir, run};
use crate::error::{CliError, Exit};

/// Name of the tool.
const TOOL: &str = "componentize-py";
/// The version whose bindings the layer in the template fits.
const VERSION: &str = "0.25.1";
/// The author's module, in `src`.
const MODULE: &str = "provider";

/// A project in Python.
#[derive(Debug)]
pub struct Python {
    dir: PathBuf,
    manifest: Manifest,
    tool: PathBuf,
}

impl Python {
    /// The project in this directory, with the tool that it needs.
    pub fn at(dir: &Path, manifest: Manifest) -> Result<Python, CliError> {
        let tool = tool(dir)?;
        Ok(Python { dir: dir.to_owned(), manifest, tool })
    }

    /// Its component. `bindings/` is made anew on the way: tests and editors look there.
    pub fn build(&self, quiet: bool) -> Result<Vec<u8>, CliError> {
        let demand = self.manifest.demand()?;
        let place = tempfile::tempdir().map_err(|error| failed("there is no room to build in").because(&error))?;
        let world = place.path().join("wit");
        self.manifest.write_world(&self.dir.join("sdk/wit/v1"), &world)?;
        let nobodys = place.path().join(NOBODYS_ENVIRONMENT);
        fs::create_dir_all(nobodys.join("lib/python3/site-packages"))
            .map_err(|error| failed("there is no room to build in").because(&error))?;
        let bindings = self.dir.join("bindings");
        let made = place.path().join("bindings");
        self.run(&world, quiet, [OsString::from("bindings"), made.clone().into()])?;
        replace_dir(&made, &bindings).map_err(|error| failed("`bindings` could not be replaced").because(&error))?;
        let output = place.path().join("component.wasm");
        let mut arguments: Vec<OsString> = ["componentize", MODULE, "--stub-wasi"].map(Into::into).to_vec();
        for path in ["src", "sdk"] {
            arguments.extend(["--python-path".into(), self.dir.join(path).into()]);
        }
        arguments.extend(["--output".into(), output.clone().into()]);
        self.run(&world, quiet, arguments)?;
        let wasm = fs::read(&output).map_err(|error| failed("the component cannot be read").because(&error))?;
        Ok(demand.put_into(wasm)?)
    }

    fn run(&self, world: &Path, quiet: bool, arguments: impl IntoIterator<Item = OsString>) -> Result<(), CliError> {
        let mut tool = Command::new(&self.tool);
        tool.arg("--wit-path").arg(world).args(["--world", manifest::WORLD]).args(arguments).current_dir(&self.dir);
        // What else is installed for Python on this machine is no part of the plugin, and no trace is left in its source. The
        // tool takes the packages of the environment that is active, and without one those of the machine.
        tool.env_remove("PYTHONPATH").env("VIRTUAL_ENV", world.with_file_name(NOBODYS_ENVIRONMENT));
        tool.env("PYTHONDONTWRITEBYTECODE", "1");
        run(tool, quiet, "Python", missing)
    }
}

/// An environment without packages.
const NOBODYS_ENVIRONMENT: &str = "environment";

/// In the project's own environment, or in the one that is active.
fn tool(dir: &Path) -> Result<PathBuf, CliError> {
    let own = dir.join(".venv/bin").join(TOOL);
    let program = if own.is_file() { own } else { PathBuf::from(TOOL) };
    let mut asked = Command::new(&program);
    let output = asked.arg("--version").stdin(Stdio::null()).output().map_err(|error| missing().because(&error))?;
    let said = String::from_utf8_lossy(&output.stdout);
    let found = said.split_whitespace().last().unwrap_or_default();
    if found == VERSION {
        return Ok(program);
    }
    let message = format!("`{TOOL}` {VERSION} is needed, and {} is here", crate::text::one_line(found, 40));
    Err(CliError::new(Exit::Unavailable, "componentize-py-other", message).try_command(install(dir)))
}

fn missing() -> CliError {
    let message = format!("`{TOOL}` makes a component of Python, and cannot be run");
    CliError::new(Exit::Unavailable, "componentize-py-missing", message)
        .try_command(format!("python3 -m venv .venv && .venv/bin/pip install {TOOL}=={VERSION}"))
}

fn install(dir: &Path) -> String {
    let pip = if dir.join(".venv").is_dir() { ".venv/bin/pip" } else { "pip" };
    format!("{pip} install {TOOL}=={VERSION}")
}
