//! `profiles/<name>/profile.yaml`, `profiles/<name>/secrets.json` and `sessions/index.json`: projections beside the log.
//!
//! A `profile.yaml` belongs to people as much as to us: one that somebody edited is left as it is and reported until
//! the edit is taken in or dropped. The other two hold secrets, and an edited one is kept aside.

mod around;
mod content;
mod place;

use std::fs;
use std::io;
use std::path::Path;

use systemprompt_events::{Command, Digest, FileState, FileView, ProfileName, ProjectCommand};

use super::{Project, registry_file};
use crate::error::{CliError, Exit};
use crate::text::shown;

pub use around::{left_in, untaken};
pub use content::{JWT_SECRET, PROFILES, SESSIONS, profile_path, secret_key};

/// Name under which it is noted how the files were left.
pub const NOTE: &str = "profiles and sessions";
/// Larger than any of these files.
const BYTES_MAX: u64 = 4 << 20;
/// Marks a `profile.yaml` in the note that somebody edited.
const EDITED: &str = "edited";

/// Stands for the stamp of a file that could not be brought up to date; no file has it.
const UNKNOWN: &str = "unknown";

/// A file as it should be.
struct File {
    /// Relative to the project.
    name: String,
    content: Vec<u8>,
    /// Whether people edit it.
    is_peoples: bool,
}

/// A line of the note: a file, its stamp when it was left, and whether it was edited.
struct Left {
    name: String,
    stamp: String,
    edited: bool,
}

/// Whether nothing happened to the files, nor to what they are about, since they were left. Tells the project of each
/// `profile.yaml` whose edit waits to be taken in.
pub async fn is_fresh(project: &mut Project) -> Result<bool, CliError> {
    let (file, any) = project.daily_files().await?;
    Ok(is_as_left(project, file.as_ref(), any))
}

fn is_as_left(project: &mut Project, file: Option<&FileView>, any: bool) -> bool {
    let Some(FileView { state, tenants_changed: false }) = file else { return file.is_none() && !any };
    let left = parse_note(&state.stamp);
    let untouched =
        left.iter().all(|left| registry_file::stamp(&project.dir.join(&left.name)).unwrap_or_default() == left.stamp);
    if untouched {
        project.edited.extend(left.iter().filter(|left| left.edited).filter_map(|left| profile_of(&left.name)));
    }
    untouched
}

/// Brings the files up to date; one process at a time.
pub async fn sync(project: &mut Project) -> Result<(), CliError> {
    if is_fresh(project).await? {
        return Ok(());
    }
    let _lock = registry_file::lock(project)?;
    sync_locked(project).await
}

/// The same, for who holds the lock already. What it wrote last is looked up under the lock.
async fn sync_locked(project: &mut Project) -> Result<(), CliError> {
    let (file, _) = project.ledger().log.daily_files(NOTE).await?;
    let Some(position) = project.ledger().log.head().await?.position else { return Ok(()) };
    let content::Wanted { files, is_complete } = content::wanted(project).await?;
    let before = file.map(|file| parse_note(&file.state.stamp)).unwrap_or_default();
    let mut left = Vec::new();
    for file in &files {
        let brought = match place::check(&project.dir, &file.name) {
            Ok(()) => bring_up_to_date(project, file, position).await,
            Err(error) => Err(could_not("use", &project.dir.join(&file.name), &error)),
        };
        match brought {
            Ok(file) => left.push(file),
            // One file that cannot be brought up to date keeps nobody from working; it is tried again next time.
            Err(error) => {
                let said: Vec<_> = std::iter::once(&error.message).chain(&error.causes).map(String::as_str).collect();
                project.notices.push(said.join(": "));
                left.push(Left { name: file.name.clone(), stamp: UNKNOWN.to_owned(), edited: false });
            }
        }
    }
    for gone in before.iter().filter(|before| !files.iter().any(|file| file.name == before.name)) {
        // Where the keys of this user do not open what is sealed, files that hold it are left as they are.
        if is_complete {
            remove(project, &gone.name).await?;
        }
    }
    project.edited.extend(left.iter().filter(|left| left.edited).filter_map(|left| profile_of(&left.name)));
    if !is_complete {
        project.notices.push(format!(
            "{} and the like are left as they are: this user has no key to what they hold",
            content::SESSIONS
        ));
        return Ok(());
    }
    let state = FileState { digest: Digest::ZERO, stamp: note(&left), position };
    Ok(project.ledger().log.set_file_state(NOTE, state).await?)
}

/// The files as they should be, by their names below the project. Without the keys of this user, only those that hold no
/// secrets.
pub async fn render(project: &mut Project) -> Result<Vec<(String, Vec<u8>)>, CliError> {
    let wanted = content::wanted(project).await?;
    Ok(wanted.files.into_iter().map(|file| (file.name, file.content)).collect())
}

async fn bring_up_to_date(
    project: &mut Project,
    file: &File,
    position: systemprompt_events::Position,
) -> Result<Left, CliError> {
    let path = project.dir.join(&file.name);
    let digest = Digest::of(&file.content);
    let known = project.ledger().log.file_state(&file.name).await?.map(|state| state.digest);
    let found = read(&path);
    let edited = match &found {
        Ok(Some(found)) if *found == file.content => false,
        Ok(Some(found)) => known != Some(Digest::of(found)),
        Ok(None) => false,
        // What cannot be read may be anything: a person's file is left to the person.
        Err(_) => true,
    };
    if edited && file.is_peoples {
        let stamp = registry_file::stamp(&path).unwrap_or_default();
        return Ok(Left { name: file.name.clone(), stamp, edited });
    }
    match found? {
        Some(found) if found == file.content => {
            if !file.is_peoples {
                registry_file::make_private_if_not(&path)?;
            }
        }
        found => {
            if edited {
                keep_aside(project, &path, &file.name, &found.unwrap_or_default(), known.is_some()).await?;
            }
            write(&path, &file.content)?;
        }
    }
    if known != Some(digest) {
        let state = FileState { digest, stamp: String::new(), position };
        project.ledger().log.set_file_state(&file.name, state).await?;
    }
    let stamp = registry_file::stamp(&path).unwrap_or_default();
    Ok(Left { name: file.name.clone(), stamp, edited: false })
}

