//! The project directory `.systemprompt/`: found by walking up, opened for reading or for changing.

pub mod belongings;
pub mod credentials_file;
mod directory;
mod ignored;
pub mod import;
pub mod intake;
pub mod leftover_keys;
mod making;
pub mod ownership;
pub mod plugin_lock;
pub mod profile_files;
pub mod registry_file;
pub mod repair;
pub mod url_secret;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use systemprompt_events::{
    Command, FileView, LogError, LogId, Notes, OperationId, Overview, Position, ProfileName, ProjectCommand, Rebuilt,
    SqliteLog, TenantId, TenantView,
};

pub use self::directory::locate;
use self::directory::{check_owner, is_there, make_dir, may_write, no_directory, shown_place};
use crate::env::{self, Env};
use crate::error::{CliError, Exit, KEY_LOST, KEYRING, READ_ONLY};
use crate::ledger::Ledger;
use crate::plugin::grants::Grants;
use crate::plugin::v1;
use crate::project::registry_file::Freshness;
use crate::text::shown;
use crate::undo::allowed::LeftOut;
use crate::vault::Vault;

/// Name of the directory that makes a directory a project.
pub const DIR: &str = ".systemprompt";
/// The log in it.
pub const LOG: &str = "log.db";
/// The files of the log that change with every event.
pub const LOG_FILES: [&str; 2] = [LOG, making::WAL];
const NOTES: Notes<'_> = Notes { registry: registry_file::NAME, daily: profile_files::NOTE };

/// An open project.
pub struct Project {
    /// The `.systemprompt` directory.
    pub dir: PathBuf,
    /// Keys and secrets.
    pub vault: Vault,
    ledger: Option<Ledger>,
    /// What the log said when it was opened.
    overview: Option<Overview>,
    /// Whether it was opened to be looked at, so that what the log said holds for as long as this command lasts.
    is_for_reading: bool,
    /// What the user should know, a line each.
    pub notices: Vec<String>,
    /// What a tenant that was brought back had, and has not again.
    pub left_out: Vec<LeftOut>,
    /// Profiles whose file somebody edited, which waits to be taken in.
    pub edited: BTreeSet<ProfileName>,
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

    /// The tenant that the project selects.
    pub async fn selected(&mut self) -> Result<Option<TenantId>, CliError> {
        match self.known() {
            Some(overview) => Ok(overview.selected.clone()),
            None => Ok(self.ledger().log.selected().await?),
        }
    }

    /// Whether a profile may be found here.
    pub fn may_have_profiles(&self) -> bool {
        self.known().is_none_or(|overview| overview.has_profiles)
    }

    /// Whether a shell may work in a tenant of its own here.
    pub fn may_have_shells(&self) -> bool {
        self.known().is_none_or(|overview| overview.has_shells)
    }

    /// What we wrote last to the files of profiles and sessions, and whether there ever was a profile.
    pub async fn daily_files(&mut self) -> Result<(Option<FileView>, bool), CliError> {
        match self.known() {
            Some(overview) => Ok(overview.daily.clone()),
            None => Ok(self.ledger().log.daily_files(profile_files::NOTE).await?),
        }
    }

    /// What the log said when it was opened, where that still holds.
    fn known(&self) -> Option<&Overview> {
        self.overview.as_ref().filter(|_| self.is_for_reading)
    }

    /// What this user allows plugins in it.
    pub async fn grants(&mut self) -> Result<Grants, CliError> {
        let vault = self.vault.clone();
        Grants::of(self.ledger(), &vault).await
    }

    /// From now on all that is read of it is what it was after the event at `position`.
    pub async fn look_back(&mut self, position: Position) -> Result<(), CliError> {
        self.overview = None;
        Ok(self.ledger().log.look_back(position).await?)
    }

    /// The operations that had not ended when the project was opened, oldest first.
    pub async fn unfinished(&mut self) -> Result<Vec<OperationId>, CliError> {
        match &self.overview {
            Some(overview) => Ok(overview.unfinished.clone()),
            None => Ok(self.ledger().log.unfinished().await?.into_iter().map(|operation| operation.id).collect()),
        }
    }
}

/// The log of a project.
pub fn log_file(dir: &Path) -> PathBuf {
    dir.join(LOG)
}

