//! Files that a command writes for somebody else: what is there already is replaced only when that is asked for.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use crate::error::{CliError, Exit};
use crate::files;
use crate::text::shown;

/// Where an answer goes that somebody else is to have.
#[derive(Debug, Clone, clap::Args)]
pub struct Output {
    /// Write it to this file instead of standard output
    #[arg(id = "output", long = "output", short = 'o', value_name = "FILE")]
    pub file: Option<PathBuf>,
    /// Replace the file if there is one
    #[arg(long, requires = "output")]
    pub force: bool,
}

impl Output {
    /// Refuses a file that is in the way, before anything is done.
    pub fn check(&self) -> Result<(), CliError> {
        self.file.as_deref().map_or(Ok(()), |file| check(file, self.force))
    }

    /// Writes it, and answers with the file; none where it is for standard output.
    pub fn write(&self, text: &str) -> Result<Option<&Path>, CliError> {
        let Some(file) = self.file.as_deref() else { return Ok(None) };
        let path = std::path::absolute(file).unwrap_or_else(|_| file.to_owned());
        let written =
            if self.force { files::replace(&path, text.as_bytes()) } else { files::create(&path, text.as_bytes()) };
        written.map(|()| Some(file)).map_err(|error| failed(&path, &error))
    }
}

/// What is there already is replaced only if that is asked for, and only if it is a file.
pub fn check(path: &Path, force: bool) -> Result<(), CliError> {
    match std::fs::symlink_metadata(path) {
        Ok(meta) if meta.is_file() && force => Ok(()),
        Ok(meta) if meta.is_file() => Err(exists(path)),
        Ok(_) => {
            Err(CliError::new(Exit::Refused, "output-not-a-file", format!("{} is not a regular file", shown(path)))
                .help("nothing was written; without `--output` the answer goes to standard output"))
        }
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        Err(error) => Err(failed(path, &error)),
    }
}

/// It could not be written; somebody else may have been quicker.
pub fn failed(path: &Path, error: &std::io::Error) -> CliError {
    if error.kind() == ErrorKind::AlreadyExists {
        return exists(path);
    }
    CliError::new(Exit::Failed, "file-failed", format!("could not write {}", shown(path))).because(error)
}

fn exists(path: &Path) -> CliError {
    CliError::new(Exit::Refused, "output-exists", format!("{} is there already", shown(path)))
        .help("nothing was written; name another file, or add `--force` to replace this one")
}
