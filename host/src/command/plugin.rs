//! `systemprompt plugin …`.

pub mod build;
pub mod install;
pub mod list;
pub mod new;
pub mod run;
pub mod show;
pub mod test;

use clap::Subcommand;
use systemprompt_events::PluginView;

use crate::cli::Context;
use crate::error::CliError;
use crate::plugin::catalog::{self, Loaded};
use crate::plugin::{destination, embedded, grants};
use crate::project::Project;
use crate::view::AnyView;
use crate::view::plugin::Plugin;

/// Commands of the group.
#[derive(Debug, Subcommand)]
#[command(defer = true)]
pub enum Command {
    List(list::ListArgs),
    Show(show::ShowArgs),
    Install(install::InstallArgs),
    New(new::NewArgs),
    Build(build::BuildArgs),
    Test(test::TestArgs),
    Run(run::RunArgs),
}

/// Carries one out.
pub async fn run(context: &Context, command: Command) -> Result<AnyView, CliError> {
    match command {
        Command::List(args) => list::run(context, args).await,
        Command::Show(args) => show::run(context, args).await,
        Command::Install(args) => install::run(context, args).await,
        Command::New(args) => new::run(context, &args),
        Command::Build(args) => build::run(context, args).await,
        Command::Test(args) => test::run(context, args).await,
        Command::Run(args) => run::run(context, args).await,
    }
}

/// All that is known here: what the program carries, and what the project's history names. Of the past only the history
/// tells, which has what the program carried as well, once it was used.
async fn all(context: &Context) -> Result<Vec<Plugin>, CliError> {
    let is_past = context.global.at.is_some();
    let mut plugins = Vec::new();
    if !is_past {
        for id in embedded::ids() {
            let loaded = catalog::load_embedded(&id, &context.env.places)?;
            plugins.push(carried(context, &loaded).await?);
        }
    }
    if let Some(mut project) = context.project_to_read().await? {
        for view in project.ledger().log.plugins().await? {
            if is_past || embedded::component(&view.id).is_none() {
                plugins.push(recorded(&project, view)?);
            }
        }
    }
    Ok(plugins)
}

async fn carried(context: &Context, loaded: &Loaded) -> Result<Plugin, CliError> {
    let description = catalog::describe(loaded, &context.env.places).await?;
    Ok(Plugin {
        id: loaded.id.to_string(),
        version: description.version.clone(),
        hash: loaded.hash.to_string(),
        source: "embedded".to_owned(),
        capabilities: destination::asked(&loaded.provider.capabilities, &description)?,
        granted: true,
        description: catalog::as_json(&description)?.value(),
    })
}

fn recorded(project: &Project, view: PluginView) -> Result<Plugin, CliError> {
    let master = project.vault.master();
    let granted = match &view.grant {
        // What was registered later than it was allowed is not allowed.
        Some(grant) if grant.hash != view.hash => false,
        Some(grant) => grants::is_ours(master, &view.id, &grant.hash, &grant.capabilities, &grant.mac)?,
        None => false,
    };
    Ok(Plugin {
        id: view.id.to_string(),
        version: view.version,
        hash: view.hash.to_string(),
        source: view.source,
        capabilities: view.capabilities,
        granted,
        description: view.description.value(),
    })
}
