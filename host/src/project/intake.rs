//! Taking a history in from a file: into a log that is made of it, or into one that is here already.

pub(super) mod mark;

use std::fs;
use std::io::{self, BufRead};
use std::path::{Path, PathBuf};

use systemprompt_events::{ImportError, Imported, NewLog, ReadError, Reader, SqliteLog};

pub use self::mark::{Mark, check, claim, claimed};
use self::mark::{failed, read, remove_files, write};
use super::making::Making;
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
    Ok(Arrival { env, made, mark: read(&dir)?, dir })
}

impl Arrival<'_> {
    /// Takes in what a file of so many bytes holds. The project is marked once the file was found to be good: whoever is
    /// stopped before leaves one that was there as it was, and where there was none a directory in which nothing happened.
    pub async fn take_in<R: BufRead + Send + 'static>(
        self,
        bytes: u64,
        open: &mut dyn FnMut() -> Result<Reader<R>, ReadError>,
    ) -> Result<Arrived, CliError> {
        if self.made != Made::Nothing
            && bytes <= ANEW_BYTES_MAX
            && let Some(making) = Making::begin(&self.dir)?
        {
            return self.make(making, open).await;
        }
        let path = self.dir.join(LOG);
        if let Some(making) = Making::begin(&self.dir)? {
            SqliteLog::create(&path).await?.close().await?;
            drop(making);
        }
        let mut log = SqliteLog::open(&path).await?;
        match self.add_to(&mut log, open).await {
            Ok((imported, notice)) => self.arrived(log, imported, notice),
            Err(error) => {
                if self.made != Made::Nothing && log.head().await?.position.is_none() {
                    log.close().await?;
                    remove_files(&self.dir, &[LOG, "log.db-wal", "log.db-shm"])?;
                    self.take_away()?;
                }
                Err(error)
            }
        }
    }

    /// Makes the log of the file.
    async fn make<R: BufRead + Send + 'static>(
        self,
        making: Making,
        open: &mut dyn FnMut() -> Result<Reader<R>, ReadError>,
    ) -> Result<Arrived, CliError> {
        let this = Arrival { mark: Mark::None, ..self };
        let made = this.build(open).await;
        if made.is_err() {
            this.take_away()?;
        }
        drop(making);
        let (log, imported, notice) = made?;
        this.arrived(log, imported, notice)
    }

    async fn build<R: BufRead + Send + 'static>(
        &self,
        open: &mut dyn FnMut() -> Result<Reader<R>, ReadError>,
    ) -> Result<(SqliteLog, Imported, Option<String>), CliError> {
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
        Ok((new.put_in_place().await.map_err(nothing_stays)?, imported, notice))
    }

    /// Adds to the log what the file has and it has not.
    async fn add_to<R: BufRead + Send + 'static>(
        &self,
        log: &mut SqliteLog,
        open: &mut dyn FnMut() -> Result<Reader<R>, ReadError>,
    ) -> Result<(Imported, Option<String>), CliError> {
        let checked = log.check_import(open()?).await?;
        let notice = ignored::keep_out_of_git(&self.dir)?;
        if checked.brings_something() {
            write(&self.dir, Mark::Unfinished)?;
        }
        let mut is_written = false;
        match log.finish_import(checked, open, &mut is_written).await {
            Ok(imported) => Ok((imported, notice)),
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
    fn take_away(&self) -> Result<(), CliError> {
        let dir = &self.dir;
        if is_there(dir, LOG)? {
            return Ok(());
        }
        write(dir, self.mark)?;
        if self.made == Made::Directory {
            remove_files(dir, &[ignored::NAME])?;
            match fs::remove_dir(dir) {
                Err(error) if error.kind() != io::ErrorKind::DirectoryNotEmpty => return Err(failed(dir, &error)),
                Ok(()) | Err(_) => {}
            }
        }
        Ok(())
    }
}

/// Of a log that is made of a file, nothing is there where that fails.
fn nothing_stays(error: ImportError) -> CliError {
    match error {
        ImportError::Changed => CliError::new(Exit::Refused, "conflict", "another program made a log there meanwhile")
            .help("that one stays, and nothing was written; look at it, or import into another directory")
            .try_command("systemprompt history log"),
        ImportError::Twice { .. } => {
            CliError::from(error).help("nothing of it was written; the file cannot be what was exported")
        }
        error => error.into(),
    }
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
