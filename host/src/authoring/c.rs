//! A component of a C project: `zig cc` compiles it for no system at all, with bindings that are made here.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::{fs, io};

use systemprompt_guest_build::{Component, component};

use super::bindings;
use super::manifest::Manifest;
use super::tool::{failed, replace_dir, run};
use crate::error::{CliError, Exit};

/// Package of the compiler for pip, which needs nothing else of a system.
const PACKAGE: &str = "ziglang";
/// The version that the template was tried with: the same source gives the same component.
const VERSION: &str = "0.17.1";
/// Names of the compiler: as pip installs it, and as others do.
const PROGRAMS: [&str; 2] = ["python-zig", "zig"];
/// How the author's code is compiled: what a check finds to be undefined in C stops the plugin, each at a place of its own.
const STRICT: &[&str] = &[
    "-std=c23",
    "-Wall",
    "-Wextra",
    "-Werror",
    "-Oz",
    "-fsanitize=undefined",
    "-fsanitize-trap=undefined",
    "-fno-sanitize-merge",
];
/// How what is generated is: warnings about it are not for the author.
const GENERATED: &[&str] = &["-std=gnu11", "-w", "-Oz"];
/// How all of it is: there is no system, and no library of one. Lines of the source are not shipped.
const FREESTANDING: &[&str] = &[
    "-target",
    "wasm32-freestanding",
    "-nostdlib",
    "-ffreestanding",
    "-gline-tables-only",
    "-fdebug-compilation-dir=.",
];
/// How it is linked: no `main`, and of libraries only what the compiler itself may call, such as a product of 128 bits.
const LINKED: &[&str] = &["-Wl,--no-entry", "-Wl,-z,stack-size=262144", "-lcompiler_rt"];
/// Directories with the author's files.
const SOURCES: [&str; 2] = ["src", "sdk"];
/// Directories with headers.
const HEADERS: [&str; 4] = ["src", "sdk", "sdk/freestanding", "bindings"];

/// A project in C.
#[derive(Debug)]
pub struct C {
    dir: PathBuf,
    manifest: Manifest,
    compiler: PathBuf,
}

impl C {
    /// The project in this directory, with the compiler that it needs.
    pub fn at(dir: &Path, manifest: Manifest) -> Result<C, CliError> {
        // Its programs run within the project.
        let dir = dir.canonicalize().map_err(|error| failed("the project cannot be read").because(&error))?;
        let compiler = compiler(&dir)?;
        Ok(C { dir, manifest, compiler })
    }

    /// Its component. `bindings/` is made anew on the way: compiler and editors look there.
    pub fn build(&self, quiet: bool) -> Result<Component, CliError> {
        let demand = self.manifest.demand()?;
        let no_room = |error: io::Error| failed("there is no room to build in").because(&error);
        let place = tempfile::tempdir().map_err(no_room)?;
        let (world, made) = (place.path().join("wit"), place.path().join("bindings"));
        self.manifest.write_world(&self.dir.join("sdk/wit/v1"), &world)?;
        let bindings = bindings::write(&world, &made)?;
        replace_dir(&made, &self.dir.join("bindings"))
            .map_err(|error| failed("`bindings` could not be replaced").because(&error))?;
        let (contract, module) = (place.path().join("contract.o"), place.path().join("module.wasm"));
        let mut generated = self.cc(place.path());
        generated.args(GENERATED).arg("-c").arg(bindings.with_extension("c")).arg("-o").arg(&contract);
        run(generated, quiet, "the compiler", missing)?;
        let mut linked = self.cc(place.path());
        linked.args(STRICT).args(LINKED).args(self.sources()?).arg(&contract);
        linked.arg(bindings.with_extension("o")).arg("-o").arg(&module);
        run(linked, quiet, "the compiler", missing)?;
        let Component { wasm, with_lines } = component(&module).map_err(|error| not_a_provider(&error.to_string()))?;
        let with_lines = with_lines.map(|wasm| demand.put_into(wasm)).transpose()?;
        Ok(Component { wasm: demand.put_into(wasm)?, with_lines })
    }

    /// All files of C, in order and below the project, so that messages and the component name no place of this machine.
    fn sources(&self) -> Result<Vec<PathBuf>, CliError> {
        let mut found = Vec::new();
        for part in SOURCES {
            let entries = fs::read_dir(self.dir.join(part)).and_then(Iterator::collect::<io::Result<Vec<_>>>);
            let entries = entries.map_err(|error| failed(&format!("`{part}` cannot be read")).because(&error))?;
            let names = entries.into_iter().map(|entry| Path::new(part).join(entry.file_name()));
            found.extend(names.filter(|path| path.extension().is_some_and(|extension| extension == "c")));
        }
        found.sort();
        Ok(found)
    }

    fn cc(&self, place: &Path) -> Command {
        let mut tool = Command::new(&self.compiler);
        tool.arg("cc").args(FREESTANDING).args(HEADERS.map(|dir| format!("-I{dir}")));
        // Nothing of the compiler's is left in the project, and no header of this machine's is part of the plugin.
        tool.env("ZIG_LOCAL_CACHE_DIR", place.join("zig")).current_dir(&self.dir);
        for elsewhere in ["CPATH", "C_INCLUDE_PATH", "PYTHONPATH"] {
            tool.env_remove(elsewhere);
        }
        tool
    }
}

/// In the project's own environment, or in the one that is active.
fn compiler(dir: &Path) -> Result<PathBuf, CliError> {
    let own = PROGRAMS.map(|name| dir.join(".venv/bin").join(name)).into_iter().find(|program| program.is_file());
    let candidates = own.map_or_else(|| PROGRAMS.map(PathBuf::from).to_vec(), |own| vec![own]);
    let mut other = None;
    for program in candidates {
        let output = match Command::new(&program).arg("version").stdin(Stdio::null()).output() {
            Ok(output) => output,
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(error) => return Err(missing().because(&error)),
        };
        let said = String::from_utf8_lossy(&output.stdout).trim().to_owned();
        if said == VERSION {
            return Ok(program);
        }
        other.get_or_insert(said);
    }
    let Some(found) = other else { return Err(missing()) };
    let found =
        if found.is_empty() { "one that does not say which".to_owned() } else { crate::text::one_line(&found, 40) };
    let message = format!("the C compiler of Zig {VERSION} is needed, and {found} is here");
    let pip = if dir.join(".venv").is_dir() { ".venv/bin/pip" } else { "python3 -m venv .venv && .venv/bin/pip" };
    Err(CliError::new(Exit::Unavailable, "zig-other", message)
        .try_command(format!("{pip} install {PACKAGE}=={VERSION}")))
}

fn missing() -> CliError {
    CliError::new(Exit::Unavailable, "zig-missing", "the C compiler of Zig makes a component of C, and cannot be run")
        .try_command(format!("python3 -m venv .venv && .venv/bin/pip install {PACKAGE}=={VERSION}"))
}

fn not_a_provider(reason: &str) -> CliError {
    CliError::new(Exit::Refused, "not-a-provider", "the module is no provider")
        .cause(crate::text::one_line(reason, crate::text::MESSAGE_CHARS_MAX))
        .help("every function that is used is defined in `src` or `sdk`, or declared in `bindings/sp.h`")
}
