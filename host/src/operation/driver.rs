//! Performs an operation: lease, plugin, journal, end. The same path starts and resumes.

use systemprompt_events::{
    Command, Failure, Json, Operation, OperationCommand, OperationId, PluginId, TenantId, UndoPlan,
};

use super::Run;
use super::accept;
use super::cancel::CancelFlag;
use super::effect;
use super::foreign;
use super::lease;
use super::outcome::{self, End};
use super::performer::Performer;
use super::request::{request, settings};
use super::words::{abandon_command, in_words, resume_command, stopped, stuck, undone};
use crate::account;
use crate::env;
use crate::error::{CliError, Exit};
use crate::grace;
use crate::places::Places;
use crate::plugin::backtrace::Whereabouts;
use crate::plugin::catalog::{self, Loaded};
use crate::plugin::guest::{self, World};
use crate::plugin::{PluginError, v1};
use crate::project::Project;
use crate::project::ownership::{self, Owner};
use crate::report::Reporter;
use crate::trust;
use crate::undo::allowed;

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
    start_by(project, places, reporter, &Performer::Plugin(plugin), start).await
}

/// The same for a database that nobody here made: the program itself performs it.
pub async fn start_ours(
    project: &mut Project,
    places: &Places,
    reporter: &Reporter,
    start: Start,
) -> Result<Json, CliError> {
    start_by(project, places, reporter, &Performer::Program, start).await
}

async fn start_by(
    project: &mut Project,
    places: &Places,
    reporter: &Reporter,
    performer: &Performer<'_>,
    start: Start,
) -> Result<Json, CliError> {
    check_owner(project, reporter).await?;
    if let Performer::Plugin(plugin) = performer {
        let vault = project.vault.clone();
        account::require(project.ledger(), &vault, plugin).await?;
    }
    let _lease = lease::take(&project.dir, start.id)?;
    trust::allow(&project.vault, Some(&trust::operation(start.id))).await?;
    let mut commands = start.with;
    let command = OperationCommand::Start {
        kind: start.kind,
        provider: performer.id(),
        plugin_hash: performer.hash(),
        tenant: start.tenant,
        input: start.input,
        holder: env::holder(),
    };
    commands.push(Command::Operation(start.id, command));
    project.ledger().record(commands).await?;
    Box::pin(perform(project, places, reporter, performer, start.id)).await
}

/// Goes on with an unfinished operation, forwards or back, whichever its record says.
pub async fn resume(
    project: &mut Project,
    places: &Places,
    reporter: &Reporter,
    id: OperationId,
    undo: bool,
) -> Result<Json, CliError> {
    check_owner(project, reporter).await?;
    let _lease = lease::take(&project.dir, id)?;
    let operation = read(project, id).await?;
    let plugin = trusted(project, places, &operation).await.map_err(|error| or_give_up(error, &operation))?;
    if let Some(plugin) = &plugin {
        let vault = project.vault.clone();
        account::require(project.ledger(), &vault, plugin).await?;
    }
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
    let performer = plugin.as_ref().map_or(Performer::Program, Performer::Plugin);
    Box::pin(perform(project, places, reporter, &performer, id)).await
}

/// The plugin of an operation, if this user allows both here; none where the program itself performs it.
async fn trusted(project: &mut Project, places: &Places, operation: &Operation) -> Result<Option<Loaded>, CliError> {
    trust::check_operation(project, operation).await?;
    let vault = project.vault.clone();
    let plugin = if operation.provider == PluginId::external() {
        None
    } else {
        Some(catalog::load(&operation.provider, project.ledger(), &vault, places).await?)
    };
    trust::check_begun_here(&vault, operation).await?;
    Ok(plugin)
}

/// What is not allowed here, or whose plugin is not, can be given up; what failed otherwise may work the next time.
fn or_give_up(error: CliError, operation: &Operation) -> CliError {
    let command = abandon_command(operation);
    let is_final = matches!(error.exit, Exit::Refused | Exit::NotFound);
    if is_final && !error.next_steps.contains(&command) { error.try_command(command) } else { error }
}

/// A copy of a project changes nothing outside.
async fn check_owner(project: &mut Project, reporter: &Reporter) -> Result<(), CliError> {
    match ownership::check(project).await? {
        Owner::Settled => {}
        Owner::Moved(from) => reporter.note(&format!("this project was in {from} before, and is followed here")),
    }
    Ok(())
}

