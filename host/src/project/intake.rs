//! A project whose history comes from a file: it is marked before the first event is written, and acts on nothing
//! until somebody claims it.
//!
//! The mark is a file of the project, so that copies have it, too. It takes rights away and gives none: what is not
//! marked is still held to `ownership` and to what this user allowed on this machine.

use std::fs;
use std::io;
use std::path::Path;

use systemprompt_events::{Imported, Position, SqliteLog};

use super::{LOG, Project, check_owner, ignored, locate, make_dir, registry_file, with};
use crate::env::Env;
use crate::error::{CliError, Exit};
use crate::text::shown;

/// Name of the mark.
const MARK: &str = "imported";
/// Of an import that did not come to its end.
const UNFINISHED: &str = "unfinished\n";
/// Of a history that is whole.
const FINISHED: &str = "finished\n";

/// How far the import went that a project comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    /// It comes from none, or it was claimed.
    None,
    /// Not to its end.
    Unfinished,
    /// To its end.
    Finished,
}

/// A project that is about to take a history in.
pub struct Arrival {
    /// It.
    pub project: Project,
    is_new: bool,
    mark: Mark,
    end: Option<Position>,
}

/// Opens the project, or makes one, without an event of its own.
pub async fn open(env: &Env, named: Option<&Path>) -> Result<Arrival, CliError> {
    let (dir, is_new) = match locate(env, named) {
        Some(dir) => {
            check_owner(&dir, named)?;
            (dir, false)
        }
        None => (make_dir(env, named)?, true),
    };
    let path = dir.join(LOG);
    if !path.exists() {
        if dir.join(registry_file::NAME).exists() {
            return Err(not_empty(&dir));
        }
        SqliteLog::create(&path).await?.close().await?;
    }
    let mut log = SqliteLog::open(&path).await?;
    let end = log.head().await?.position;
    let mut project = with(env, dir, log, None);
    project.notices.extend(ignored::keep_out_of_git(&project.dir)?);
    let arrival = Arrival { mark: read(&project.dir)?, project, is_new, end };
    if arrival.mark == Mark::None {
        write(&arrival.project.dir, UNFINISHED)?;
    }
    Ok(arrival)
}

impl Arrival {
    /// After an import that came to its end. What had nothing to take in is as it was.
    pub fn finish(&self, imported: &Imported) -> Result<Mark, CliError> {
        if self.mark == Mark::None && imported.events == imported.known {
            remove(&self.project.dir)?;
            return Ok(Mark::None);
        }
        write(&self.project.dir, FINISHED)?;
        Ok(Mark::Finished)
    }

    /// After one that did not. Where nothing was written, nothing is left of it.
    pub async fn give_up(&mut self) -> Result<(), CliError> {
        if self.project.ledger().log.head().await?.position != self.end {
            return write(&self.project.dir, UNFINISHED);
        }
        if self.is_new && self.end.is_none() {
            return fs::remove_dir_all(&self.project.dir).map_err(|error| failed(&self.project.dir, &error));
        }
        if self.mark == Mark::None { remove(&self.project.dir) } else { Ok(()) }
    }
}

/// Ends in an error where the history was imported and nobody claimed it.
pub fn check(dir: &Path) -> Result<(), CliError> {
    match read(dir)? {
        Mark::None => Ok(()),
        Mark::Unfinished => Err(unfinished()),
        Mark::Finished => {
            let message = "this history was imported, and what it came from may still act on the same databases";
            Err(CliError::new(Exit::Refused, "project-imported", message)
                .help("nothing was done; make this directory the one that acts if the other one never will again")
                .try_command("systemprompt history claim"))
        }
    }
}

/// Takes the mark away; a history that is not whole keeps it.
pub fn claim(dir: &Path) -> Result<(), CliError> {
    match read(dir)? {
        Mark::None => Ok(()),
        Mark::Unfinished => Err(unfinished()),
        Mark::Finished => remove(dir),
    }
}

fn read(dir: &Path) -> Result<Mark, CliError> {
    const BYTES_MAX: u64 = 64;
    let path = dir.join(MARK);
    match crate::files::read_regular(&path, BYTES_MAX) {
        Ok(content) if content == FINISHED.as_bytes() => Ok(Mark::Finished),
        // Cut off by a crash, or edited: not known to be whole.
        Ok(_) => Ok(Mark::Unfinished),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Mark::None),
        Err(error) => Err(failed(&path, &error)),
    }
}

fn write(dir: &Path, content: &str) -> Result<(), CliError> {
    let path = dir.join(MARK);
    crate::files::replace(&path, content.as_bytes()).map_err(|error| failed(&path, &error))
}

fn remove(dir: &Path) -> Result<(), CliError> {
    let path = dir.join(MARK);
    fs::remove_file(&path).and_then(|()| crate::files::sync_dir(dir)).map_err(|error| failed(&path, &error))
}

fn failed(path: &Path, error: &io::Error) -> CliError {
    CliError::new(Exit::Failed, "file-failed", format!("could not change {}", shown(path))).because(error)
}

fn unfinished() -> CliError {
    CliError::new(Exit::Unfinished, "import-unfinished", "the import of this history did not come to its end")
        .help("nothing was done; import the same file again, which goes on where it ended")
        .try_command("systemprompt history import <file>")
}

fn not_empty(dir: &Path) -> CliError {
    let message = format!("there is a `{}` of another program in {}", registry_file::NAME, shown(dir));
    CliError::new(Exit::Refused, "import-not-empty", message)
        .help("nothing was written; import into a directory that has nothing of this kind")
        .try_command("systemprompt history import <file> --project <directory>")
}
