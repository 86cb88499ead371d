//! A component that nobody has allowed yet: read, checked against the world, asked who it is and what it wants.

use std::path::Path;
use std::time::Duration;

use systemprompt_events::PluginId;

use super::cache::Cache;
use super::catalog::{self, Loaded};
use super::engine::Traces;
use super::limits::COMPONENT_BYTES_MAX;
use super::v1::Description;
use super::{PluginError, destination, embedded};
use crate::error::{CliError, Exit};
use crate::files;
use crate::places::Places;
use crate::report::Reporter;

/// The step that a user sees.
const COMPILING: &str = "compile the plugin";
/// How often it is said that it goes on.
const STILL_COMPILING: Duration = Duration::from_secs(1);

/// Of a version, as a plugin says it.
const VERSION_CHARS_MAX: usize = 100;

/// What a file holds that may become a plugin.
pub struct Candidate {
    /// Its bytes.
    pub wasm: Vec<u8>,
    /// Its code, under the id that it gives itself; it may talk to nobody.
    pub loaded: Loaded,
    /// What it says of itself.
    pub description: Description,
    /// What it asks for.
    pub capabilities: Vec<String>,
}

impl Candidate {
    /// Reads it from a file; its own code runs only to say who it is, and is lent nothing for that.
    pub async fn read(file: &Path, places: &Places, reporter: &Reporter) -> Result<Candidate, CliError> {
        Self::of(bytes(file)?, places, reporter).await
    }

    /// The same for what a user names: a file, or the id of a plugin that the program carries.
    pub async fn named(name: &Path, places: &Places, reporter: &Reporter) -> Result<Candidate, CliError> {
        let carried = name.to_str().and_then(|name| embedded::component(&name.parse().ok()?));
        match carried.filter(|_| !name.exists()) {
            Some(wasm) => Self::of(wasm.to_vec(), places, reporter).await,
            None => Self::read(name, places, reporter).await.map_err(|error| {
                if name.exists() {
                    return error;
                }
                let carried = embedded::ids().iter().map(|id| format!("`{id}`")).collect::<Vec<_>>().join(", ");
                let how = "name a component, as `systemprompt plugin build` makes one";
                error.help(format!("{how}, or a plugin that systemprompt carries: {carried}"))
            }),
        }
    }

    /// The same for bytes.
    pub async fn of(wasm: Vec<u8>, places: &Places, reporter: &Reporter) -> Result<Candidate, CliError> {
        let (wasm, unnamed) = compiled(wasm, Traces::Functions, places, reporter).await?;
        Self::asked(wasm, unnamed, places).await
    }

    /// Its traps are told with file and line if it was built on this machine: what is run then is the same code.
    pub async fn traced(self, places: &Places, reporter: &Reporter) -> Result<Candidate, CliError> {
        let Some(with_lines) = Cache::at(places.components()).with_lines(&self.wasm) else { return Ok(self) };
        let (_, traced) = compiled(with_lines, Traces::Lines, places, reporter).await?;
        Ok(Candidate { loaded: Loaded { provider: traced.provider, ..self.loaded }, ..self })
    }

    async fn asked(wasm: Vec<u8>, unnamed: Loaded, places: &Places) -> Result<Candidate, CliError> {
        let description = catalog::describe(&unnamed, places).await?;
        let id: PluginId = description.id.parse().map_err(|error| {
            let shown = crate::text::one_line(&description.id, 60);
            CliError::new(Exit::Refused, "bad-plugin-id", format!("its id `{shown}` cannot be used")).because(&error)
        })?;
        let loaded = Loaded { id, ..unnamed };
        check_version(&description.version)?;
        let capabilities = destination::asked(&loaded.provider.capabilities, &description)?;
        Ok(Candidate { wasm, loaded, description, capabilities })
    }
}

/// A version is recorded, shown and written to `plugins.lock`, one line of each.
fn check_version(version: &str) -> Result<(), CliError> {
    if version.chars().count() <= VERSION_CHARS_MAX && !version.chars().any(char::is_control) {
        return Ok(());
    }
    let shown = crate::text::one_line(version, 60);
    let message = format!("its version `{shown}` is longer than {VERSION_CHARS_MAX} characters, or not one line");
    Err(CliError::new(Exit::Refused, "bad-plugin-version", message).help("nothing was done; tell its publisher"))
}

