//! `systemprompt plugin remove`.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use systemprompt_events::{Command, Digest, PluginCommand, PluginId, SqliteLog};

use crate::cli::Context;
use crate::error::{CliError, Exit};
use crate::plugin::installed;
use crate::project::{LOG, Project};
use crate::view::AnyView;
use crate::view::plugin_care::Removed;

/// Forget a plugin, and remove its file where no other project needs it
///
/// Refused while a tenant is there, or was set aside, that was made with it: nothing else can end it.
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
    let id = known.id;
    check_logged_out(&mut project, &id).await?;
    project.ledger().record(vec![Command::Plugin(id.clone(), PluginCommand::Remove)]).await?;
    context.sync_files(&mut project).await?;
    let homes = project.vault.machine().homes().await?;
    let (mut files, mut needed_by) = (Vec::new(), BTreeSet::new());
    for hash in installed::hashes(&id, &context.env.places)? {
        let users = users_of(&homes, &id, &hash).await;
        if users.is_empty() {
            installed::remove(&id, &hash, &context.env.places)?;
            files.push(hash.to_string());
        }
        needed_by.extend(users);
    }
    Ok(Box::new(Removed { id: id.to_string(), files, needed_by: needed_by.into_iter().collect() }))
}

/// A login belongs to whoever has the id: the next plugin that is called so would have it.
async fn check_logged_out(project: &mut Project, id: &PluginId) -> Result<(), CliError> {
    if project.ledger().log.accounts(Some(id)).await?.is_empty() {
        return Ok(());
    }
    let message = format!("you are logged in to `{id}` here, and another plugin of that id would have the login");
    Err(CliError::new(Exit::Refused, "logged-in", message)
        .try_command(format!("systemprompt cloud auth logout --provider {id}")))
}

/// The projects that need these bytes. One that cannot be read may be one of them.
async fn users_of(homes: &[PathBuf], id: &PluginId, hash: &Digest) -> Vec<PathBuf> {
    let mut users = Vec::new();
    for home in homes {
        // One that is not there now may lie on a disk that is not attached, or elsewhere.
        let log = home.join(LOG);
        if !log.try_exists().unwrap_or(false) || needs(&log, id, hash).await {
            users.push(home.clone());
        }
    }
    users
}

async fn needs(log: &Path, id: &PluginId, hash: &Digest) -> bool {
    let Ok(mut log) = SqliteLog::open_read_only(log).await else { return true };
    match log.plugin(id).await {
        // What was revoked can be allowed again.
        Ok(view) => view.is_some_and(|view| view.hash == *hash || view.grant.is_some_and(|grant| grant.hash == *hash)),
        Err(_) => true,
    }
}