async fn perform(
    project: &mut Project,
    places: &Places,
    reporter: &Reporter,
    performer: &Performer<'_>,
    id: OperationId,
) -> Result<Json, CliError> {
    let operation = read(project, id).await?;
    trust::check_operation(project, &operation).await?;
    let request = request(project, &operation).await?;
    let what = in_words(&operation.kind, request.tenant.as_ref().map(|tenant| tenant.name.as_str()));
    let cancel = CancelFlag::default();
    cancel.listen(reporter.clone(), resume_command(&operation));
    let call = Call { places, reporter, performer, request, cancel };
    let (mut run, answer) = call.run(project, &operation).await?;
    let mut answer = match answer {
        Ok(result) => accept::result(project, &operation, &performer.id(), &result).await?,
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
    performer: &'a Performer<'a>,
    request: v1::Request,
    cancel: CancelFlag,
}

impl Call<'_> {
    async fn run(
        &self,
        project: &mut Project,
        operation: &Operation,
    ) -> Result<(Run, Result<String, Failure>), CliError> {
        let plugin = match self.performer {
            Performer::Plugin(plugin) => plugin,
            Performer::Program => {
                return Box::pin(foreign::perform(project, self.reporter, operation, &self.cancel)).await;
            }
        };
        let tag = guest::tag(project.ledger(), operation.tenant.as_ref()).await?;
        let world = World {
            ledger: Some(project.lend_ledger()),
            vault: project.vault.clone(),
            places: self.places.clone(),
            reporter: self.reporter.clone(),
            run: Some(Run::new(operation, self.cancel.clone())),
            tenant: operation.tenant.clone(),
            tag,
            account: None,
            settings: settings(&self.request),
            runs_statements: false,
        };
        let (mut world, answer) = plugin.provider.run(plugin.guest(world), &self.request).await;
        self.reporter.step_ended(false);
        if let Some(ledger) = world.ledger.take() {
            project.take_back(ledger);
        }
        let run = world.run.take().expect("BUG: the run comes back with its world");
        let answer = answer.map_err(|error| stopped(error, operation))?;
        if run.in_step() {
            let reason = "it broke the journal's protocol: it ended inside a step".to_owned();
            let id = plugin.id.to_string();
            let (code, trace) = ("plugin-trap", Whereabouts::default());
            return Err(stopped(PluginError::Stopped { id, reason, code, trace }, operation));
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
        End::Succeeded(result) => effect::when_succeeded(operation, result),
        End::Undone(_) | End::Cancelled(_) => effect::when_undone(&operation.kind, tenant, id),
        End::Stuck { .. } => Vec::new(),
    });
    if let (Some(resources), Some(tenant)) = (commands.iter().find_map(effect::resources), tenant) {
        // A server that this user named, or the same one under another password.
        let server = trust::server_elsewhere(tenant, &operation.provider, resources);
        trust::allow(&project.vault, server.as_ref()).await?;
    }
    // The key goes first: a crash in between leaves an event to be recorded, not a key that was declared destroyed.
    if let (true, Some(tenant)) = (effect::destroys_key(&commands), tenant) {
        project.vault.destroy_tenant_key(tenant).await?;
    }
    let with = match &end {
        End::Succeeded(_) => grace::comes_back(project, operation).await?,
        End::Undone(_) | End::Cancelled(_) | End::Stuck { .. } => None,
    };
    record_end(project, commands, with).await?;
    if !matches!(end, End::Stuck { .. }) {
        lease::forget(&project.dir, id);
    }
    match end {
        End::Succeeded(result) => Ok(result),
        End::Undone(failure) => Err(undone(operation, &failure, what)),
        End::Cancelled(_) => Err(CliError::new(Exit::Interrupted, "cancelled", "stopped, and everything was undone")),
        End::Stuck { failure, left, undoing } => Err(stuck(operation, &failure, &left, undoing, what)),
    }
}

/// The end counts, whatever comes back with the tenant: what cannot, as a profile whose name was given away, is left out
/// and said.
async fn record_end(project: &mut Project, end: Vec<Command>, with: Option<UndoPlan>) -> Result<(), CliError> {
    let mut all = end.clone();
    if let Some(plan) = with {
        let (commands, left) = allowed::most(project, &end, &plan).await?;
        all.extend(commands);
        project.left_out.extend(left);
    }
    project.ledger().record(all).await.map(|_| ())
}

pub(super) async fn read(project: &mut Project, id: OperationId) -> Result<Operation, CliError> {
    project
        .ledger()
        .log
        .operation(&id)
        .await?
        .ok_or_else(|| CliError::new(Exit::NotFound, "operation-not-found", format!("there is no operation `{id}`")))
}
