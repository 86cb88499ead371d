//! Where a project is, whose its directory is, and what may be done in it.

use std::fs;
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};

use super::{DIR, LOG};
use crate::backend::{MAKE_ROOM, is_full};
use crate::env::{self, Env};
use crate::error::{CliError, Exit};
use crate::text::shown;

/// Where the project is: as named, or the nearest `.systemprompt` upwards.
pub fn locate(env: &Env, named: Option<&Path>) -> Option<PathBuf> {
    match named {
        Some(dir) => Some(env.cwd.join(dir).join(DIR)).filter(|dir| dir.is_dir()),
        None => env.cwd.ancestors().map(|dir| dir.join(DIR)).find(|dir| dir.is_dir()),
    }
}

/// Makes the directory, in the one that is named or the working directory.
pub(super) fn make_dir(env: &Env, named: Option<&Path>) -> Result<PathBuf, CliError> {
    let parent = named.map_or_else(|| env.cwd.clone(), |named| env.cwd.join(named));
    let failed = |error: std::io::Error| {
        let help = if error.kind() == std::io::ErrorKind::AlreadyExists {
            format!("`{DIR}` is in the way and is no directory; move it aside")
        } else if is_full(&error) {
            MAKE_ROOM.to_owned()
        } else {
            "make that directory writable for yourself, or name another with `--project`".to_owned()
        };
        CliError::new(Exit::Failed, "project-not-made", format!("could not make a project in {}", shown(&parent)))
            .because(&error)
            .help(help)
    };
    if !parent.is_dir() {
        return Err(no_directory(&parent));
    }
    let dir = parent.join(DIR);
    fs::DirBuilder::new().recursive(true).mode(0o700).create(&dir).map_err(failed)?;
    crate::files::sync_dir(&parent).map_err(failed)?;
    Ok(dir)
}

/// What was named is not there.
pub(super) fn no_directory(dir: &Path) -> CliError {
    CliError::new(Exit::NotFound, "no-directory", format!("there is no directory {}", shown(dir)))
        .help("`--project` names a directory that exists; the project is made in it")
}

/// Whether there is such a file in the project. A directory that may not be entered is not one without it.
pub(super) fn is_there(dir: &Path, file: &str) -> Result<bool, CliError> {
    dir.join(file).try_exists().map_err(|error| {
        let message = format!("the project in {} cannot be looked into", shown_place(dir));
        CliError::new(Exit::Refused, "project-unreadable", message)
            .because(&error)
            .help(format!("look whose it is with `ls -ld {}`", shown(dir)))
    })
}

/// Where a project is, as the user would say it: the directory that holds `.systemprompt`.
pub(super) fn shown_place(dir: &Path) -> String {
    shown(dir.parent().unwrap_or(dir))
}

/// A directory that was found by walking up may be anybody's; what is written into it is for its owner to read.
pub(super) fn check_owner(dir: &Path, named: Option<&Path>) -> Result<(), CliError> {
    let Ok(meta) = fs::symlink_metadata(dir) else { return Ok(()) };
    let me = rustix::process::geteuid().as_raw();
    let behind_sudo = env::look_up("SUDO_UID").and_then(|uid| uid.to_str()?.parse::<u32>().ok()).filter(|_| me == 0);
    if named.is_some() || meta.uid() == me || Some(meta.uid()) == behind_sudo {
        return Ok(());
    }
    let message = format!("the project in {} belongs to another user", shown_place(dir));
    Err(CliError::new(Exit::Refused, "project-of-another", message)
        .help("nothing was written; if it is the one you mean, name it with `--project`"))
}

/// Directory and log: the one without the other is of no use.
pub(super) fn may_write(dir: &Path) -> bool {
    let may = |path: &Path| rustix::fs::access(path, rustix::fs::Access::WRITE_OK).is_ok();
    may(dir) && may(&dir.join(LOG))
}
