//! Which directory acts for a history: of several copies of a project, one alone changes the world outside.
//!
//! Copies have the same log id, name the same databases, and open them with the same keys. The machine's vault
//! remembers where each log lives: its canonical path, device and inode.
//!
//! | this directory | the directory that is on record | then |
//! |---|---|---|
//! | none on record | | this one is noted |
//! | the one on record, by path or by inode | | it acts |
//! | another | gone, or holds another log | moved: this one is noted, and that is said |
//! | another | still holds this log | a copy: refused |
//! | any, and this one's history was imported | | refused until it is claimed: see `intake` |

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use systemprompt_events::{LogError, LogId, SqliteLog};

use super::Project;
use crate::error::{CliError, Exit};
use crate::text::shown;
use crate::vault::homes::Home;

/// What was found out about a project that may act.
#[derive(Debug, PartialEq, Eq)]
pub enum Owner {
    /// Nothing that anybody has to know.
    Settled,
    /// It lived there before.
    Moved(String),
}

/// Ends in an error in a copy; notes where the project is at its first use, and when it has moved.
pub async fn check(project: &mut Project) -> Result<Owner, CliError> {
    let Some(log) = project.ledger().log.log_id().await? else { return Ok(Owner::Settled) };
    super::intake::check(&project.dir)?;
    let here = home_of(&project.dir)?;
    let Some(known) = project.vault.machine().home(log).await? else {
        project.vault.machine().set_home(log, &here).await?;
        return Ok(Owner::Settled);
    };
    if known == here {
        return Ok(Owner::Settled);
    }
    if known.dir == here.dir {
        // Replaced where it was, as from a backup.
        project.vault.machine().set_home(log, &here).await?;
        return Ok(Owner::Settled);
    }
    if home_of(&known.dir).is_ok_and(|there| there.inode == here.inode) {
        // The same directory, seen through another path.
        return Ok(Owner::Settled);
    }
    // With the inode on record it is the original, renamed, whatever was put in its place.
    if known.inode != here.inode && holds(&known.dir, log).await {
        return Err(copied(&known.dir));
    }
    project.vault.machine().set_home(log, &here).await?;
    Ok(Owner::Moved(project_of(&known.dir)))
}

/// Notes where the project is, if that is not known and it may act: what this user has on this machine is kept for it.
pub async fn note(project: &mut Project) -> Result<(), CliError> {
    let Some(log) = project.ledger().log.log_id().await? else { return Ok(()) };
    if super::intake::check(&project.dir).is_ok() && project.vault.machine().home(log).await?.is_none() {
        project.vault.machine().set_home(log, &home_of(&project.dir)?).await?;
    }
    Ok(())
}

/// Whether the log lives in this directory; where it never acted, or was imported, it does not.
pub async fn is_home(project: &mut Project) -> Result<bool, CliError> {
    let Some(log) = project.ledger().log.log_id().await? else { return Ok(false) };
    let here = home_of(&project.dir)?;
    let known = project.vault.machine().home(log).await?;
    Ok(known.is_some_and(|known| known.dir == here.dir || known.inode == here.inode)
        && super::intake::check(&project.dir).is_ok())
}

/// Makes this directory the one that acts, with part of an imported history if that is agreed to. Answers with the one that
/// did, if it was another.
pub async fn claim(project: &mut Project, takes_part: bool) -> Result<Option<String>, CliError> {
    let Some(log) = project.ledger().log.log_id().await? else { return Ok(None) };
    let here = home_of(&project.dir)?;
    let known = project.vault.machine().home(log).await?;
    if let Some(end) = project.ledger().log.head().await?.position {
        super::intake::claim(&project.dir, end, takes_part)?;
    }
    project.vault.machine().set_home(log, &here).await?;
    Ok(known.filter(|known| known.inode != here.inode).map(|known| project_of(&known.dir)))
}

fn home_of(dir: &Path) -> Result<Home, CliError> {
    let read = || {
        let dir = fs::canonicalize(dir)?;
        let meta = fs::metadata(&dir)?;
        Ok::<Home, std::io::Error>(Home { dir, inode: (meta.dev(), meta.ino()) })
    };
    read().map_err(|error| {
        CliError::new(Exit::Failed, "file-failed", format!("could not read {}", shown(dir))).because(&error)
    })
}

/// Whether the log is in that directory. What is there and cannot be read may be it.
async fn holds(dir: &Path, log: LogId) -> bool {
    match SqliteLog::open_read_only(&dir.join(super::LOG)).await {
        Ok(mut found) => found.log_id().await.map_or(true, |found| found == Some(log)),
        Err(LogError::Missing { .. } | LogError::NotALog { .. }) => false,
        Err(_) => true,
    }
}

fn copied(original: &Path) -> CliError {
    let original = project_of(original);
    CliError::new(Exit::Refused, "project-copied", format!("this project is a copy of the one in {original}"))
        .help(format!(
            "nothing was done: both name the same databases; work in {original}, or make this directory the one that acts"
        ))
        .try_command("systemprompt history claim")
}

/// The directory that a user knows: the one that `.systemprompt` is in.
fn project_of(dir: &Path) -> String {
    shown(dir.parent().unwrap_or(dir))
}
