//! A project whose history comes from a file: it is marked once the file was found to be good and before the first event
//! is written, and acts on nothing until somebody claims it.
//!
//! The mark is a file of the project, so that copies have it, too. It takes rights away and gives none: what is not
//! marked is still held to `ownership` and to what this user allowed on this machine.

use std::fs;
use std::io::{self, BufRead};
use std::path::Path;

use systemprompt_events::{Imported, Position, ReadError, Reader, SqliteLog};

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
/// Of one that acts here now, with the position at which it was claimed.
const CLAIMED: &str = "claimed ";

/// How far the import went that a project comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    /// It comes from none, or it was claimed.
    None,
    /// Not to its end.
    Unfinished,
    /// To its end.
    Finished,
    /// To its end, and claimed: what was recorded up to there was recorded elsewhere.
    Claimed(Position),
}

impl Mark {
    /// Whether the project may act for its history.
    pub fn acts(self) -> bool {
        matches!(self, Mark::None | Mark::Claimed(_))
    }

    fn content(self) -> Option<String> {
        match self {
            Mark::None => None,
            Mark::Unfinished => Some(UNFINISHED.to_owned()),
            Mark::Finished => Some(FINISHED.to_owned()),
            Mark::Claimed(position) => Some(format!("{CLAIMED}{position}\n")),
        }
    }
}

/// A project that is about to take a history in.
pub struct Arrival {
    /// It.
    pub project: Project,
    made: Made,
    mark: Mark,
    end: Option<Position>,
}

/// What was made for an import, and goes again where nothing comes of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Made {
    Nothing,
    Log,
    Directory,
}

/// Opens the project, or makes one, without an event of its own.
pub async fn open(env: &Env, named: Option<&Path>) -> Result<Arrival, CliError> {
    let (dir, mut made) = match locate(env, named) {
        Some(dir) => {
            check_owner(&dir, named)?;
            (dir, Made::Nothing)
        }
        None => (make_dir(env, named)?, Made::Directory),
    };
    let path = dir.join(LOG);
    if !path.exists() {
        if dir.join(registry_file::NAME).exists() {
            return Err(not_empty(&dir));
        }
        SqliteLog::create(&path).await?.close().await?;
        if made == Made::Nothing {
            made = Made::Log;
        }
    }
    let mut log = SqliteLog::open(&path).await?;
    let end = log.head().await?.position;
    let project = with(env, dir, log, None);
    Ok(Arrival { mark: read(&project.dir)?, project, made, end })
}

impl Arrival {
    /// Takes in what a file holds, which is opened twice. The project is marked once the file was found to be good: whoever
    /// is stopped before leaves one that was there as it was, and where there was none a log in which nothing happened.
    pub async fn take_in<R: BufRead + Send + 'static>(
        &mut self,
        open: &mut dyn FnMut() -> Result<Reader<R>, ReadError>,
    ) -> Result<Imported, CliError> {
        let checked = match open() {
            Ok(reader) => self.project.ledger().log.check_import(reader).await,
            Err(error) => Err(error.into()),
        };
        let checked = match checked {
            Ok(checked) => checked,
            Err(error) => {
                self.take_away().await?;
                return Err(error.into());
            }
        };
        let gitignore = ignored::keep_out_of_git(&self.project.dir)?;
        self.project.notices.extend(gitignore);
        if checked.brings_something() && self.mark.acts() {
            write(&self.project.dir, Mark::Unfinished)?;
        }
        let mut is_written = false;
        match self.project.ledger().log.finish_import(checked, open, &mut is_written).await {
            Ok(imported) => Ok(imported),
            Err(error) => {
                self.give_up(is_written).await?;
                Err(error.into())
            }
        }
    }

    /// After an import that came to its end. What had nothing to take in is as it was.
    pub fn finish(&self, imported: &Imported) -> Result<Mark, CliError> {
        if self.mark.acts() && imported.events == imported.known {
            return Ok(self.mark);
        }
        write(&self.project.dir, Mark::Finished)?;
        Ok(Mark::Finished)
    }

    /// After one that did not. Where it wrote nothing, nothing is left of it, whatever others wrote meanwhile.
    async fn give_up(&mut self, is_written: bool) -> Result<(), CliError> {
        let dir = &self.project.dir;
        if is_written {
            return write(dir, Mark::Unfinished);
        }
        // Another import that came to its end meanwhile has said so.
        if read(dir)? == Mark::Unfinished {
            write(dir, self.mark)?;
        }
        self.take_away().await
    }

    /// Takes away what was made for an import, unless somebody else uses it by now.
    async fn take_away(&mut self) -> Result<(), CliError> {
        if self.made == Made::Nothing || self.project.ledger().log.head().await?.position != self.end {
            return Ok(());
        }
        let dir = &self.project.dir;
        match self.made {
            Made::Nothing => Ok(()),
            Made::Log => remove_log(dir),
            Made::Directory => fs::remove_dir_all(dir).map_err(|error| failed(dir, &error)),
        }
    }
}

