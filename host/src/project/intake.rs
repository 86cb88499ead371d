//! Taking a history in from a file: into a log that is made of it, or into one that is here already.

pub(super) mod mark;

use std::fs;
use std::io::{self, BufRead};
use std::path::{Path, PathBuf};

use systemprompt_events::{ImportError, Imported, NewLog, ReadError, Reader, SqliteLog};

pub use self::mark::{Mark, check, claim, claimed};
use self::mark::{failed, read, remove_files, write};
use super::making::{Making, SHM, WAL};
use super::{LOG, Project, check_owner, ignored, is_there, locate, make_dir, registry_file, with};
use crate::env::Env;
use crate::error::{CliError, Exit};
use crate::operation::cancel::wait_for_any_signal;
use crate::text::shown;

/// A file that is larger than this is read twice and written piece by piece, so that whoever is interrupted goes on: of
/// what is smaller it is quicker to begin anew.
const ANEW_BYTES_MAX: u64 = 1 << 30;

/// What only a project of ours has.
const KEYS: &str = "keys.db";

/// A place that is about to take a history in.
pub struct Arrival<'a> {
    env: &'a Env,
    dir: PathBuf,
    made: Made,
    mark: Mark,
    /// Whether there was a file that says what git leaves out.
    had_rules: bool,
}

/// A history that was taken in.
pub struct Arrived {
    /// Where.
    pub project: Project,
    /// What came.
    pub imported: Imported,
    /// Whether the project acts for it.
    pub mark: Mark,
}

/// The log, what came into it, and what the user should know of the rest.
type Taken = (SqliteLog, Imported, Option<String>);

/// What was made for an import, and goes again where nothing comes of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Made {
    Nothing,
    Log,
    Directory,
}

/// Finds the project, or makes a directory for one.
pub fn open<'a>(env: &'a Env, named: Option<&Path>) -> Result<Arrival<'a>, CliError> {
    let (dir, made) = match locate(env, named) {
        Some(dir) => {
            check_owner(&dir, named)?;
            let made = if is_there(&dir, LOG)? { Made::Nothing } else { Made::Log };
            (dir, made)
        }
        None => (make_dir(env, named)?, Made::Directory),
    };
    if made != Made::Nothing && dir.join(registry_file::NAME).exists() {
        return Err(not_empty(&dir));
    }
    let had_rules = fs::symlink_metadata(dir.join(ignored::NAME)).is_ok();
    Ok(Arrival { env, made, mark: read(&dir)?, had_rules, dir })
}

