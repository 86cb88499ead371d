//! Builds plugins: packages in, WebAssembly components out.
//!
//! It is a crate of its own because three build: the program embeds the first-party plugins, the end-to-end tests bring
//! hostile ones, and `plugin build` makes components of what authors write. The paths of this machine are kept out of
//! the modules, so that the same source gives the same component, and so the same hash, wherever it lies. Build scripts
//! share one target directory whatever their profile, since building the standard library for the guests takes minutes.
//!
//! ```text
//! build script, `plugin build` ──► cargo, a second one ──► module ──► component, and one with lines of source
//! ```
//!
//! Start at [`components`] or [`Compiler`]; `toolchain` says which rustc compiles for the guests.

#![expect(clippy::print_stdout, reason = "what a build script prints is read by cargo")]

mod compiler;
mod error;
mod name;
mod slim;
mod toolchain;

use std::env;
use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};

use wit_component::ComponentEncoder;

pub use compiler::{Compiler, Voice};
pub use error::BuildError;
pub use name::readable;

/// What guests are compiled for: no system below them but what they import.
pub const TARGET: &str = "wasm32-unknown-unknown";

/// A plugin to build.
#[derive(Clone, Copy, Debug)]
pub struct Plugin {
    /// Its package in this workspace.
    pub package: &'static str,
    /// Directory of its package, from the workspace's root; it is built anew when something in it changes.
    pub dir: &'static str,
    /// Name of the component in `OUT_DIR`.
    pub file: &'static str,
}

/// Builds plugins from within a build script of a package that lies directly below the workspace's root.
pub fn components(plugins: &[Plugin]) -> Result<(), Box<dyn Error>> {
    let root = PathBuf::from(variable("CARGO_MANIFEST_DIR")?).parent().ok_or("no workspace")?.to_path_buf();
    let out = PathBuf::from(variable("OUT_DIR")?);
    watch(&root, plugins);
    let compiler = Compiler { root, target_dir: guests_dir(&out), locked: true, voice: Voice::Kept };
    let modules = compiler.compile(plugins.iter().map(|plugin| plugin.package))?;
    for plugin in plugins {
        let module = modules.join(format!("{}.wasm", plugin.package.replace('-', "_")));
        let component = component(&module)?;
        write_changed(&out.join(plugin.file), &component.wasm)?;
    }
    Ok(())
}

fn watch(root: &Path, plugins: &[Plugin]) {
    let shared = ["sdk/src", "sdk/wit", "sdk/Cargo.toml", "Cargo.toml", "Cargo.lock"];
    for watched in shared.into_iter().chain(plugins.iter().map(|plugin| plugin.dir)) {
        println!("cargo::rerun-if-changed={}", root.join(watched).display());
    }
    println!("cargo::rerun-if-env-changed={}", toolchain::TOOLCHAIN_VARIABLE);
}

/// One directory for all profiles and build scripts.
fn guests_dir(out: &Path) -> PathBuf {
    // <target>/<profile>/build/<package>/out
    out.ancestors().nth(4).unwrap_or(out).join("guests")
}

/// A component, as it is shipped and as its author has it.
#[derive(Clone, Debug)]
pub struct Component {
    /// With names of its functions.
    pub wasm: Vec<u8>,
    /// The same code with all that a compiler says of its source, so that a trap of it can be told with file and line.
    pub with_lines: Option<Vec<u8>>,
}

/// Turns a module, which carries its world in a custom section, into a component.
pub fn component(module: &Path) -> Result<Component, BuildError> {
    let bytes = fs::read(module).map_err(|source| BuildError::Module { path: module.to_owned(), source })?;
    let slim = slim::slim(&bytes).map_err(|error| BuildError::Component { reason: error.to_string() })?;
    Ok(Component { wasm: encoded(&slim)?, with_lines: Some(encoded(&bytes)?) })
}

fn encoded(module: &[u8]) -> Result<Vec<u8>, BuildError> {
    let encoded = ComponentEncoder::default().validate(true).module(module).and_then(ComponentEncoder::encode);
    encoded.map_err(|error| BuildError::Component { reason: format!("{error:#}") })
}

fn write_changed(file: &Path, content: &[u8]) -> std::io::Result<()> {
    if fs::read(file).is_ok_and(|found| found == content) { Ok(()) } else { fs::write(file, content) }
}

fn variable(name: &str) -> Result<String, Box<dyn Error>> {
    env::var(name).map_err(|error| format!("`{name}`: {error}").into())
}