/// Ends in an error where the history was imported and nobody claimed it.
pub fn check(dir: &Path) -> Result<(), CliError> {
    match read(dir)? {
        Mark::None | Mark::Claimed(_) => Ok(()),
        Mark::Unfinished => Err(unfinished()),
        Mark::Finished => {
            let message = "this history was imported, and what it came from may still act on the same databases";
            Err(CliError::new(Exit::Refused, "project-imported", message)
                .help("nothing was done; make this directory the one that acts if the other one never will again")
                .try_command("systemprompt history claim"))
        }
    }
}

/// Lets the project act, whose log ends at `end`; not where the history is not whole, unless whoever claims it makes do
/// with what is here.
pub fn claim(dir: &Path, end: Position, takes_part: bool) -> Result<(), CliError> {
    match read(dir)? {
        Mark::None | Mark::Claimed(_) => Ok(()),
        Mark::Unfinished if !takes_part => Err(unfinished()),
        Mark::Unfinished | Mark::Finished => write(dir, Mark::Claimed(end)),
    }
}

/// The last event of a history that was imported and claimed: up to it, keys are where it was recorded.
pub fn claimed(dir: &Path) -> Result<Option<Position>, CliError> {
    match read(dir)? {
        Mark::Claimed(end) => Ok(Some(end)),
        Mark::None | Mark::Unfinished | Mark::Finished => Ok(None),
    }
}

fn read(dir: &Path) -> Result<Mark, CliError> {
    const BYTES_MAX: u64 = 64;
    let path = dir.join(MARK);
    match crate::files::read_regular(&path, BYTES_MAX) {
        Ok(content) => Ok(parse(&content)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Mark::None),
        Err(error) => Err(failed(&path, &error)),
    }
}

fn parse(content: &[u8]) -> Mark {
    let Ok(content) = std::str::from_utf8(content) else { return Mark::Unfinished };
    let claimed = content.strip_prefix(CLAIMED).and_then(|end| end.trim_end().parse().ok());
    match claimed {
        Some(end) => Mark::Claimed(end),
        None if content == FINISHED => Mark::Finished,
        // Cut off by a crash, or edited: not known to be whole.
        None => Mark::Unfinished,
    }
}

fn write(dir: &Path, mark: Mark) -> Result<(), CliError> {
    let Some(content) = mark.content() else { return remove_files(dir, &[MARK]) };
    let path = dir.join(MARK);
    crate::files::replace(&path, content.as_bytes()).map_err(|error| failed(&path, &error))
}

/// A log in which nothing happened, with the mark and what `SQLite` keeps beside it.
fn remove_log(dir: &Path) -> Result<(), CliError> {
    remove_files(dir, &[MARK, LOG, "log.db-wal", "log.db-shm"])
}

fn remove_files(dir: &Path, names: &[&str]) -> Result<(), CliError> {
    for name in names {
        let path = dir.join(name);
        match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(failed(&path, &error)),
            Ok(()) | Err(_) => {}
        }
    }
    crate::files::sync_dir(dir).map_err(|error| failed(dir, &error))
}

fn failed(path: &Path, error: &io::Error) -> CliError {
    CliError::new(Exit::Failed, "file-failed", format!("could not change {}", shown(path))).because(error)
}

fn unfinished() -> CliError {
    CliError::new(Exit::Unfinished, "import-unfinished", "the import of this history did not come to its end")
        .help(
            "nothing was done; import the same file again, which goes on where it ended; or make do with what is here: \
             `systemprompt history claim --unfinished`",
        )
        .try_command("systemprompt history import <file>")
}

fn not_empty(dir: &Path) -> CliError {
    let message = format!("there is a `{}` of another program in {}", registry_file::NAME, shown(dir));
    CliError::new(Exit::Refused, "import-not-empty", message)
        .help("nothing was written; import into a directory that has nothing of this kind")
        .try_command("systemprompt history import <file> --project <directory>")
}

#[cfg(test)]
#[path = "intake_test.rs"]
mod tests;