impl Arrival<'_> {
    /// Takes in what a file of so many bytes holds. The project is marked once the file was found to be good: whoever is
    /// stopped before leaves one that was there as it was, and where there was none a directory in which nothing happened.
    pub async fn take_in<R: BufRead + Send + 'static>(
        self,
        bytes: u64,
        open: &mut dyn FnMut() -> Result<Reader<R>, ReadError>,
    ) -> Result<Arrived, CliError> {
        // Until the end: whoever comes meanwhile finds no mark without its log, and no half of a log.
        let making = Making::begin(&self.dir)?;
        let this = Arrival { mark: read(&self.dir)?, ..self };
        let taken = match &making {
            Some(_) if bytes <= ANEW_BYTES_MAX => this.build(open).await,
            Some(_) => this.add_to(SqliteLog::create(&this.dir.join(LOG)).await?, open).await,
            None => this.add_to(SqliteLog::open(&this.dir.join(LOG)).await?, open).await,
        };
        if taken.is_err() && making.is_some() {
            this.take_away().await?;
        }
        drop(making);
        let (log, imported, notice) = taken?;
        this.arrived(log, imported, notice)
    }

    /// Makes the log of the file.
    async fn build<R: BufRead + Send + 'static>(
        &self,
        open: &mut dyn FnMut() -> Result<Reader<R>, ReadError>,
    ) -> Result<Taken, CliError> {
        let path = self.dir.join(LOG);
        let notice = ignored::keep_out_of_git(&self.dir)?;
        let new = tokio::select! {
            biased;
            () = wait_for_any_signal() => return Err(stopped()),
            new = async { NewLog::of(&path, open()?).await } => new.map_err(nothing_stays)?,
        };
        let imported = new.imported().clone();
        if imported.events > 0 {
            write(&self.dir, Mark::Finished)?;
        }
        match new.put_in_place().await {
            Ok(log) => Ok((log, imported, notice)),
            Err(error) => {
                // Of what is there the mark would be untrue.
                if matches!(error, ImportError::Changed) {
                    write(&self.dir, self.mark)?;
                }
                Err(nothing_stays(error))
            }
        }
    }

    /// Adds to the log what the file has and it has not.
    async fn add_to<R: BufRead + Send + 'static>(
        &self,
        mut log: SqliteLog,
        open: &mut dyn FnMut() -> Result<Reader<R>, ReadError>,
    ) -> Result<Taken, CliError> {
        let checked = log.check_import(open()?).await?;
        let notice = ignored::keep_out_of_git(&self.dir)?;
        if checked.brings_something() {
            write(&self.dir, Mark::Unfinished)?;
        }
        let mut is_written = false;
        match log.finish_import(checked, open, &mut is_written).await {
            Ok(imported) => Ok((log, imported, notice)),
            Err(error) => {
                self.give_up(is_written)?;
                Err(error.into())
            }
        }
    }

    /// After an import that came to its end. What had nothing to take in is as it was.
    fn arrived(self, log: SqliteLog, imported: Imported, notice: Option<String>) -> Result<Arrived, CliError> {
        let mark = if self.mark.acts() && imported.events == imported.known { self.mark } else { Mark::Finished };
        if mark == Mark::Finished {
            write(&self.dir, mark)?;
        }
        let mut project = with(self.env, self.dir, log, None);
        project.notices.extend(notice);
        Ok(Arrived { project, imported, mark })
    }

    /// After one that did not. Where it wrote nothing, nothing is left of it, whatever others wrote meanwhile.
    fn give_up(&self, is_written: bool) -> Result<(), CliError> {
        if is_written {
            return write(&self.dir, Mark::Unfinished);
        }
        // Another import that came to its end meanwhile has said so.
        if read(&self.dir)? == Mark::Unfinished { write(&self.dir, self.mark) } else { Ok(()) }
    }

    /// Takes away what was made for a log that did not come to be, and nothing else that may lie there by now.
    async fn take_away(&self) -> Result<(), CliError> {
        let dir = &self.dir;
        if is_there(dir, LOG)? {
            let mut log = SqliteLog::open(&dir.join(LOG)).await?;
            let is_empty = log.head().await?.position.is_none();
            log.close().await?;
            if !is_empty {
                return Ok(());
            }
            remove_files(dir, &[LOG, WAL, SHM])?;
        }
        write(dir, self.mark)?;
        if !self.had_rules {
            remove_files(dir, &[ignored::NAME])?;
        }
        if self.made != Made::Directory {
            return Ok(());
        }
        match fs::remove_dir(dir) {
            Err(error) if error.kind() != io::ErrorKind::DirectoryNotEmpty => Err(failed(dir, &error)),
            Ok(()) | Err(_) => Ok(()),
        }
    }
}

/// Of a log that is made of a file, nothing is there where that fails.
fn nothing_stays(error: ImportError) -> CliError {
    if matches!(error, ImportError::Changed) {
        return CliError::new(Exit::Refused, "conflict", "another program made a log there meanwhile")
            .help("that one stays, and nothing was written; look at it, or import into another directory")
            .try_command("systemprompt history log");
    }
    let is_twice = matches!(error, ImportError::Twice { .. });
    let error = CliError::from(error);
    if is_twice { error.help("nothing of it was written; the file cannot be what was exported") } else { error }
}

fn stopped() -> CliError {
    CliError::new(Exit::Interrupted, "cancelled", "stopped before the history was there, and nothing was written")
}

fn not_empty(dir: &Path) -> CliError {
    if dir.join(KEYS).exists() {
        let message = format!("the log of the project in {} is gone, and its files are still there", shown(dir));
        return CliError::new(Exit::Refused, "import-not-empty", message)
            .help(format!(
                "nothing was written; move `{}` away, which is written anew from a history",
                registry_file::NAME
            ))
            .try_command("systemprompt history import <file>");
    }
    let message = format!("there is a `{}` of another program in {}", registry_file::NAME, shown(dir));
    CliError::new(Exit::Refused, "import-not-empty", message)
        .help("nothing was written; import into a directory that has nothing of this kind")
        .try_command("systemprompt history import <file> --project <directory>")
}

#[cfg(test)]
#[path = "intake_test.rs"]
mod tests;
