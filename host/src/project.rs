//! The project directory `.systemprompt/`: found by walking up, opened for reading or for changing.

pub mod import;
pub mod registry_file;
pub mod url_secret;

use std::fs;
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};

use systemprompt_events::{Command, LogId, ProjectCommand, SqliteLog, TenantView};

use crate::env::{self, Env};
use crate::error::{CliError, Exit};
use crate::ledger::Ledger;
use crate::plugin::v1;
use crate::text::shown;
use crate::vault::Vault;

/// Name of the directory that makes a directory a project.
pub const DIR: &str = ".systemprompt";
const LOG: &str = "log.db";
/// Only profiles are for others to see; the rest is this machine's.
const GITIGNORE: &str = "*\n!.gitignore\n!profiles/\n!profiles/*/\n!profiles/*/profile.yaml\n";

/// An open project.
pub struct Project {
    /// The `.systemprompt` directory.
    pub dir: PathBuf,
    /// Keys and secrets.
    pub vault: Vault,
    ledger: Option<Ledger>,
    /// What the user should know, a line each.
    pub notices: Vec<String>,
}

impl Project {
    /// The log; a plugin has it while an operation runs.
    pub fn ledger(&mut self) -> &mut Ledger {
        self.ledger.as_mut().expect("BUG: the log is lent to a plugin")
    }

    /// Lends the log to a plugin.
    pub fn lend_ledger(&mut self) -> Ledger {
        self.ledger.take().expect("BUG: the log is lent to a plugin")
    }

    /// Takes the log back.
    pub fn take_back(&mut self, ledger: Ledger) {
        self.ledger = Some(ledger);
    }
}

/// Where the project is: as named, or the nearest `.systemprompt` upwards.
pub fn locate(env: &Env, named: Option<&Path>) -> Option<PathBuf> {
    match named {
        Some(dir) => Some(env.cwd.join(dir).join(DIR)).filter(|dir| dir.is_dir()),
        None => env.cwd.ancestors().map(|dir| dir.join(DIR)).find(|dir| dir.is_dir()),
    }
}

/// Opens a project to look at it. None where there is none, or nothing happened in it yet.
///
/// Writes only where something is to be mended: files that are missing or stale, or an incumbent's that is to be taken in.
pub async fn open_to_read(env: &Env, named: Option<&Path>) -> Result<Option<Project>, CliError> {
    let Some(dir) = locate(env, named) else {
        // A directory without a project is nothing yet; one that is not there was mistyped.
        return match named.map(|named| env.cwd.join(named)) {
            Some(named) if !named.is_dir() => Err(no_directory(&named)),
            Some(_) | None => Ok(None),
        };
    };
    if !dir.join(LOG).exists() {
        if dir.join(registry_file::NAME).exists() {
            return open_to_change(env, named).await.map(Some);
        }
        return Ok(None);
    }
    let log = SqliteLog::open_read_only(&dir.join(LOG)).await?;
    let mut project = with(env, dir, log);
    if registry_file::is_fresh(&mut project).await? || !is_writable(&project.dir) {
        return Ok(Some(project));
    }
    open_to_change(env, named).await.map(Some)
}

/// Opens a project to look at it, and mends nothing. None where there is none.
pub async fn open_untouched(env: &Env, named: Option<&Path>) -> Result<Option<Project>, CliError> {
    let Some(dir) = locate(env, named).filter(|dir| dir.join(LOG).exists()) else { return Ok(None) };
    let log = SqliteLog::open_read_only(&dir.join(LOG)).await?;
    Ok(Some(with(env, dir, log)))
}

/// Opens a project to change it; makes one in the working directory where there is none, and says so.
pub async fn open_to_change(env: &Env, named: Option<&Path>) -> Result<Project, CliError> {
    env.places.make(env.is_root).map_err(|error| {
        CliError::new(Exit::Failed, "no-data-directory", "could not make the directory for keys and servers")
            .because(&error)
            .help("set `SYSTEMPROMPT_DATA_DIR` to a directory that you can write")
    })?;
    let (dir, is_new) = match locate(env, named) {
        Some(dir) => {
            check_owner(&dir, named)?;
            (dir, false)
        }
        None => (make_dir(env, named)?, true),
    };
    let fresh = !dir.join(LOG).exists();
    let log = if fresh { SqliteLog::create(&dir.join(LOG)).await? } else { SqliteLog::open(&dir.join(LOG)).await? };
    let mut project = with(env, dir, log);
    keep_out_of_git(&project.dir)?;
    if is_new {
        let parent = crate::text::shown(project.dir.parent().unwrap_or(&project.dir));
        project.notices.push(format!("made a new project in {parent}"));
    }
    if project.ledger().log.head().await?.position.is_none() {
        begin(&mut project).await?;
    }
    registry_file::sync(&mut project).await?;
    Ok(project)
}

