//! The files that a plugin is made of, and waiting until one of them changes.
//!
//! The system only wakes us: whether something changed is seen from the files themselves, so that neither what a build writes
//! nor an editor's files beside them begin a round.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

use notify::{EventKind, RecommendedWatcher, RecursiveMode, Watcher};
use tokio::sync::mpsc::{self, Receiver};

use crate::error::{CliError, Exit};

/// An editor writes several files at once, and some of them twice.
const QUIET: Duration = Duration::from_millis(150);
/// Longest that is waited for quiet.
const UNQUIET_MAX: Duration = Duration::from_secs(2);
/// More than any plugin has; in a home directory there are more.
const FILES_MAX: usize = 5_000;
/// What builds and tools write.
const MADE_DIRS: [&str; 4] = ["__pycache__", "bindings", "node_modules", "target"];
const MADE: [&str; 3] = [".wasm", ".minisig", ".pyc"];
/// What editors write beside a file.
const OF_EDITORS: [&str; 6] = ["~", ".bak", ".orig", ".swp", ".swx", ".tmp"];
/// A file of Vim's, with which it tries whether it can write.
const OF_VIM: &str = "4913";

/// Each file, how long it is and when it was written.
type Snapshot = BTreeMap<PathBuf, (u64, SystemTime)>;

/// A project's files.
pub struct Sources {
    dir: PathBuf,
    watcher: RecommendedWatcher,
    watched: BTreeSet<PathBuf>,
    wakes: Receiver<()>,
    seen: Snapshot,
}

impl Sources {
    /// Those below this directory, from now on.
    pub fn below(dir: &Path) -> Result<Sources, CliError> {
        // One that nobody has taken yet says as much as two.
        let (wake, wakes) = mpsc::channel(1);
        let watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
            let is_look = event.is_ok_and(|event| matches!(event.kind, EventKind::Access(_)));
            if !is_look {
                let _woken_already = wake.try_send(());
            }
        });
        let watcher = watcher.map_err(|error| failed(&error))?;
        let (dir, seen) = (dir.to_owned(), Snapshot::new());
        let mut sources = Sources { dir, watcher, watched: BTreeSet::new(), wakes, seen };
        sources.look()?;
        Ok(sources)
    }

    /// What is there now is what the next round is about.
    pub fn look(&mut self) -> Result<(), CliError> {
        self.seen = self.now()?;
        Ok(())
    }

    /// Comes back when a file is another one than at the last look, and all has been quiet for a moment.
    pub async fn changed(&mut self) -> Result<(), CliError> {
        loop {
            if self.wakes.recv().await.is_none() {
                return Err(failed(&io::Error::other("nothing more is told of files")));
            }
            let began = Instant::now();
            while began.elapsed() < UNQUIET_MAX && tokio::time::timeout(QUIET, self.wakes.recv()).await.is_ok() {}
            if self.now()? != self.seen {
                return Ok(());
            }
        }
    }

    fn now(&mut self) -> Result<Snapshot, CliError> {
        let mut found = Snapshot::new();
        let mut dirs = vec![self.dir.clone()];
        while let Some(dir) = dirs.pop() {
            // Before its files are read: what comes after that wakes us.
            if !self.watched.contains(&dir) {
                self.watcher.watch(&dir, RecursiveMode::NonRecursive).map_err(|error| failed(&error))?;
                self.watched.insert(dir.clone());
            }
            let entries = match fs::read_dir(&dir) {
                // A directory below it may go while we look.
                Err(error) if error.kind() == io::ErrorKind::NotFound && dir != self.dir => {
                    self.watched.remove(&dir);
                    continue;
                }
                entries => entries.map_err(|error| failed(&error))?,
            };
            for entry in entries {
                let entry = entry.map_err(|error| failed(&error))?;
                let Ok(meta) = entry.metadata() else { continue };
                let name = entry.file_name().to_string_lossy().into_owned();
                if meta.is_dir() && is_source_dir(&name) {
                    dirs.push(entry.path());
                } else if meta.is_file() && is_source(&name) {
                    let written = meta.modified().map_err(|error| failed(&error))?;
                    found.insert(entry.path(), (meta.len(), written));
                }
            }
            if found.len() + dirs.len() > FILES_MAX {
                let message = format!("there are more than {FILES_MAX} files to watch");
                return Err(CliError::new(Exit::Refused, "too-many-files", message)
                    .help("name the directory of a plugin, or move what is no part of it"));
            }
        }
        Ok(found)
    }
}

fn is_source_dir(name: &str) -> bool {
    !name.starts_with('.') && !MADE_DIRS.contains(&name)
}

fn is_source(name: &str) -> bool {
    let ends = |endings: &[&str]| endings.iter().any(|ending| name.ends_with(ending));
    !name.starts_with(['.', '#']) && name != OF_VIM && !ends(&MADE) && !ends(&OF_EDITORS)
}

fn failed(error: &(dyn std::error::Error + 'static)) -> CliError {
    CliError::new(Exit::Failed, "watch-failed", "the files of the project cannot be watched").because(error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_builds_and_editors_write_is_no_source() {
        for name in ["lib.rs", "Cargo.toml", "Cargo.lock", "provider.py", "provider.h", "plugin.toml", "fly.json"] {
            assert!(is_source(name), "{name}");
        }
        for name in
            ["acme.wasm", "acme.wasm.minisig", ".lib.rs.swp", "lib.rs~", "#lib.rs#", "4913", ".git", "lib.rs.tmp"]
        {
            assert!(!is_source(name), "{name}");
        }
        for name in ["target", "bindings", "node_modules", ".venv", ".git", "__pycache__"] {
            assert!(!is_source_dir(name), "{name}");
        }
    }

    #[tokio::test]
    async fn a_change_of_a_source_is_told_and_of_nothing_else() {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir_all(dir.path().join("src")).unwrap();
        fs::write(dir.path().join("src/lib.rs"), "one").unwrap();
        let mut sources = Sources::below(dir.path()).unwrap();
        // All of these wake us; only the last one counts, in a directory that is new.
        fs::create_dir_all(dir.path().join("target")).unwrap();
        fs::write(dir.path().join("acme.wasm"), "made").unwrap();
        fs::write(dir.path().join("src/lib.rs~"), "one").unwrap();
        assert_eq!(sources.now().unwrap(), sources.seen);
        fs::create_dir_all(dir.path().join("src/deep")).unwrap();
        fs::write(dir.path().join("src/deep/more.rs"), "two").unwrap();
        tokio::time::timeout(Duration::from_secs(30), sources.changed()).await.unwrap().unwrap();
        sources.look().unwrap();
        fs::write(dir.path().join("src/deep/more.rs"), "three").unwrap();
        tokio::time::timeout(Duration::from_secs(30), sources.changed()).await.unwrap().unwrap();
    }

    #[test]
    fn what_cannot_be_watched_is_an_error() {
        let error = Sources::below(Path::new("/nonexistent/plugin")).err().unwrap();
        assert_eq!(error.code, "watch-failed");
    }
}
