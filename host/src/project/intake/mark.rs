//! The mark of a project whose history comes from a file: once that was found to be good, and before its first event is
//! there, and until somebody claims it, the project acts on nothing.
//!
//! It is a file of the project, so that copies have it, too. It takes rights away and gives none: what is not marked is
//! still held to `ownership` and to what this user allowed on this machine.

use std::fs;
use std::io;
use std::path::Path;

use systemprompt_events::Position;

use crate::error::{CliError, Exit};
use crate::text::shown;

/// Name of the mark.
pub(super) const MARK: &str = "imported";
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

pub(in crate::project) fn read(dir: &Path) -> Result<Mark, CliError> {
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

pub(in crate::project) fn write(dir: &Path, mark: Mark) -> Result<(), CliError> {
    let Some(content) = mark.content() else { return remove_files(dir, &[MARK]) };
    let path = dir.join(MARK);
    crate::files::replace(&path, content.as_bytes()).map_err(|error| failed(&path, &error))
}

pub(super) fn remove_files(dir: &Path, names: &[&str]) -> Result<(), CliError> {
    for name in names {
        let path = dir.join(name);
        match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(failed(&path, &error)),
            Ok(()) | Err(_) => {}
        }
    }
    crate::files::sync_dir(dir).map_err(|error| failed(dir, &error))
}

pub(super) fn failed(path: &Path, error: &io::Error) -> CliError {
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