/// Writes a profile's own text over its file, whatever lies there, for who asked for it.
pub async fn discard_edit(project: &mut Project, name: &ProfileName, text: &str) -> Result<(), CliError> {
    let file = profile_path(name, "profile.yaml");
    let path = project.dir.join(&file);
    let _lock = registry_file::lock(project)?;
    place::check(&project.dir, &file).map_err(|error| could_not("use", &path, &error))?;
    write(&path, text.as_bytes())?;
    sync_locked(project).await
}

fn write(path: &Path, content: &[u8]) -> Result<(), CliError> {
    let made = path.parent().map_or(Ok(()), place::make);
    let tidied = made.and_then(|()| crate::files::remove_leftovers(path));
    tidied.and_then(|()| crate::files::replace(path, content)).map_err(|error| could_not("write", path, &error))
}

/// `is_edited`: it was ours before somebody changed it.
async fn keep_aside(
    project: &mut Project,
    path: &Path,
    name: &str,
    content: &[u8],
    is_edited: bool,
) -> Result<(), CliError> {
    let digest = Digest::of(content);
    let ending = &digest.to_string()[..12];
    let kept_as = format!("{}.edited-{ending}.json", name.strip_suffix(".json").unwrap_or(name));
    let aside = project.dir.join(&kept_as);
    // Written whole before the edited one goes, and private from its first byte.
    crate::files::replace(&aside, content).map_err(|error| could_not("keep aside", path, &error))?;
    let command = ProjectCommand::KeepHandEdit { file: name.to_owned(), kept_as, digest };
    project.ledger().record(vec![Command::Project(command)]).await?;
    let (what, which) = if is_edited {
        ("was edited by hand", "the edited one")
    } else {
        ("lay there already", "the one that lay there")
    };
    project
        .notices
        .push(format!("`{name}` {what}; it is rebuilt from the log, and {which} is kept as {}", shown(&aside)));
    Ok(())
}

/// A file of a profile or session that is no more. What somebody edited is left where it is.
async fn remove(project: &mut Project, name: &str) -> Result<(), CliError> {
    let path = project.dir.join(name);
    if let Err(error) = place::check(&project.dir, name) {
        project.notices.push(format!("{} is left where it is: {error}", shown(&path)));
        return Ok(());
    }
    let Some(found) = read(&path)? else { return Ok(()) };
    let known = project.ledger().log.file_state(name).await?.map(|state| state.digest);
    if known != Some(Digest::of(&found)) {
        project.notices.push(format!("{} was edited by hand and is left where it is", shown(&path)));
        return Ok(());
    }
    let tidied = crate::files::remove_leftovers(&path).and_then(|()| fs::remove_file(&path));
    tidied.map_err(|error| could_not("remove", &path, &error))?;
    // Only an empty one goes, and one that is not empty is somebody's.
    let _kept = path.parent().map(fs::remove_dir);
    Ok(())
}

/// The profile that a file is of.
fn profile_of(file: &str) -> Option<ProfileName> {
    file.split('/').nth(1)?.parse().ok()
}

/// That a profile's file was edited, and what to type.
pub fn edited_notice(profile: &ProfileName) -> String {
    let file = profile_path(profile, "profile.yaml");
    let command = format!("systemprompt cloud profile edit {profile} --from-file");
    format!("`{file}` was edited; to look at the edit and take it in, run `{command}`")
}

/// The note: a line for each file.
fn note(left: &[Left]) -> String {
    let line = |left: &Left| format!("{}\t{}\t{}", left.name, left.stamp, if left.edited { EDITED } else { "" });
    left.iter().map(line).collect::<Vec<_>>().join("\n")
}

fn parse_note(note: &str) -> Vec<Left> {
    let lines = note.lines().filter_map(|line| {
        let mut parts = line.split('\t');
        let (name, stamp, edited) = (parts.next()?, parts.next()?, parts.next()?);
        // The log may come from elsewhere, and what it calls our files may be anything.
        if !place::is_ours(name) {
            return None;
        }
        Some(Left { name: name.to_owned(), stamp: stamp.to_owned(), edited: edited == EDITED })
    });
    lines.collect()
}

fn read(path: &Path) -> Result<Option<Vec<u8>>, CliError> {
    match crate::files::read_regular(path, BYTES_MAX) {
        Ok(content) => Ok(Some(content)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(could_not("read", path, &error)),
    }
}

fn could_not(what: &str, path: &Path, error: &io::Error) -> CliError {
    CliError::new(Exit::Failed, "file-failed", format!("could not {what} {}", shown(path))).because(error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_note_is_read_as_it_was_written() {
        let left = |name: &str, edited| Left { name: name.into(), stamp: "12 3.4 5 600".into(), edited };
        let note = note(&[
            left("sessions/index.json", false),
            left("profiles/b/profile.yaml", true),
            left("/etc/passwd", false),
        ]);
        let read = parse_note(&note);
        assert_eq!(
            read.iter().map(|left| (left.name.as_str(), left.edited)).collect::<Vec<_>>(),
            [("sessions/index.json", false), ("profiles/b/profile.yaml", true)]
        );
        assert!(parse_note("").is_empty());
    }
}
