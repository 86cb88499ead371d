//! `tenants.json`: a projection that other tools read. Written after each change; an edit by hand is kept aside.

use std::fs;
use std::io;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;

use systemprompt_events::template::{self, SecretRef, SecretScope};
use systemprompt_events::{
    Command, Digest, FileState, Position, ProjectCommand, TenantId, TenantView, Timestamp, registry,
};

use super::Project;
use crate::error::{CliError, Exit};
use crate::text::shown;

/// A registry that is larger than this is not one of ours.
const BYTES_MAX: u64 = 256 << 20;
/// Name of the file in the project directory.
pub const NAME: &str = "tenants.json";
/// Recorded before the file is replaced, so that a crash in between does not look like an edit.
const PENDING: &str = "tenants.json (pending)";

/// Whether the file is what was last written, and nothing happened to a tenant since.
pub async fn is_fresh(project: &mut Project) -> Result<bool, CliError> {
    let path = project.dir.join(NAME);
    let log = &mut project.ledger().log;
    let Some(state) = log.file_state(NAME).await? else { return Ok(false) };
    if log.tenants_changed_after(state.position).await? {
        return Ok(false);
    }
    if stamp(&path).is_some_and(|stamp| stamp == state.stamp) {
        return Ok(true);
    }
    // Touched, copied or restored: what it says is what counts, and that it is for its owner alone.
    let is_private = fs::metadata(&path).is_ok_and(|meta| crate::files::is_private_mode(meta.mode()));
    Ok(is_private && read(&path)?.is_some_and(|content| Digest::of(&content) == state.digest))
}

/// What tells that a file was not touched: length, time of change of the inode, inode, mode.
fn stamp(path: &Path) -> Option<String> {
    let meta = fs::metadata(path).ok()?;
    Some(format!("{} {}.{:09} {} {:o}", meta.len(), meta.ctime(), meta.ctime_nsec(), meta.ino(), meta.mode()))
}

/// Brings the file up to date. One process at a time; an edit by hand is moved aside, recorded and reported.
pub async fn sync(project: &mut Project) -> Result<(), CliError> {
    if is_fresh(project).await? {
        return Ok(());
    }
    let _lock = lock(project)?;
    let path = project.dir.join(NAME);
    if let Some(content) = read(&path)? {
        let found = Digest::of(&content);
        if !is_ours(project, found).await? {
            keep_aside(project, &path, found).await?;
        }
    }
    let log = &mut project.ledger().log;
    let Some(position) = log.head().await?.position else { return Ok(()) };
    let tenants = log.tenants().await?;
    let content = render(project, &tenants).await?;
    write(project, &path, content.as_bytes(), position).await
}

async fn write(project: &mut Project, path: &Path, content: &[u8], position: Position) -> Result<(), CliError> {
    let digest = Digest::of(content);
    let unchanged = read(path)?.is_some_and(|found| Digest::of(&found) == digest);
    let log = &mut project.ledger().log;
    if unchanged {
        make_private(path)?;
    } else {
        log.set_file_state(PENDING, FileState { digest, stamp: String::new(), position }).await?;
        crate::files::remove_leftovers(path).map_err(|error| could_not("tidy up beside", path, &error))?;
        crate::files::replace(path, content).map_err(|error| could_not("write", path, &error))?;
    }
    let stamp = stamp(path).unwrap_or_default();
    log.set_file_state(NAME, FileState { digest, stamp, position }).await?;
    Ok(())
}

/// What holds passwords is for its owner alone, whoever made it.
fn make_private(path: &Path) -> Result<(), CliError> {
    let private = fs::Permissions::from_mode(0o600);
    crate::files::open_regular(path, fs::File::options().read(true))
        .and_then(|file| file.set_permissions(private))
        .map_err(|error| could_not("protect", path, &error))
}

async fn is_ours(project: &mut Project, found: Digest) -> Result<bool, CliError> {
    for name in [NAME, PENDING] {
        if project.ledger().log.file_state(name).await?.is_some_and(|state| state.digest == found) {
            return Ok(true);
        }
    }
    Ok(false)
}

async fn keep_aside(project: &mut Project, path: &Path, digest: Digest) -> Result<(), CliError> {
    let kept_as = format!("tenants.edited-{}.json", &digest.to_string()[..12]);
    let aside = project.dir.join(&kept_as);
    make_private(path)?;
    fs::rename(path, &aside).map_err(|error| could_not("move aside", path, &error))?;
    let command = ProjectCommand::KeepHandEdit { file: NAME.to_owned(), kept_as: kept_as.clone(), digest };
    project.ledger().record(vec![Command::Project(command)]).await?;
    project.notices.push(format!(
        "`{NAME}` was edited by hand; it is rebuilt from the log, and the edited one is kept as {}",
        shown(&aside)
    ));
    Ok(())
}

/// The file's text, with the secrets that it holds in the clear for other tools.
///
/// A secret whose key is not here, as in a copied project, is left as its placeholder.
pub async fn render(project: &mut Project, tenants: &[TenantView]) -> Result<String, CliError> {
    let vault = project.vault.clone();
    let values = project.ledger().all_secrets(&vault).await?;
    let fill = |tenant: &TenantId, text: &str| {
        let value = |secret: &SecretRef| {
            let is_tenants = secret.scope == SecretScope::Tenant;
            let value = values.get(&(tenant.clone(), secret.name.clone(), secret.version)).filter(|_| is_tenants);
            value.map(|value| value.to_string())
        };
        template::fill(text, value).ok().flatten()
    };
    let changed = tenants.iter().map(|tenant| tenant.updated_at).max();
    let synced_at = match changed {
        Some(changed) => changed,
        None => last_change(project).await?.unwrap_or(Timestamp::from_millis(0)),
    };
    Ok(registry::render(tenants, synced_at, &fill))
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
    file.lock().map_err(failed)?;
    Ok(file)
}

fn could_not(what: &str, path: &Path, error: &io::Error) -> CliError {
    let message = format!("could not {what} {}", shown(path));
    CliError::new(Exit::Failed, "file-failed", message).because(error)
}
