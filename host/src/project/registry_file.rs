//! `tenants.json`: a projection that other tools read. Written after each change; an edit by hand is kept aside.

use std::cell::Cell;
use std::fs;
use std::io;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;
use std::time::Duration;

use systemprompt_events::template::{self, SecretRef, SecretScope};
use systemprompt_events::{
    Command, Digest, FileState, FileView, Position, ProjectCommand, TenantId, TenantView, Timestamp, registry,
};

use super::Project;
use crate::error::{CliError, Exit};
use crate::text::shown;

/// A registry that is larger than this is not one of ours.
const BYTES_MAX: u64 = 256 << 20;
/// Writing the files takes a moment; who holds the lock for longer hangs.
const LOCK_WAIT: Duration = Duration::from_secs(30);
/// Name of the file in the project directory.
pub const NAME: &str = "tenants.json";
/// Recorded before the file is replaced, so that a crash in between does not look like an edit.
const PENDING: &str = "tenants.json (pending)";

/// Whether the file is what it should be.
pub enum Freshness {
    /// It was not touched since it was written.
    Fresh,
    /// It was touched, copied or restored, but says what it should, and is for its owner alone. As it is stamped now.
    Touched(String),
    /// It is missing, edited, or older than what happened to a tenant.
    Stale,
}

/// Whether the file is what was last written, and nothing happened to a tenant since.
pub fn freshness(dir: &Path, file: Option<&FileView>) -> Result<Freshness, CliError> {
    let path = dir.join(NAME);
    let Some(FileView { state, tenants_changed: false }) = file else { return Ok(Freshness::Stale) };
    // Stamped before it is read: an edit in between is noticed the next time.
    let Some(stamp) = stamp(&path) else { return Ok(Freshness::Stale) };
    if stamp == state.stamp {
        return Ok(Freshness::Fresh);
    }
    let is_private = fs::metadata(&path).is_ok_and(|meta| crate::files::is_private_mode(meta.mode()));
    let says_the_same = is_private && read(&path)?.is_some_and(|content| Digest::of(&content) == state.digest);
    Ok(if says_the_same { Freshness::Touched(stamp) } else { Freshness::Stale })
}

/// What tells that a file was not touched: length, time of change of the inode, inode, mode.
pub(super) fn stamp(path: &Path) -> Option<String> {
    let meta = fs::metadata(path).ok()?;
    Some(format!("{} {}.{:09} {} {:o}", meta.len(), meta.ctime(), meta.ctime_nsec(), meta.ino(), meta.mode()))
}

/// Brings the file up to date. One process at a time; an edit by hand is moved aside, recorded and reported.
pub async fn sync(project: &mut Project) -> Result<(), CliError> {
    let file = project.ledger().log.file(NAME).await?;
    sync_from(project, file.as_ref()).await
}

/// The same, where it is known what was last written.
pub async fn sync_from(project: &mut Project, file: Option<&FileView>) -> Result<(), CliError> {
    match (freshness(&project.dir, file)?, file) {
        (Freshness::Fresh, _) => return Ok(()),
        (Freshness::Touched(stamp), Some(FileView { state, .. })) => {
            // Noted, so that it need not be read again and again.
            let state = FileState { stamp, ..state.clone() };
            return Ok(project.ledger().log.set_file_state(NAME, state).await?);
        }
        (Freshness::Touched(_) | Freshness::Stale, _) => {}
    }
    let _lock = lock(project)?;
    let path = project.dir.join(NAME);
    let kept = keep_edits(project, &path, None).await?;
    let log = &mut project.ledger().log;
    let Some(position) = log.head().await?.position else { return Ok(()) };
    let tenants = log.tenants().await?;
    let rendered = render(project, &tenants).await?;
    // An editor may have saved meanwhile.
    let found = keep_edits(project, &path, kept).await?;
    if rendered.is_complete {
        let state = write(project, &path, rendered.text.as_bytes(), position).await?;
        return Ok(project.ledger().log.set_file_state(NAME, state).await?);
    }
    // Neither is noted as what the file should be: with the keys it is brought up to date.
    let complete = file.map(|file| file.state.digest);
    if complete.is_some() && complete == found {
        project.notices.push(format!("`{NAME}` is left as it is: this user has no key to the passwords in it"));
        return Ok(());
    }
    write(project, &path, rendered.text.as_bytes(), position).await.map(|_| ())
}