/// Opens a project to look at it. None where there is none, or nothing happened in it yet.
///
/// Writes only where something is to be mended: files that are missing or stale, tables that another version of the
/// program built, or an incumbent's file that is to be taken in.
pub async fn open_to_read(env: &Env, named: Option<&Path>) -> Result<Option<Project>, CliError> {
    let Some(dir) = locate(env, named) else {
        // A directory without a project is nothing yet; one that is not there was mistyped.
        return match named.map(|named| env.cwd.join(named)) {
            Some(named) if !named.is_dir() => Err(no_directory(&named)),
            Some(_) | None => Ok(None),
        };
    };
    if !is_there(&dir, LOG)? {
        if is_there(&dir, registry_file::NAME)? {
            return open_to_change(env, named).await.map(Some);
        }
        return Ok(None);
    }
    let looked = SqliteLog::open_read_only_and_look(&dir.join(LOG), NOTES).await;
    if matches!(looked, Err(LogError::Outdated { .. })) && may_write(&dir) {
        // Built anew by whoever opens it to change it.
        return open_to_change(env, named).await.map(Some);
    }
    let (log, overview) = looked?;
    let is_stale =
        !log.is_current() || matches!(registry_file::freshness(&dir, overview.file.as_ref())?, Freshness::Stale);
    let may_mend = may_write(&dir);
    let mut project = Project { is_for_reading: true, ..with(env, dir, log, Some(overview)) };
    if !may_mend || (!is_stale && profile_files::is_fresh(&mut project).await?) {
        return Ok(Some(project));
    }
    match open_to_change(env, named).await {
        // What is asked for needs no key and no right to write; the file is mended when there is one again.
        Err(error) if [KEYRING, KEY_LOST, READ_ONLY].contains(&error.code.as_str()) => {
            project.notices.push(format!("`{}` is not up to date: {}", registry_file::NAME, error.message));
            Ok(Some(project))
        }
        other => other.map(Some),
    }
}

/// Opens a project to look at it, and mends nothing. None where there is none.
pub async fn open_untouched(env: &Env, named: Option<&Path>) -> Result<Option<Project>, CliError> {
    let Some(dir) = locate(env, named) else { return Ok(None) };
    if !is_there(&dir, LOG)? {
        return Ok(None);
    }
    let log = SqliteLog::open_read_only(&dir.join(LOG)).await?;
    Ok(Some(with(env, dir, log, None)))
}

/// Opens a project to change it; makes one in the working directory where there is none, and says so.
pub async fn open_to_change(env: &Env, named: Option<&Path>) -> Result<Project, CliError> {
    env.places.make(env.is_root).map_err(|error| {
        let message = format!("could not make the directory for keys and servers, {}", shown(env.places.data()));
        CliError::new(Exit::Failed, "no-data-directory", message)
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
    let path = dir.join(LOG);
    if !is_there(&dir, LOG)?
        && let Some(making) = making::Making::begin(&dir)?
    {
        SqliteLog::create(&path).await?.close().await?;
        drop(making);
    }
    let (log, overview) = SqliteLog::open_and_look(&path, NOTES).await?;
    let mut project = with(env, dir, log, Some(overview));
    project.notices.extend(ignored::keep_out_of_git(&project.dir)?);
    if is_new {
        project.notices.push(format!("made a new project in {}", shown_place(&project.dir)));
    }
    match project.overview.take() {
        Some(overview) if !overview.is_empty => {
            registry_file::sync_from(&mut project, overview.file.as_ref()).await?;
            project.overview = Some(overview);
        }
        Some(_) | None => {
            begin(&mut project).await?;
            registry_file::sync(&mut project).await?;
        }
    }
    credentials_file::sync(&mut project).await?;
    profile_files::sync(&mut project).await?;
    if let Err(error) = leftover_keys::destroy_all(&mut project).await {
        // What is asked for does not need them; whoever can destroys them later.
        project.notices.push(format!("keys of deleted tenants may be left: {}", error.message));
    }
    Ok(project)
}

/// Builds anew what follows from the events of the project that is there. Nothing else is asked of it before: what would be
/// asked may be what is missing.
pub async fn rebuild(env: &Env, named: Option<&Path>) -> Result<Option<Rebuilt>, CliError> {
    let Some(dir) = locate(env, named) else { return Ok(None) };
    check_owner(&dir, named)?;
    let path = dir.join(LOG);
    if !is_there(&dir, LOG)? {
        return Ok(None);
    }
    let mut log = SqliteLog::open(&path).await?;
    let rebuilt = log.rebuild().await?;
    log.close().await?;
    Ok(Some(rebuilt))
}

/// Brings the files beside the log up to date.
pub async fn sync_files(project: &mut Project) -> Result<(), CliError> {
    registry_file::sync(project).await?;
    credentials_file::sync(project).await?;
    plugin_lock::sync(project).await?;
    profile_files::sync(project).await
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

fn with(env: &Env, dir: PathBuf, log: SqliteLog, overview: Option<Overview>) -> Project {
    let ledger = Some(Ledger::new(log, env.provenance.clone()));
    let vault = Vault::new(&env.places, Some(&dir));
    let (notices, left_out, edited) = (Vec::new(), Vec::new(), BTreeSet::new());
    Project { vault, dir, ledger, overview, is_for_reading: false, notices, left_out, edited }
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
