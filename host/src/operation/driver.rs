//! Performs an operation: lease, plugin, journal, end. The same path starts and resumes.

use std::collections::BTreeSet;
use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::time::Duration;

use systemprompt_events::{Command, Failure, Json, Operation, OperationCommand, OperationId, TenantId};

use super::Run;
use super::accept;
use super::cancel::CancelFlag;
use super::effect;
use super::outcome::{self, End};
use super::words::{in_words, resume_command, stopped, stuck, undone};
use crate::env;
use crate::error::{CliError, Exit};
use crate::places::Places;
use crate::plugin::catalog::{self, Loaded};
use crate::plugin::guest::{self, World};
use crate::plugin::{PluginError, v1};
use crate::project::Project;
use crate::report::Reporter;
use crate::trust;

/// An operation that is to be started.
pub struct Start {
    /// `create`, `delete`, `server-up`, …
    pub kind: String,
    /// Its tenant, if it has one.
    pub tenant: Option<TenantId>,
    /// Arguments for the provider.
    pub input: Json,
    /// Known before, so that other events can name it.
    pub id: OperationId,
    /// What is recorded in the same transaction, before the start.
    pub with: Vec<Command>,
}

/// Starts an operation and performs it to its end.
pub async fn start(
    project: &mut Project,
    places: &Places,
    reporter: &Reporter,
    plugin: &Loaded,
    start: Start,
) -> Result<Json, CliError> {
    let _lock = lock(&project.dir, start.id)?;
    trust::allow(&project.vault, Some(&trust::operation(start.id))).await?;
    let mut commands = start.with;
    let command = OperationCommand::Start {
        kind: start.kind,
        provider: plugin.id.clone(),
        plugin_hash: plugin.hash,
        tenant: start.tenant,
        input: start.input,
        holder: env::holder(),
    };
    commands.push(Command::Operation(start.id, command));
    project.ledger().record(commands).await?;
    perform(project, places, reporter, plugin, start.id).await
}

/// Goes on with an unfinished operation, forwards or back, whichever its record says.
pub async fn resume(
    project: &mut Project,
    places: &Places,
    reporter: &Reporter,
    id: OperationId,
    undo: bool,
) -> Result<Json, CliError> {
    let _lock = lock(&project.dir, id)?;
    let operation = read(project, id).await?;
    trust::check_operation(project, &operation).await?;
    let vault = project.vault.clone();
    let plugin = catalog::load(&operation.provider, project.ledger(), &vault, places).await?;
    trust::check_begun_here(&project.vault, &operation).await?;
    let claim = OperationCommand::Claim { holder: env::holder() };
    project.ledger().record(vec![Command::Operation(id, claim)]).await?;
    if undo {
        let operation = read(project, id).await?;
        if !Run::new(&operation, CancelFlag::default()).replay().is_unwinding() {
            let failure = super::cancel::failure();
            let unwind = OperationCommand::StartUnwind { token: operation.token, failure };
            project.ledger().record(vec![Command::Operation(id, unwind)]).await?;
        }
    }
    perform(project, places, reporter, &plugin, id).await
}

/// Whether another process is performing the operation right now.
pub fn is_running(project_dir: &Path, id: OperationId) -> bool {
    let file = File::open(lock_path(project_dir, id));
    file.is_ok_and(|file| matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock)))
}

fn lock_path(project_dir: &Path, id: OperationId) -> PathBuf {
    project_dir.join("locks").join(format!("operation-{id}"))
}

async fn perform(
    project: &mut Project,
    places: &Places,
    reporter: &Reporter,
    plugin: &Loaded,
    id: OperationId,
) -> Result<Json, CliError> {
    let operation = read(project, id).await?;
    trust::check_operation(project, &operation).await?;
    let request = request(project, &operation).await?;
    let what = in_words(&operation.kind, request.tenant.as_ref().map(|tenant| tenant.name.as_str()));
    let cancel = CancelFlag::default();
    cancel.listen(reporter.clone(), resume_command(&operation));
    let call = Call { places, reporter, plugin, request, cancel };
    let (mut run, answer) = call.run(project, &operation).await?;
    let mut answer = match answer {
        Ok(result) => accept::result(project, &operation, &plugin.id, &result).await?,
        Err(failure) => Err(failure),
    };
    if let (Err(failure), true) = (&answer, run.ended_well()) {
        // The provider thinks that it is done, and what it answers cannot be used: it is asked to undo.
        let failure = failure.clone();
        if run.turn_back(project.ledger(), failure.clone()).await? {
            (run, answer) = call.again(project, id).await?;
            answer = answer.and(Err(failure));
        }
    }
    conclude(project, &operation, &run, outcome::end(answer, run.replay()), &what).await
}

/// What every call of the provider in this operation has in common.
struct Call<'a> {
    places: &'a Places,
    reporter: &'a Reporter,
    plugin: &'a Loaded,
    request: v1::Request,
    cancel: CancelFlag,
}

