//! The package of a plugin's project, as cargo describes it.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde::Deserialize;
use systemprompt_guest_build::{BuildError, Compiler, Component, TARGET, Voice, component};

use super::manifest;
use crate::error::{CliError, Exit};
use crate::plugin::demand::Demand;

/// A package that a plugin can be made of.
#[derive(Debug)]
pub struct Package {
    /// As its manifest names it.
    pub name: String,
    /// Directory of its manifest.
    pub dir: PathBuf,
    /// Its library, as its file is named.
    library: String,
    workspace: PathBuf,
    target_dir: PathBuf,
    demand: Demand,
}

#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Described>,
    workspace_root: PathBuf,
    target_directory: PathBuf,
}

#[derive(Deserialize)]
struct Described {
    name: String,
    manifest_path: PathBuf,
    targets: Vec<Target>,
    /// What its manifest says to other programs.
    #[serde(default)]
    metadata: serde_json::Value,
}

#[derive(Deserialize)]
struct Target {
    name: String,
    crate_types: Vec<String>,
}

impl Package {
    /// The package whose manifest lies in this directory.
    pub fn in_dir(dir: &Path) -> Result<Package, CliError> {
        let manifest = dir.join("Cargo.toml");
        if !manifest.is_file() {
            let message = format!("there is no `Cargo.toml` in {}", crate::text::shown(dir));
            return Err(CliError::new(Exit::NotFound, "not-a-plugin-project", message)
                .help("name the directory of a plugin, or begin one")
                .try_command("systemprompt plugin new my-provider --lang rust"));
        }
        let metadata = metadata(dir, &manifest)?;
        // Links on the way to it do not make it another.
        let own = |path: &Path| path.canonicalize().ok() == manifest.canonicalize().ok();
        let Some(package) = metadata.packages.into_iter().find(|package| own(&package.manifest_path)) else {
            return Err(no_plugin("its manifest has no package"));
        };
        let demand = demand(&package.metadata)?;
        let is_plugin = |target: &Target| target.crate_types.iter().any(|kind| kind == "cdylib");
        let Some(target) = package.targets.into_iter().find(is_plugin) else {
            return Err(no_plugin(&format!("package `{}` has no library of the type `cdylib`", package.name))
                .help("add `crate-type = [\"cdylib\", \"rlib\"]` below `[lib]` in its `Cargo.toml`"));
        };
        Ok(Package {
            name: package.name,
            dir: dir.to_owned(),
            library: target.name.replace('-', "_"),
            workspace: metadata.workspace_root,
            target_dir: metadata.target_directory,
            demand,
        })
    }

    /// Its component; what the compiler says goes to standard error.
    pub fn build(&self, quiet: bool) -> Result<Component, CliError> {
        let compiler = Compiler {
            root: self.workspace.clone(),
            target_dir: self.target_dir.clone(),
            locked: false,
            voice: if quiet { Voice::Low } else { Voice::Heard },
        };
        let modules = compiler.compile(std::iter::once(self.name.as_str())).map_err(error)?;
        let Component { wasm, with_lines } =
            component(&modules.join(format!("{}.wasm", self.library))).map_err(error)?;
        if self.demand == Demand::default() {
            return Ok(Component { wasm, with_lines });
        }
        let with_lines = with_lines.map(|wasm| self.demand.put_into(wasm)).transpose()?;
        Ok(Component { wasm: self.demand.put_into(wasm)?, with_lines })
    }
}

/// What a manifest asks for below `[package.metadata.systemprompt]`.
fn demand(metadata: &serde_json::Value) -> Result<Demand, CliError> {
    #[derive(Default, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Said {
        memory: Option<usize>,
    }
    let said = metadata.get("systemprompt").map(Said::deserialize).transpose();
    let said = said.map_err(|error| {
        manifest::cannot_be_used("Cargo.toml", &format!("`[package.metadata.systemprompt]`: {error}"))
            .help("all that can stand there is `memory`, in MiB: `memory = 128`")
    })?;
    Ok(Demand { memory: said.unwrap_or_default().memory }.checked()?)
}

fn no_plugin(reason: &str) -> CliError {
    CliError::new(Exit::Refused, "not-a-plugin-project", format!("this is no plugin's project: {reason}"))
}

/// From within the project: a toolchain or a registry that it names counts wherever it is called from.
fn metadata(dir: &Path, manifest: &Path) -> Result<Metadata, CliError> {
    let mut cargo = Command::new(crate::env::look_up("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.args(["metadata", "--no-deps", "--format-version", "1", "--manifest-path"]).arg(manifest).current_dir(dir);
    let output = cargo.stdin(Stdio::null()).output().map_err(|source| error(BuildError::NoRust { source }))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        let said = said.trim().strip_prefix("error: ").unwrap_or(said.trim());
        return Err(no_plugin("cargo cannot read its manifest").cause(crate::text::one_line(said, 1_000)));
    }
    serde_json::from_slice(&output.stdout)
        .map_err(|error| no_plugin("cargo describes it in no known way").because(&error))
}

/// What keeps a plugin from being built, and the command that changes that.
fn error(error: BuildError) -> CliError {
    match error {
        BuildError::NoRust { source } => CliError::new(
            Exit::Unavailable,
            "rust-missing",
            "Rust's `cargo` is needed to build this, and cannot be run",
        )
        .because(&source)
        .help("install Rust as https://rustup.rs says, then run the command again"),
        BuildError::NoTarget => CliError::new(
            Exit::Unavailable,
            "wasm-target-missing",
            format!("Rust is here, but cannot compile for `{TARGET}` yet"),
        )
        .try_command(format!("rustup target add {TARGET}")),
        BuildError::Compiler { said } => {
            let error = CliError::new(Exit::Failed, "build-failed", "the plugin could not be compiled");
            let said = crate::text::one_line(said.trim(), crate::text::MESSAGE_CHARS_MAX);
            if said.is_empty() {
                error.help("the compiler said above what it has against it")
            } else {
                error.cause(said)
            }
        }
        BuildError::Module { source, .. } => CliError::new(
            Exit::Failed,
            "build-failed",
            "the plugin was compiled, and its module is not where it should be",
        )
        .because(&source),
        BuildError::Component { reason } => CliError::new(Exit::Refused, "not-a-provider", "the module is no provider")
            .cause(crate::text::one_line(&reason, crate::text::MESSAGE_CHARS_MAX))
            .help("a provider is exported by `systemprompt_sdk::export_provider!(…)`"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_package_asks_for_memory_below_its_metadata_and_for_nothing_else() {
        let asks = |memory| json!({ "systemprompt": { "memory": memory }, "other": { "memory": "x" } });
        assert_eq!(demand(&asks(128)).unwrap().memory, Some(128));
        for nothing in [json!(null), json!({}), json!({ "systemprompt": {} }), json!({ "docs": { "rs": 1 } }), json!(5)]
        {
            assert_eq!(demand(&nothing).unwrap(), Demand::default(), "{nothing}");
        }
        for (wrong, named) in [
            (json!({ "memory": "128" }), "string"),
            (json!({ "memory": -1 }), "-1"),
            (json!({ "memory-mib": 128 }), "memory-mib"),
            (json!(128), "128"),
        ] {
            let error = demand(&json!({ "systemprompt": wrong })).unwrap_err();
            assert_eq!(error.code, "bad-plugin-manifest");
            assert!(format!("{error:?}").contains(named), "{error:?}");
        }
        let greedy = demand(&asks(4000)).unwrap_err();
        assert!(format!("{greedy:?}").contains("more than 256 MiB"), "{greedy:?}");
    }
}
