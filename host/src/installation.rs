//! Taking a plugin in: what is checked before anybody is asked, what is asked, and what is done then.

mod consent;
pub mod locked;
pub mod registry;
pub mod signed;
pub mod source;
mod web;

use systemprompt_events::{PluginId, PluginView};

use crate::backend::ErrorKind;
use crate::backend::machine_lock::MachineLock;
use crate::cli::Context;
use crate::error::{CliError, Exit};
use crate::plugin::candidate::{self, Candidate};
use crate::plugin::catalog::{self, Loaded, Origin};
use crate::plugin::maker::Maker;
use crate::plugin::publisher::Publisher;
use crate::plugin::{PluginError, installed};
use crate::project::{Project, ownership};
use crate::view::plugin::Plugin;

pub use consent::agreed;
use source::{Brought, Source};

/// What a user says along with a plugin.
#[derive(Debug, clap::Args)]
pub struct InstallationArgs {
    /// Allow what it asks for without a question
    #[arg(long, short)]
    pub yes: bool,
    /// Allow this without a question, and refuse if it asks for more; may be given several times
    #[arg(long, value_name = "CAPABILITY", conflicts_with = "yes")]
    pub grant: Vec<String>,
    /// Public key of its publisher, `RW…`: refuse what is not signed with it
    #[arg(long, value_name = "KEY")]
    pub key: Option<Publisher>,
    /// Take an older version than the one that is known
    #[arg(long)]
    pub allow_downgrade: bool,
}

/// Takes in the component from where a user says it is, and answers with what is known of it then.
pub async fn from(
    context: &Context,
    source: &Source,
    only: Option<&PluginId>,
    args: &InstallationArgs,
) -> Result<Plugin, CliError> {
    let Brought { wasm, signature, notes, source } = source.bring(&context.env).await?;
    for line in &notes {
        context.note(line);
    }
    let candidate = Candidate::of(wasm, &context.env.places, &context.reporter).await?;
    let id = candidate.loaded.id.clone();
    candidate::check_free(&id)?;
    if let Some(other) = only.filter(|only| **only != id) {
        let message = format!("{source} is plugin `{id}`, and not `{other}`");
        return Err(CliError::new(Exit::Refused, "other-plugin", message)
            .help("nothing was done; a plugin is replaced by another version of itself alone"));
    }
    // A project is made for what was agreed to, and not for a question.
    let (known, former) = match context.project_to_read().await? {
        Some(mut project) => former(&mut project, &id).await?,
        None => (None, None),
    };
    let known = known.as_ref();
    let publisher = signed::publisher(&candidate, signature.as_deref(), known, args.key.as_ref())?;
    check_version(&candidate, known, args.allow_downgrade)?;
    let offer = consent::Offer { candidate: &candidate, source: &source, publisher: publisher.as_ref(), known, former };
    consent::ask(context, &offer, args)?;
    let mut project = context.project_to_change().await?;
    let origin = Origin { source, publisher: publisher.map(|key| key.to_string()) };
    take_in(context, &mut project, &candidate, signature.as_deref(), &origin).await?;
    context.sync_files(&mut project).await?;
    shown(&mut project, &id).await
}

/// Keeps the file and records that it is allowed, so that no other command comes in between.
async fn take_in(
    context: &Context,
    project: &mut Project,
    candidate: &Candidate,
    signature: Option<&str>,
    origin: &Origin,
) -> Result<(), CliError> {
    let Candidate { wasm, loaded, description, .. } = candidate;
    let (_, commands) = catalog::permission(loaded, description, origin, &project.grants().await?).await?;
    let _lock = locked_files(context).await?;
    hand_over(project, loaded, origin).await?;
    installed::store(&loaded.id, &loaded.hash, wasm, signature, &context.env.places)?;
    project.ledger().record(commands).await?;
    ownership::note(project).await
}

/// What is known of a plugin that is recorded.
pub async fn shown(project: &mut Project, id: &PluginId) -> Result<Plugin, CliError> {
    let view = project.ledger().log.plugin(id).await?;
    let view = view.ok_or_else(|| PluginError::Unknown { id: id.to_string(), known: Vec::new() })?;
    recorded(project, view).await
}

/// Keeps other commands of this user from taking files away that are needed here, until it is dropped: a file is needed
/// once it is recorded in a project that the machine knows of.
pub async fn locked_files(context: &Context) -> Result<MachineLock, CliError> {
    let locked = context.env.places.lock_machine("installed", &context.reporter).await;
    locked.map_err(|error| {
        let exit = if error.kind == ErrorKind::Retryable { Exit::Unavailable } else { Exit::Refused };
        CliError { help: error.help, ..CliError::new(exit, error.code, error.message) }
    })
}

/// What takes the place of what this user had allowed is given the secrets that were kept for that on this machine, whoever
/// made it: its servers are there, and so are their tenants. A login is not handed over.
async fn hand_over(project: &mut Project, loaded: &Loaded, origin: &Origin) -> Result<(), CliError> {
    let (Some(known), Some(_)) = former(project, &loaded.id).await? else { return Ok(()) };
    let before = Maker::recorded(&known).shelf(&loaded.id);
    let after = Maker::of_bytes(loaded.hash, origin.publisher.as_deref()).shelf(&loaded.id);
    if before != after {
        project.vault.machine().hand_over(&before, &after).await?;
    }
    Ok(())
}

/// What is known of a plugin here, and what this user had allowed it.
async fn former(project: &mut Project, id: &PluginId) -> Result<(Option<PluginView>, Option<Vec<String>>), CliError> {
    let Some(known) = project.ledger().log.plugin(id).await? else { return Ok((None, None)) };
    let former = project.grants().await?.ours(&known).await?;
    Ok((Some(known), former))
}

/// The same of what was read of it.
pub async fn recorded(project: &mut Project, view: PluginView) -> Result<Plugin, CliError> {
    // What was registered later than it was allowed is not allowed.
    let is_of_these = view.grant.as_ref().is_some_and(|grant| grant.hash == view.hash);
    let ours = if is_of_these { project.grants().await?.ours(&view).await? } else { None };
    Ok(Plugin {
        id: view.id.to_string(),
        version: view.version,
        hash: view.hash.to_string(),
        source: view.source,
        capabilities: view.capabilities,
        granted: ours.is_some(),
        granted_at: view.granted_at.filter(|_| ours.is_some()).map(|time| time.to_string()),
        allowed: ours.unwrap_or_default(),
        publisher: view.publisher,
        description: view.description.value(),
    })
}

/// Versions that are none of Semantic Versioning have no order, and are not compared.
fn check_version(candidate: &Candidate, known: Option<&PluginView>, may_go_back: bool) -> Result<(), CliError> {
    let Some(known) = known.filter(|_| !may_go_back) else { return Ok(()) };
    let parsed = |version: &str| semver::Version::parse(version).ok();
    match parsed(&candidate.description.version).zip(parsed(&known.version)) {
        Some((new, old)) if new < old => {
            let message = format!("this is `{}` {new}, which is older than {old}, which is known here", known.id);
            Err(CliError::new(Exit::Refused, "plugin-downgrade", message)
                .help("it may have defects that the other has not; to take it all the same, give `--allow-downgrade`"))
        }
        _ => Ok(()),
    }
}