impl Call<'_> {
    async fn run(
        &self,
        project: &mut Project,
        operation: &Operation,
    ) -> Result<(Run, Result<String, Failure>), CliError> {
        let tag = guest::tag(project.ledger(), operation.tenant.as_ref()).await?;
        let world = World {
            ledger: Some(project.lend_ledger()),
            vault: project.vault.clone(),
            places: self.places.clone(),
            reporter: self.reporter.clone(),
            run: Some(Run::new(operation, self.cancel.clone())),
            tenant: operation.tenant.clone(),
            tag,
            settings: settings(&self.request),
        };
        let (mut world, answer) = self.plugin.provider.run(self.plugin.guest(world), &self.request).await;
        self.reporter.step_ended(false);
        if let Some(ledger) = world.ledger.take() {
            project.take_back(ledger);
        }
        let run = world.run.take().expect("BUG: the run comes back with its world");
        let answer = answer.map_err(|error| stopped(error, operation))?;
        if run.in_step() {
            let reason = "it broke the journal's protocol: it ended inside a step".to_owned();
            let id = self.plugin.id.to_string();
            return Err(stopped(PluginError::Stopped { id, reason, code: "plugin-trap" }, operation));
        }
        Ok((run, answer))
    }

    /// From the top of what is recorded by now.
    async fn again(&self, project: &mut Project, id: OperationId) -> Result<(Run, Result<Json, Failure>), CliError> {
        let operation = read(project, id).await?;
        let (run, answer) = self.run(project, &operation).await?;
        Ok((run, answer.map(|_| Json::object())))
    }
}

async fn conclude(
    project: &mut Project,
    operation: &Operation,
    run: &Run,
    end: End,
    what: &str,
) -> Result<Json, CliError> {
    let (id, tenant) = (operation.id, operation.tenant.as_ref());
    let mut commands = vec![Command::Operation(id, end.command(run.token()))];
    commands.extend(match &end {
        End::Succeeded(result) => effect::when_succeeded(&operation.kind, tenant, id, result),
        End::Undone(_) | End::Cancelled(_) => effect::when_undone(&operation.kind, tenant, id),
        End::Stuck { .. } => Vec::new(),
    });
    // The key goes first: a crash in between leaves an event to be recorded, not a key that was declared destroyed.
    if let (true, Some(tenant)) = (effect::destroys_key(&commands), tenant) {
        project.vault.destroy_tenant_key(tenant).await?;
    }
    project.ledger().record(commands).await?;
    if !matches!(end, End::Stuck { .. }) {
        // It has ended and can be claimed by nobody any more; a file that stays is only in the way.
        let _kept: std::io::Result<()> = std::fs::remove_file(lock_path(&project.dir, id));
    }
    match end {
        End::Succeeded(result) => Ok(result),
        End::Undone(failure) => Err(undone(&failure, what)),
        End::Cancelled(_) => Err(CliError::new(Exit::Interrupted, "cancelled", "stopped, and everything was undone")),
        End::Stuck { failure, left, undoing } => Err(stuck(operation, &failure, &left, undoing, what)),
    }
}

async fn read(project: &mut Project, id: OperationId) -> Result<Operation, CliError> {
    project
        .ledger()
        .log
        .operation(&id)
        .await?
        .ok_or_else(|| CliError::new(Exit::NotFound, "operation-not-found", format!("there is no operation `{id}`")))
}

async fn request(project: &mut Project, operation: &Operation) -> Result<v1::Request, CliError> {
    let tenant = match &operation.tenant {
        Some(id) => project.ledger().log.tenant(id).await?,
        None => None,
    };
    Ok(v1::Request {
        operation: operation.kind.clone(),
        operation_id: operation.id.to_string(),
        tenant: tenant.as_ref().map(crate::project::for_provider),
        input: operation.input.as_str().to_owned(),
        ext: None,
    })
}

/// Texts of the settings and arguments, which this user has given or allowed.
fn settings(request: &v1::Request) -> BTreeSet<String> {
    let config = request.tenant.iter().map(|tenant| tenant.config.as_str());
    config.chain([request.input.as_str()]).flat_map(crate::project::texts).collect()
}

/// A command that only looks whether somebody performs the operation holds the lock for a moment.
fn try_lock(file: &File) -> Result<(), TryLockError> {
    const TRIES: u32 = 10;
    const PAUSE: Duration = Duration::from_millis(20);
    for _ in 1..TRIES {
        match file.try_lock() {
            Err(TryLockError::WouldBlock) => std::thread::sleep(PAUSE),
            other => return other,
        }
    }
    file.try_lock()
}

/// Held by the process that performs the operation; the operating system lets go of it however the process ends.
fn lock(project_dir: &Path, id: OperationId) -> Result<File, CliError> {
    let failed = |error: std::io::Error| {
        CliError::new(Exit::Failed, "lock-failed", format!("could not lock operation `{id}`")).because(&error)
    };
    std::fs::create_dir_all(project_dir.join("locks")).map_err(failed)?;
    let path = lock_path(project_dir, id);
    let file = crate::files::open_regular(&path, File::options().create(true).append(true)).map_err(failed)?;
    match try_lock(&file) {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(CliError::new(
            Exit::Unfinished,
            "operation-running",
            format!("operation `{id}` is being performed by another process"),
        )
        .help("wait for it, or stop it with Ctrl-C where it runs")),
        Err(TryLockError::Error(error)) => Err(failed(error)),
    }
}
