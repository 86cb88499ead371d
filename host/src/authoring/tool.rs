//! A tool of another language's, run for a build: what it says goes to standard error, or into the error.

use std::path::Path;
use std::process::{Command, Stdio};
use std::{fs, io};

use tempfile::TempDir;

use crate::error::{CliError, Exit};

/// Where a directory is made when the one for temporary files cannot be used.
const WITHOUT_BLANK: &str = "/tmp";
/// Lines that are kept where nobody reads them as they come.
const LINES_KEPT: usize = 12;

/// A directory to build in, whose path has no blank: there are tools that take none.
pub fn room() -> Result<TempDir, CliError> {
    let no_room = |error: io::Error| failed("there is no room to build in").because(&error);
    let place = tempfile::tempdir().map_err(no_room)?;
    if has_no_blank(place.path()) {
        return Ok(place);
    }
    tempfile::tempdir_in(WITHOUT_BLANK).map_err(no_room)
}

fn has_no_blank(path: &Path) -> bool {
    path.to_str().is_some_and(|path| !path.contains(char::is_whitespace))
}

/// Runs it. `speaker` is who has something against the code when it fails; a tool that cannot be run is `missing`.
pub fn run(mut tool: Command, quiet: bool, speaker: &str, missing: impl FnOnce() -> CliError) -> Result<(), CliError> {
    tool.stdin(Stdio::null());
    if !quiet {
        // Standard output is for the answer of whoever builds.
        tool.stdout(Stdio::null()).stderr(Stdio::inherit());
    }
    let output = tool.output().map_err(|error| missing().because(&error))?;
    if output.status.success() {
        return Ok(());
    }
    let error = failed("the plugin could not be built");
    let said = String::from_utf8_lossy(&output.stderr);
    // What is wrong comes last.
    let end: Vec<&str> = said.trim().lines().rev().take(LINES_KEPT).collect();
    let end: Vec<&str> = end.into_iter().rev().collect();
    Err(if end.is_empty() {
        error.help(format!("{speaker} said above what it has against it"))
    } else {
        error.cause(crate::text::one_line(&end.join(" "), 1_000))
    })
}

/// A build that came to nothing.
pub fn failed(message: &str) -> CliError {
    CliError::new(Exit::Failed, "build-failed", message)
}

/// Copies a directory with all that is in it.
pub fn copy_dir(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy_dir(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}

/// Puts a directory in the place of another. What was there is gone; it may be on another file system than what comes.
pub fn replace_dir(from: &Path, to: &Path) -> io::Result<()> {
    match fs::remove_dir_all(to) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    copy_dir(from, to)
}