/// Compiles what was never compiled on this machine, which takes seconds where it is large, and shows that it goes on.
async fn compiled(
    wasm: Vec<u8>,
    traces: Traces,
    places: &Places,
    reporter: &Reporter,
) -> Result<(Vec<u8>, Loaded), CliError> {
    let is_new = !Cache::at(places.components()).has(&wasm, traces)?;
    if is_new {
        reporter.step_began(COMPILING);
    }
    let own = places.clone();
    let mut compiling = tokio::task::spawn_blocking(move || {
        // Its id is what it says of itself, so it is loaded once under a name that no plugin can have registered yet.
        let nameless: PluginId = "new".parse().expect("BUG: a fixed id is valid");
        let loaded = catalog::compile_for(traces, &nameless, &wasm, &own);
        (wasm, loaded)
    });
    let ended = loop {
        match tokio::time::timeout(STILL_COMPILING, &mut compiling).await {
            Ok(ended) => break ended,
            Err(_) => reporter.waiting("it is large", 0, 0),
        }
    };
    let ended = ended.map_err(std::io::Error::other).map_err(|source| PluginError::Compiler { source });
    if is_new {
        reporter.step_ended(matches!(&ended, Ok((_, Ok(_)))));
    }
    let (wasm, loaded) = ended?;
    Ok((wasm, loaded?))
}

/// Refuses an id that is not for others.
pub fn check_free(id: &PluginId) -> Result<(), CliError> {
    if embedded::component(id).is_some() || *id == PluginId::external() {
        let message = format!("`{id}` is the id of a plugin that systemprompt carries itself");
        return Err(CliError::new(Exit::Refused, "plugin-id-taken", message)
            .help("give it another id, such as the name of the service and what it is: `acme-postgres`"));
    }
    Ok(())
}

/// Refuses what calls itself like a plugin that systemprompt carries, and is another: it would be handed that one's account.
pub fn check_genuine(id: &PluginId, wasm: &[u8]) -> Result<(), CliError> {
    if embedded::is_component(wasm) { Ok(()) } else { check_free(id) }
}

/// A file of any size may be named, and what is none at all: a device gives bytes without end, and a pipe none until
/// somebody writes.
pub fn bytes(file: &Path) -> Result<Vec<u8>, CliError> {
    let failed = |source| PluginError::File { path: file.to_owned(), source };
    let resolved = file.canonicalize().map_err(failed)?;
    let wasm = files::beginning(&resolved, COMPONENT_BYTES_MAX as u64 + 1).map_err(failed)?;
    if wasm.len() > COMPONENT_BYTES_MAX {
        let reason = format!("it is larger than {} MiB", COMPONENT_BYTES_MAX >> 20);
        return Err(PluginError::NotAProvider { reason }.into());
    }
    Ok(wasm)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::symlink;

    #[test]
    fn a_component_is_read_from_a_file_or_a_link_to_one_and_from_nothing_else() {
        let dir = tempfile::tempdir().unwrap();
        let (file, link, pipe) = (dir.path().join("a.wasm"), dir.path().join("link"), dir.path().join("pipe"));
        fs::write(&file, "a component").unwrap();
        symlink(&file, &link).unwrap();
        let mode = rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR;
        rustix::fs::mknodat(rustix::fs::CWD, &pipe, rustix::fs::FileType::Fifo, mode, 0).unwrap();
        assert_eq!(bytes(&link).unwrap(), b"a component");
        for other in [pipe.as_path(), Path::new("/dev/zero"), dir.path()] {
            let error = bytes(other).unwrap_err();
            assert_eq!(error.code, "plugin-file", "{}", other.display());
        }
    }

    #[test]
    fn a_file_that_is_too_large_for_a_component_is_not_read_to_its_end() {
        let file = tempfile::NamedTempFile::new().unwrap();
        file.as_file().set_len(COMPONENT_BYTES_MAX as u64 + 1).unwrap();
        assert_eq!(bytes(file.path()).unwrap_err().code, "not-a-provider");
        file.as_file().set_len(3).unwrap();
        assert_eq!(bytes(file.path()).unwrap(), [0, 0, 0]);
    }

    #[test]
    fn nothing_but_the_plugin_itself_is_given_the_account_of_one_that_is_carried() {
        let fly: PluginId = "fly".parse().unwrap();
        assert!(check_genuine(&fly, embedded::component(&fly).unwrap()).is_ok());
        assert_eq!(check_genuine(&fly, b"another").unwrap_err().code, "plugin-id-taken");
        assert!(check_genuine(&"acme".parse().unwrap(), b"another").is_ok());
    }

    #[test]
    fn a_version_is_one_line_that_is_not_long() {
        for good in ["1.0.0", "2026-11-30", "", &"1".repeat(VERSION_CHARS_MAX)] {
            assert!(check_version(good).is_ok(), "{good}");
        }
        for bad in ["0.\n.0", "1\u{1b}[2J", &"1".repeat(VERSION_CHARS_MAX + 1)] {
            assert_eq!(check_version(bad).unwrap_err().code, "bad-plugin-version");
        }
    }
}
