//! `systemprompt plugin remove`.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use systemprompt_events::{Command, Digest, PluginCommand, PluginId, PluginView, SqliteLog};

use crate::cli::Context;
use crate::error::CliError;
use crate::installation;
use crate::plugin::installed;
use crate::plugin::maker::Maker;
use crate::project::{LOG, Project};
use crate::view::AnyView;
use crate::view::plugin_care::Removed;

/// Forget a plugin, and remove its file where no other project needs it
///
/// Refused while a tenant is there, or was set aside, that was made with it: nothing else can end it. Refused, too, while
/// somebody is logged in to it.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  systemprompt plugin remove acme-postgres")]
pub struct RemoveArgs {
    /// Id of the plugin
    #[arg(value_name = "ID")]
    id: PluginId,
}

/// Carries it out.
pub async fn run(context: &Context, args: RemoveArgs) -> Result<AnyView, CliError> {
    let (mut project, known) = super::installed(context, &args.id).await?;
    let (known, id) = (&known, known.id.clone());
    let grants = project.grants().await?;
    let lock = installation::locked_files(context).await?;
    // Whether a tenant or a login needs it is asked where that is recorded: either may come up to then.
    project.ledger().record(vec![Command::Plugin(id.clone(), PluginCommand::Remove)]).await?;
    // An older copy of this project would have it again.
    grants.take_all_back(project.ledger(), known).await?;
    let users = users_of(&project, &id).await?;
    let (mut files, mut needed_by) = (Vec::new(), BTreeSet::new());
    for hash in installed::hashes(&id, &context.env.places)? {
        let needing: Vec<_> = users.iter().filter(|user| user.needs(&hash)).map(|user| user.dir.clone()).collect();
        if needing.is_empty() {
            installed::remove(&id, &hash, &context.env.places)?;
            files.push(hash.to_string());
        }
        needed_by.extend(needing);
    }
    forget_secrets(&project, &id, &users).await?;
    drop(lock);
    context.sync_files(&mut project).await?;
    Ok(Box::new(Removed { id: id.to_string(), files, needed_by: needed_by.into_iter().collect() }))
}

/// A project that has a plugin of an id, or may have one.
struct User {
    dir: PathBuf,
    /// What is recorded of it there; none where that could not be read.
    recorded: Option<PluginView>,
}

impl User {
    fn needs(&self, hash: &Digest) -> bool {
        // What was revoked can be allowed again.
        let is_one_of =
            |view: &PluginView| view.hash == *hash || view.grant.as_ref().is_some_and(|it| it.hash == *hash);
        self.recorded.as_ref().is_none_or(is_one_of)
    }
}

/// The projects of this machine that use a plugin. One that cannot be read may be one of them.
async fn users_of(project: &Project, id: &PluginId) -> Result<Vec<User>, CliError> {
    let mut users = Vec::new();
    for dir in project.vault.machine().homes().await? {
        let log = dir.join(LOG);
        // One that is not there now may lie on a disk that is not attached, or elsewhere.
        let read = if log.try_exists().unwrap_or(false) { recorded_in(&log, id).await } else { None };
        match read {
            Some(None) => {}
            Some(recorded) => users.push(User { dir, recorded }),
            None => users.push(User { dir, recorded: None }),
        }
    }
    Ok(users)
}

/// What a log says of a plugin, if it can be read.
async fn recorded_in(log: &Path, id: &PluginId) -> Option<Option<PluginView>> {
    let mut log = SqliteLog::open_read_only(log).await.ok()?;
    log.plugin(id).await.ok()
}

/// Destroys what was kept for the plugin on this machine, but for what other projects have of the same maker.
async fn forget_secrets(project: &Project, id: &PluginId, users: &[User]) -> Result<(), CliError> {
    let recorded: Option<Vec<_>> = users.iter().map(|user| user.recorded.as_ref()).collect();
    // Of whose making it is where it cannot be read, nobody knows: all of it may be needed there.
    let Some(recorded) = recorded else { return Ok(()) };
    let needed = recorded.into_iter().map(|view| Maker::recorded(view).shelf(id)).collect();
    Ok(project.vault.machine().forget(id, &needed).await?)
}