/// The first events, once, whichever process comes first; what an incumbent left is taken in with them.
async fn begin(project: &mut Project) -> Result<(), CliError> {
    let _lock = registry_file::lock(project)?;
    if project.ledger().log.head().await?.position.is_some() {
        return Ok(());
    }
    let initialise = Command::Project(ProjectCommand::Initialise { log_id: LogId::new(env::fresh_uuid()) });
    match import::take_in(project, initialise.clone()).await? {
        import::Taken::Nothing => project.ledger().record(vec![initialise]).await.map(|_| ()),
        import::Taken::File => Ok(()),
    }
}

fn with(env: &Env, dir: PathBuf, log: SqliteLog) -> Project {
    let ledger = Ledger::new(log, env.provenance.clone());
    Project { vault: Vault::new(&env.places, Some(&dir)), dir, ledger: Some(ledger), notices: Vec::new() }
}

fn make_dir(env: &Env, named: Option<&Path>) -> Result<PathBuf, CliError> {
    let parent = named.map_or_else(|| env.cwd.clone(), |named| env.cwd.join(named));
    let failed = |error: std::io::Error| {
        CliError::new(
            Exit::Failed,
            "project-not-made",
            format!("could not make a project in {}", crate::text::shown(&parent)),
        )
        .because(&error)
    };
    if !parent.is_dir() {
        return Err(no_directory(&parent));
    }
    let dir = parent.join(DIR);
    fs::DirBuilder::new().recursive(true).mode(0o700).create(&dir).map_err(failed)?;
    crate::files::sync_dir(&parent).map_err(failed)?;
    Ok(dir)
}

fn no_directory(dir: &Path) -> CliError {
    CliError::new(Exit::NotFound, "no-directory", format!("there is no directory {}", shown(dir)))
        .help("`--project` names a directory that exists; the project is made in it")
}

/// Also where another program made the directory: it holds keys and passwords now.
fn keep_out_of_git(dir: &Path) -> Result<(), CliError> {
    let file = dir.join(".gitignore");
    if fs::symlink_metadata(&file).is_ok() {
        return Ok(());
    }
    crate::files::replace(&file, GITIGNORE.as_bytes()).map_err(|error| {
        CliError::new(Exit::Failed, "file-failed", format!("could not write {}", shown(&file))).because(&error)
    })
}

/// A directory that was found by walking up may be anybody's; what is written into it is for its owner to read.
fn check_owner(dir: &Path, named: Option<&Path>) -> Result<(), CliError> {
    let Ok(meta) = fs::symlink_metadata(dir) else { return Ok(()) };
    let me = rustix::process::geteuid().as_raw();
    let behind_sudo = env::look_up("SUDO_UID").and_then(|uid| uid.to_str()?.parse::<u32>().ok()).filter(|_| me == 0);
    if named.is_some() || meta.uid() == me || Some(meta.uid()) == behind_sudo {
        return Ok(());
    }
    let message = format!("the project in {} belongs to another user", shown(dir));
    Err(CliError::new(Exit::Refused, "project-of-another", message)
        .help("nothing was written; if it is the one you mean, name it with `--project`"))
}

fn is_writable(dir: &Path) -> bool {
    rustix::fs::access(dir, rustix::fs::Access::WRITE_OK).is_ok()
}

/// A tenant as its provider sees it.
pub fn for_provider(tenant: &TenantView) -> v1::Tenant {
    v1::Tenant {
        id: tenant.id.to_string(),
        name: tenant.name.to_string(),
        region: tenant.region.as_ref().map(ToString::to_string),
        config: tenant.config.as_str().to_owned(),
        resources: tenant.resources.as_str().to_owned(),
        ext: None,
    }
}

/// Texts among the fields of a JSON object.
pub fn texts(object: &str) -> Vec<String> {
    match serde_json::from_str(object) {
        Ok(serde_json::Value::Object(fields)) => {
            fields.into_iter().filter_map(|(_, value)| value.as_str().map(ToOwned::to_owned)).collect()
        }
        _ => Vec::new(),
    }
}
