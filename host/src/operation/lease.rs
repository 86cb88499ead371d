//! The lease of an operation: one process performs it, and the others can tell that it does.

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::time::Duration;

use systemprompt_events::OperationId;

use crate::error::{CliError, Exit};

/// Whether another process is performing the operation right now.
pub fn is_running(project_dir: &Path, id: OperationId) -> bool {
    let file = File::open(path(project_dir, id));
    file.is_ok_and(|file| matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock)))
}

fn path(project_dir: &Path, id: OperationId) -> PathBuf {
    project_dir.join("locks").join(format!("operation-{id}"))
}

/// Tidies up after an operation that has ended and can be claimed by nobody any more.
pub(super) fn forget(project_dir: &Path, id: OperationId) {
    // A file that stays is only in the way.
    let _kept: std::io::Result<()> = std::fs::remove_file(path(project_dir, id));
}

/// A command that only looks whether somebody performs the operation holds the lock for a moment.
fn try_lock(file: &File) -> Result<(), TryLockError> {
    const TRIES: u32 = 10;
    const PAUSE: Duration = Duration::from_millis(20);
    for _ in 1..TRIES {
        match file.try_lock() {
            Err(TryLockError::WouldBlock) => std::thread::sleep(PAUSE),
            other => return other,
        }
    }
    file.try_lock()
}

/// Held by the process that performs the operation; the operating system lets go of it however the process ends.
pub(super) fn take(project_dir: &Path, id: OperationId) -> Result<File, CliError> {
    let failed = |error: std::io::Error| {
        CliError::new(Exit::Failed, "lock-failed", format!("could not lock operation `{id}`")).because(&error)
    };
    std::fs::create_dir_all(project_dir.join("locks")).map_err(failed)?;
    let file = crate::files::open_regular(&path(project_dir, id), File::options().create(true).append(true))
        .map_err(failed)?;
    match try_lock(&file) {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(CliError::new(
            Exit::Unfinished,
            "operation-running",
            format!("operation `{id}` is being performed by another process"),
        )
        .help("wait for it, or stop it with Ctrl-C where it runs")),
        Err(TryLockError::Error(error)) => Err(failed(error)),
    }
}
