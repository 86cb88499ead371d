//! `plugins.lock`: which plugins are allowed here, for others who check the project out. It follows from the log; one that
//! came from elsewhere is left until all that it lists is in the log.

use std::io;
use std::path::{Path, PathBuf};

use systemprompt_events::{Digest, FileState};

use super::Project;
use super::registry_file::{self, could_not};
use crate::error::{CliError, Exit};
use crate::files;
use crate::plugin::candidate;
use crate::plugin::lock::{self, Pinned};
use crate::text::shown;

/// Name of the file in the project directory.
pub const NAME: &str = "plugins.lock";
/// Noted before the file is replaced, so that a crash in between does not look like somebody else's file.
const PENDING: &str = "plugins.lock (pending)";

/// What the file of a project lists; none where there is no file.
pub fn listed(dir: &Path) -> Result<Option<Vec<Pinned>>, CliError> {
    let path = dir.join(NAME);
    let Some(content) = read(&path).map_err(|error| could_not("read", &path, &error))? else { return Ok(None) };
    lock::parse(&content).map(Some).map_err(|error| {
        CliError::new(Exit::Refused, "lock-unreadable", format!("{} is no list of plugins", shown(&path)))
            .because(&error)
            .help("nothing was done; take the file as it was committed, or remove it to have it written anew")
    })
}

/// Brings the file up to date, or says why it is left as it is.
pub async fn sync(project: &mut Project) -> Result<(), CliError> {
    if wanted(project).await?.is_empty() && project.ledger().log.file_state(NAME).await?.is_none() {
        return Ok(());
    }
    let _lock = registry_file::lock(project)?;
    // Now, and not before: another command may have written what came after what was read here.
    let plugins = wanted(project).await?;
    let known = project.ledger().log.file_state(NAME).await?;
    let text = lock::render(&plugins);
    let digest = Digest::of(text.as_bytes());
    let Some(position) = project.ledger().log.head().await?.position else { return Ok(()) };
    let path = project.dir.join(NAME);
    // Nothing that a command is about depends on this file.
    let found = match read(&path) {
        Ok(found) => found,
        Err(error) => {
            leave(project, &format!("cannot be read ({error})"));
            return Ok(());
        }
    };
    let is_right = found.as_deref() == Some(text.as_bytes());
    if let Some(found) = found.filter(|_| !is_right)
        && !is_ours(project, Digest::of(&found)).await?
    {
        match compare(&found, &plugins) {
            Theirs::NothingElse => {}
            Theirs::TheSame => return Ok(()),
            Theirs::Unreadable(why) => {
                let how = "take the file as it was last committed, or remove it to have it written anew";
                leave(project, &format!("cannot be read as a list of plugins ({why}): {how}"));
                return Ok(());
            }
            Theirs::Others => {
                let how = "`systemprompt plugin install --locked` takes them; remove the file to have it written anew";
                leave(project, &format!("lists other plugins than are allowed here: {how}"));
                return Ok(());
            }
        }
    }
    let state = || FileState { digest, stamp: String::new(), position };
    if !is_right {
        project.ledger().log.set_file_state(PENDING, state()).await?;
        if let Err(error) = write(&path, &text) {
            leave(project, &format!("cannot be written ({error})"));
            return Ok(());
        }
    }
    if known.is_none_or(|known| known.digest != digest) {
        project.ledger().log.set_file_state(NAME, state()).await?;
    }
    Ok(())
}

/// What the log lists.
async fn wanted(project: &mut Project) -> Result<Vec<Pinned>, CliError> {
    let place = place_of(&project.dir);
    let views = project.ledger().log.plugins().await?;
    let others = views.iter().filter(|view| candidate::check_free(&view.id).is_ok());
    Ok(others.filter_map(|view| lock::of_view(view, &place)).collect())
}

/// The directory that a project is in, as paths are recorded.
pub fn place_of(dir: &Path) -> PathBuf {
    let place = dir.parent().unwrap_or(dir);
    place.canonicalize().unwrap_or_else(|_| place.to_owned())
}

fn leave(project: &mut Project, why: &str) {
    project.notices.push(format!("`{NAME}` is left as it is: it {why}"));
}

fn write(path: &Path, text: &str) -> io::Result<()> {
    files::remove_leftovers(path)?;
    files::replace_for_all(path, text.as_bytes())
}

async fn is_ours(project: &mut Project, found: Digest) -> Result<bool, CliError> {
    for name in [NAME, PENDING] {
        if project.ledger().log.file_state(name).await?.is_some_and(|state| state.digest == found) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// What a file that somebody else wrote has.
#[derive(Debug, PartialEq, Eq)]
enum Theirs {
    /// Nothing that is not in the log, so that nothing is lost with it.
    NothingElse,
    /// All that the log has, and where others get it.
    TheSame,
    /// Something else.
    Others,
    /// It is no list of plugins.
    Unreadable(String),
}

fn compare(content: &[u8], plugins: &[Pinned]) -> Theirs {
    let listed = match lock::parse(content) {
        Ok(listed) => listed,
        Err(error) => return Theirs::Unreadable(crate::text::one_line(&error.to_string(), 200)),
    };
    let is_like = |one: &Pinned| plugins.iter().any(|plugin| plugin.is_like(one));
    if listed.iter().all(|one| plugins.contains(one)) {
        Theirs::NothingElse
    } else if listed.len() == plugins.len() && listed.iter().all(is_like) {
        Theirs::TheSame
    } else {
        Theirs::Others
    }
}

fn read(path: &Path) -> io::Result<Option<Vec<u8>>> {
    match files::read_regular(path, lock::BYTES_MAX) {
        Ok(content) => Ok(Some(content)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pinned(id: &str, source: &str) -> Pinned {
        Pinned {
            id: id.parse().unwrap(),
            version: "1.0.0".to_owned(),
            source: source.to_owned(),
            hash: Digest::of(id.as_bytes()),
            publisher: None,
            capabilities: vec!["journal".to_owned()],
        }
    }

    #[test]
    fn a_file_of_somebody_else_is_replaced_only_where_nothing_is_lost_with_it() {
        let (acme, bolt) = (pinned("acme", "a"), pinned("bolt", "b"));
        let plugins = [acme.clone(), bolt.clone()];
        let theirs = |listed: &[Pinned]| compare(lock::render(listed).as_bytes(), &plugins);
        assert_eq!(theirs(&[]), Theirs::NothingElse);
        assert_eq!(theirs(std::slice::from_ref(&bolt)), Theirs::NothingElse);
        assert_eq!(theirs(&[acme.clone(), pinned("bolt", "elsewhere")]), Theirs::TheSame);
        assert_eq!(theirs(&[pinned("bolt", "elsewhere")]), Theirs::Others);
        assert_eq!(theirs(&[acme, bolt, pinned("cord", "c")]), Theirs::Others);
        assert!(matches!(compare(b"{", &plugins), Theirs::Unreadable(_)));
    }
}