/// Keeps what somebody else wrote, unless it is what was kept before. Answers with what is kept of the file now.
async fn keep_edits(project: &mut Project, path: &Path, kept: Option<Digest>) -> Result<Option<Digest>, CliError> {
    let Some(content) = read(path)? else { return Ok(None) };
    let found = Digest::of(&content);
    if kept != Some(found) && !is_ours(project, found).await? && !is_as_it_should_be(project, found).await? {
        keep_aside(project, path, NAME, &content, found).await?;
    }
    Ok(Some(found))
}

/// Answers with the state that the file has then.
async fn write(project: &mut Project, path: &Path, content: &[u8], position: Position) -> Result<FileState, CliError> {
    let digest = Digest::of(content);
    let unchanged = read(path)?.is_some_and(|found| Digest::of(&found) == digest);
    if unchanged {
        make_private(path)?;
    } else {
        note_as_ours(project, digest, position).await?;
        crate::files::remove_leftovers(path).map_err(|error| could_not("tidy up beside", path, &error))?;
        crate::files::replace(path, content).map_err(|error| could_not("write", path, &error))?;
    }
    Ok(FileState { digest, stamp: stamp(path).unwrap_or_default(), position })
}

/// The same, without touching a file that is private already.
pub(super) fn make_private_if_not(path: &Path) -> Result<(), CliError> {
    let is_private = fs::metadata(path).is_ok_and(|meta| crate::files::is_private_mode(meta.mode()));
    if is_private { Ok(()) } else { make_private(path) }
}

/// What holds passwords is for its owner alone, whoever made it.
fn make_private(path: &Path) -> Result<(), CliError> {
    let private = fs::Permissions::from_mode(0o600);
    crate::files::open_regular(path, fs::File::options().read(true))
        .and_then(|file| file.set_permissions(private))
        .map_err(|error| could_not("protect", path, &error))
}

/// Notes a digest that does not count as an edit by hand, whoever wrote what has it.
pub async fn note_as_ours(project: &mut Project, digest: Digest, position: Position) -> Result<(), CliError> {
    let state = FileState { digest, stamp: String::new(), position };
    Ok(project.ledger().log.set_file_state(PENDING, state).await?)
}

