//! A component of a JavaScript project: `componentize-js` carries an engine and takes a picture of the module imported.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde::Deserialize;

use super::manifest::{self, Manifest};
use super::tool::{copy_dir, failed, room, run};
use crate::error::{CliError, Exit};

/// Name of the package.
const PACKAGE: &str = "@bytecodealliance/componentize-js";
/// The version whose bindings the layer in the template fits.
const VERSION: &str = "0.23.0";
/// What the package and the template's tests need of Node.
const NODE_MIN: (u32, u32) = (20, 19);
/// More than a `package.json` has.
const MANIFEST_BYTES_MAX: u64 = 1 << 20;
/// The author's module.
const MODULE: &str = "src/provider.js";
/// Calls the package, in Node.
const DRIVER: &str = include_str!("componentize.mjs");
/// Has Node take the author's files for modules.
const PACKAGE_OF_MODULES: &str = r#"{"type": "module"}"#;

/// A project in JavaScript.
#[derive(Debug)]
pub struct JavaScript {
    dir: PathBuf,
    manifest: Manifest,
    library: PathBuf,
}

#[derive(Deserialize)]
struct Installed {
    version: String,
}

impl JavaScript {
    /// The project in this directory, with the tools that it needs.
    pub fn at(dir: &Path, manifest: Manifest) -> Result<JavaScript, CliError> {
        check_node()?;
        let library = library(dir)?;
        Ok(JavaScript { dir: dir.to_owned(), manifest, library })
    }

    /// Its component.
    pub fn build(&self, quiet: bool) -> Result<Vec<u8>, CliError> {
        let demand = self.manifest.demand()?;
        // The library takes no path with a blank in it, nor one of a temporary file of its own, and names files
        // by their place below the working directory.
        let place = room()?;
        for part in ["src", "sdk"] {
            copy_dir(&self.dir.join(part), &place.path().join(part))
                .map_err(|error| failed(&format!("`{part}` cannot be read")).because(&error))?;
        }
        let (world, driver) = (place.path().join("wit"), place.path().join("componentize.mjs"));
        self.manifest.write_world(&place.path().join("sdk/wit/v1"), &world)?;
        for (file, text) in [(&driver, DRIVER), (&place.path().join("package.json"), PACKAGE_OF_MODULES)] {
            fs::write(file, text).map_err(|error| failed("there is no room to build in").because(&error))?;
        }
        let output = place.path().join("component.wasm");
        let mut node = node();
        node.arg(driver).arg(&self.library).arg(MODULE).arg(world).arg(manifest::WORLD).arg(&output);
        node.current_dir(place.path()).env("TMPDIR", place.path());
        run(node, quiet, "JavaScript", no_node)?;
        let wasm = fs::read(&output).map_err(|error| failed("the component cannot be read").because(&error))?;
        Ok(demand.put_into(wasm)?)
    }
}

/// Node, without what this machine has it load besides.
fn node() -> Command {
    let mut node = Command::new("node");
    node.env_remove("NODE_OPTIONS").env_remove("NODE_PATH").stdin(Stdio::null());
    node
}

fn check_node() -> Result<(), CliError> {
    let output = node().arg("--version").output().map_err(|error| no_node().because(&error))?;
    let said = String::from_utf8_lossy(&output.stdout);
    let found = said.trim();
    let mut numbers = found.trim_start_matches('v').split('.').map_while(|number| number.parse::<u32>().ok());
    if numbers.next().zip(numbers.next()).is_some_and(|version| version >= NODE_MIN) {
        return Ok(());
    }
    let found = crate::text::one_line(found, 40);
    let message = format!("Node.js {}.{} or newer is needed, and {found} is here", NODE_MIN.0, NODE_MIN.1);
    Err(CliError::new(Exit::Unavailable, "node-other", message).help(INSTALL_NODE))
}

const INSTALL_NODE: &str = "install Node.js with npm: `apt install nodejs npm`, `dnf install nodejs-npm`, \
                            `brew install node`, or as https://nodejs.org says";

fn no_node() -> CliError {
    let message = "Node.js is needed to make a component of JavaScript, and cannot be run";
    CliError::new(Exit::Unavailable, "node-missing", message).help(INSTALL_NODE)
}

/// The package's module, in the project's directory or in one around it, as Node looks for it.
fn library(dir: &Path) -> Result<PathBuf, CliError> {
    let install = format!("npm install --ignore-scripts --save-dev --save-exact {PACKAGE}@{VERSION}");
    let missing = || {
        let message = format!("`{PACKAGE}` makes a component of JavaScript, and is not installed in the project");
        CliError::new(Exit::Unavailable, "componentize-js-missing", message).try_command(install.as_str())
    };
    let whole = dir.canonicalize().map_err(|error| missing().because(&error))?;
    let mut places = whole.ancestors().map(|dir| dir.join("node_modules").join(PACKAGE));
    let package = places.find(|place| place.join("package.json").is_file()).ok_or_else(missing)?;
    let found = version(&package.join("package.json")).map_err(|reason| missing().cause(reason))?;
    if found == VERSION {
        return Ok(package.join("src/componentize.js"));
    }
    let message = format!("`{PACKAGE}` {VERSION} is needed, and {} is here", crate::text::one_line(&found, 40));
    Err(CliError::new(Exit::Unavailable, "componentize-js-other", message).try_command(install.as_str()))
}

fn version(manifest: &Path) -> Result<String, String> {
    let bytes = crate::files::beginning(manifest, MANIFEST_BYTES_MAX).map_err(|error| error.to_string())?;
    let installed: Installed = serde_json::from_slice(&bytes).map_err(|error| error.to_string())?;
    Ok(installed.version)
}
