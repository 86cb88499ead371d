//! Making a project's log: by one process at a time, and not among what is left of another log.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::intake::mark::{self, Mark};
use super::registry_file::could_not;
use super::{LOG, is_there};
use crate::error::{CliError, Exit};
use crate::text::shown;

/// A log is made within milliseconds, but for one that is made of a large file.
const WAIT: Duration = Duration::from_secs(10);
/// Begins the names of drafts that a process left that was killed while it imported.
const DRAFT: &str = "log.db.import";
/// What was written to the log and not moved into it yet.
pub(super) const WAL: &str = "log.db-wal";
/// What `SQLite` makes anew where it is missing.
pub(super) const SHM: &str = "log.db-shm";
/// What the WAL of a log that is gone is called from then on.
const LEFT: &str = "log.db-wal.left";

/// Held by whoever makes the log of a project that has none.
pub struct Making {
    /// The directory: a lock on it leaves no file.
    _lock: File,
}

impl Making {
    /// Waits for others who make one. None where there is a log by then.
    pub fn begin(dir: &Path) -> Result<Option<Making>, CliError> {
        let failed = |error: io::Error| could_not("lock", dir, &error);
        let lock = File::open(dir).map_err(failed)?;
        match crate::files::lock_within(&lock, WAIT) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::TimedOut => return Err(busy(dir)),
            Err(error) => return Err(failed(error)),
        }
        if is_there(dir, LOG)? {
            return Ok(None);
        }
        let log = dir.join(LOG);
        if fs::symlink_metadata(&log).is_ok() {
            let message = format!("{} is a link that leads nowhere", shown(&log));
            return Err(CliError::new(Exit::NotFound, "log-missing", message)
                .help("nothing was done; bring back what it leads to, or remove it"));
        }
        clear(dir)?;
        Ok(Some(Making { _lock: lock }))
    }
}

/// What was there of a log that is gone: read with another one it would damage that. What was written to it is kept.
fn clear(dir: &Path) -> Result<(), CliError> {
    let failed = |error: io::Error| could_not("change", dir, &error);
    for entry in fs::read_dir(dir).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        match entry.file_name().to_str() {
            Some(WAL) => fs::rename(entry.path(), free(dir)).map_err(failed)?,
            Some(name) if name == SHM || name.starts_with(DRAFT) => {
                fs::remove_file(entry.path()).map_err(failed)?;
            }
            Some(_) | None => {}
        }
    }
    // It was about the history that is gone.
    if mark::read(dir)? == Mark::None { Ok(()) } else { mark::write(dir, Mark::None) }
}

/// A name that nothing has.
fn free(dir: &Path) -> PathBuf {
    let names = (2_u32..).map(|number| dir.join(format!("{LEFT}-{number}")));
    let mut names = std::iter::once(dir.join(LEFT)).chain(names);
    names.find(|name| fs::symlink_metadata(name).is_err()).unwrap_or_else(|| dir.join(LEFT))
}

fn busy(dir: &Path) -> CliError {
    let message = format!("another command has been making a project for more than {} s", WAIT.as_secs());
    CliError::new(Exit::Unavailable, "files-busy", message)
        .cause(format!("it holds {}", shown(dir)))
        .help("wait until it ends, or end it: where a history is imported, nothing is there before all of it is")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_to_a_log_that_is_gone_is_kept_aside_and_the_rest_of_it_goes() {
        let dir = tempfile::tempdir().unwrap();
        for name in [WAL, LEFT, SHM, "log.db.import", "log.db.import-wal", "imported", "keys.db"] {
            fs::write(dir.path().join(name), name).unwrap();
        }
        assert!(Making::begin(dir.path()).unwrap().is_some());
        let mut names: Vec<_> =
            fs::read_dir(dir.path()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        assert_eq!(names, ["keys.db", LEFT, "log.db-wal.left-2"]);
        assert_eq!(fs::read_to_string(dir.path().join("log.db-wal.left-2")).unwrap(), WAL);
    }

    #[test]
    fn beside_a_log_everything_stays() {
        let dir = tempfile::tempdir().unwrap();
        for name in [LOG, WAL, "imported"] {
            fs::write(dir.path().join(name), name).unwrap();
        }
        assert!(Making::begin(dir.path()).unwrap().is_none());
        assert!(dir.path().join(WAL).exists() && dir.path().join("imported").exists());
    }

    #[test]
    fn a_log_that_is_a_link_to_nowhere_is_named() {
        let dir = tempfile::tempdir().unwrap();
        std::os::unix::fs::symlink("nowhere", dir.path().join(LOG)).unwrap();
        let refused = Making::begin(dir.path()).err().unwrap();
        assert!(refused.message.ends_with("log.db is a link that leads nowhere"), "{}", refused.message);
    }
}