async fn is_ours(project: &mut Project, found: Digest) -> Result<bool, CliError> {
    for name in [NAME, PENDING] {
        if project.ledger().log.file_state(name).await?.is_some_and(|state| state.digest == found) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Whether the file says what it should, whoever wrote it: a power cut can take away our note of what we wrote.
async fn is_as_it_should_be(project: &mut Project, found: Digest) -> Result<bool, CliError> {
    let tenants = project.ledger().log.tenants().await?;
    Ok(Digest::of(render(project, &tenants).await?.text.as_bytes()) == found)
}

/// A copy first, then its record, and the file is replaced last: killed in between, the next command finds the edit where
/// it was, and says again what it did.
pub(super) async fn keep_aside(
    project: &mut Project,
    path: &Path,
    name: &str,
    content: &[u8],
    digest: Digest,
) -> Result<(), CliError> {
    let stem = name.strip_suffix(".json").unwrap_or(name);
    let kept_as = format!("{stem}.edited-{}.json", &digest.to_string()[..12]);
    let aside = project.dir.join(&kept_as);
    crate::files::replace(&aside, content).map_err(|error| could_not("keep a copy of", path, &error))?;
    let command = ProjectCommand::KeepHandEdit { file: name.to_owned(), kept_as: kept_as.clone(), digest };
    project.ledger().record(vec![Command::Project(command)]).await?;
    project.notices.push(format!(
        "`{name}` was edited by hand; it is rebuilt from the log, and the edited one is kept as {}",
        shown(&aside)
    ));
    Ok(())
}

/// Copies of the file, imported or edited by hand, that name the tenant: what they say of it stays.
pub fn copies_naming(dir: &Path, tenant: &TenantId) -> Vec<String> {
    let is_copy = |name: &str| {
        let stem = name.strip_suffix(".json");
        stem.is_some_and(|stem| stem.starts_with("tenants.imported-") || stem.starts_with("tenants.edited-"))
    };
    let entries = fs::read_dir(dir).into_iter().flatten().flatten();
    let found = entries.filter(|entry| is_copy(&entry.file_name().to_string_lossy()) && names(&entry.path(), tenant));
    let mut found: Vec<_> = found.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    found.sort();
    found
}

/// Whether a file names the tenant; one that cannot be read may.
pub fn names(path: &Path, tenant: &TenantId) -> bool {
    let id = tenant.as_str().as_bytes();
    let content = crate::files::read_regular(path, BYTES_MAX);
    content.map_or(true, |content| content.windows(id.len()).any(|window| window == id))
}

/// The file as it should be.
pub struct Rendered {
    /// What it says.
    pub text: String,
    /// Whether this user has the keys to all that it holds.
    pub is_complete: bool,
}

/// The file's text, with the secrets that it holds in the clear for other tools.
///
/// What holds a secret whose key is not here, as in a copied project, is left out.
pub async fn render(project: &mut Project, tenants: &[TenantView]) -> Result<Rendered, CliError> {
    let vault = project.vault.clone();
    let values = project.ledger().all_secrets(&vault).await?;
    let is_complete = Cell::new(true);
    let fill = |tenant: &TenantId, text: &str| {
        let value = |secret: &SecretRef| {
            let value = values.value(tenant, secret);
            if secret.scope == SecretScope::Tenant && value.is_none() {
                is_complete.set(false);
            }
            value
        };
        template::fill(text, value).ok().flatten()
    };
    for tenant in tenants {
        project.notices.extend(values.broken_in(tenant).into_iter().map(|name| {
            format!("`{name}` of tenant `{}` does not open: see `systemprompt history verify`", tenant.name)
        }));
    }
    let changed = tenants.iter().map(|tenant| tenant.updated_at).max();
    let synced = project.ledger().log.synced_at().await?;
    let synced_at = match changed.max(synced) {
        Some(changed) => changed,
        None => last_change(project).await?.unwrap_or(Timestamp::from_millis(0)),
    };
    let text = registry::render(tenants, synced_at, &fill);
    Ok(Rendered { text, is_complete: is_complete.get() })
}

async fn last_change(project: &mut Project) -> Result<Option<Timestamp>, CliError> {
    Ok(project.ledger().log.head().await?.time)
}

fn read(path: &Path) -> Result<Option<Vec<u8>>, CliError> {
    match crate::files::read_regular(path, BYTES_MAX) {
        Ok(content) => Ok(Some(content)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(could_not("read", path, &error)),
    }
}

/// Files of the project are written by one process at a time.
pub fn lock(project: &Project) -> Result<fs::File, CliError> {
    let path = project.dir.join("locks").join("files");
    let failed = |error: io::Error| could_not("lock", &path, &error);
    fs::create_dir_all(project.dir.join("locks")).map_err(failed)?;
    let file = crate::files::open_regular(&path, fs::File::options().create(true).append(true)).map_err(failed)?;
    match crate::files::lock_within(&file, LOCK_WAIT) {
        Ok(()) => Ok(file),
        Err(error) if error.kind() == io::ErrorKind::TimedOut => Err(busy(&path)),
        Err(error) => Err(failed(error)),
    }
}

fn busy(path: &Path) -> CliError {
    let message =
        format!("another command has been writing the project's files for more than {} s", LOCK_WAIT.as_secs());
    CliError::new(Exit::Unavailable, "files-busy", message)
        .cause(format!("it holds {}", shown(path)))
        .help("wait until it ends, or end it; what was recorded is in the history, and the files follow then")
}

pub(super) fn could_not(what: &str, path: &Path, error: &io::Error) -> CliError {
    let message = format!("could not {what} {}", shown(path));
    CliError::new(Exit::Failed, "file-failed", message).because(error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_waited_in_vain_is_told_what_for() {
        let error = busy(Path::new("/p/locks/files"));
        assert_eq!((error.exit, error.code.as_str()), (Exit::Unavailable, "files-busy"));
        assert!(error.causes[0].contains("/p/locks/files"), "{:?}", error.causes);
    }
}
