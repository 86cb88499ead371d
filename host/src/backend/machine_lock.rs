//! A lock that all processes of this machine honour, for what the machine's projects share.

use std::fs::{File, OpenOptions, TryLockError};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::{BackendError, Progress};

/// Waiting is rare and a held lock is held for seconds, so polling this often costs nothing that is noticed.
const POLL: Duration = Duration::from_millis(20);

/// Waits shorter than this are not worth a line.
const SILENT: Duration = Duration::from_millis(200);

/// An exclusive lock on `<name>.lock`, released when dropped or when the process ends.
#[derive(Debug)]
pub struct MachineLock {
    _file: File,
}

impl MachineLock {
    /// Takes the lock `<name>.lock` in `dir`, waiting for its holder no longer than `timeout`.
    ///
    /// The file stays: removing it would let two processes hold locks on two files of one name.
    pub async fn acquire(
        dir: &Path,
        name: &str,
        timeout: Duration,
        progress: &dyn Progress,
    ) -> Result<Self, BackendError> {
        let path = dir.join(format!("{name}.lock"));
        let file = open(&path).map_err(|error| unusable(&path, &error))?;
        let (begin, mut told) = (Instant::now(), false);
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(Self { _file: file }),
                Err(TryLockError::Error(error)) => return Err(unusable(&path, &error)),
                Err(TryLockError::WouldBlock) => {}
            }
            if begin.elapsed() >= timeout {
                return Err(held(&path, timeout));
            }
            if begin.elapsed() >= SILENT && !told {
                progress.report("waiting for another command that is setting up the same server", 0, 0);
                told = true;
            }
            sleep(POLL).await;
        }
    }
}

fn open(path: &Path) -> std::io::Result<File> {
    OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o600).open(path)
}

fn unusable(path: &Path, error: &std::io::Error) -> BackendError {
    BackendError::refused("lock-unusable", format!("could not lock `{}`: {error}", path.display()))
}

fn held(path: &Path, timeout: Duration) -> BackendError {
    let message = format!("another command has held `{}` for more than {} s", path.display(), timeout.as_secs());
    BackendError::retryable("lock-held", message).help("wait until it ends, then run the command again")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backend::Quiet;

    const SHORT: Duration = Duration::from_millis(30);

    #[tokio::test]
    async fn a_held_lock_is_waited_for_and_then_reported() {
        let dir = tempfile::tempdir().unwrap();
        let held = MachineLock::acquire(dir.path(), "server", SHORT, &Quiet).await.unwrap();
        let refusal = MachineLock::acquire(dir.path(), "server", SHORT, &Quiet).await.unwrap_err();
        assert_eq!(refusal.code, "lock-held");
        drop(held);
        MachineLock::acquire(dir.path(), "server", SHORT, &Quiet).await.unwrap();
    }

    #[tokio::test]
    async fn locks_of_different_names_do_not_meet() {
        let dir = tempfile::tempdir().unwrap();
        let _one = MachineLock::acquire(dir.path(), "one", SHORT, &Quiet).await.unwrap();
        MachineLock::acquire(dir.path(), "two", SHORT, &Quiet).await.unwrap();
    }
}
