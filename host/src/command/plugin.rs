//! `systemprompt plugin …`.

pub mod build;
pub mod grant;
pub mod install;
pub mod keygen;
pub mod list;
pub mod new;
pub mod push;
pub mod remove;
pub mod revoke;
pub mod run;
pub mod show;
pub mod sign;
pub mod test;
pub mod upgrade;
pub mod verify;

use clap::Subcommand;
use systemprompt_events::{PluginId, PluginView};

use crate::cli::Context;
use crate::error::{CliError, Exit};
use crate::installation;
use crate::plugin::catalog::{self, Loaded};
use crate::plugin::{PluginError, destination, embedded};
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
    Upgrade(upgrade::UpgradeArgs),
    Grant(grant::GrantArgs),
    Revoke(revoke::RevokeArgs),
    Remove(remove::RemoveArgs),
    Verify(verify::VerifyArgs),
    New(new::NewArgs),
    Build(build::BuildArgs),
    Test(test::TestArgs),
    Run(run::RunArgs),
    Keygen(keygen::KeygenArgs),
    Sign(sign::SignArgs),
    Push(push::PushArgs),
}

/// Carries one out.
pub async fn run(context: &Context, command: Command) -> Result<AnyView, CliError> {
    match command {
        Command::List(args) => list::run(context, args).await,
        Command::Show(args) => show::run(context, args).await,
        Command::Install(args) => install::run(context, args).await,
        Command::Upgrade(args) => upgrade::run(context, args).await,
        Command::Grant(args) => grant::run(context, args).await,
        Command::Revoke(args) => revoke::run(context, args).await,
        Command::Remove(args) => remove::run(context, args).await,
        Command::Verify(args) => verify::run(context, args).await,
        Command::New(args) => new::run(context, &args),
        Command::Build(args) => build::run(context, args).await,
        Command::Test(args) => test::run(context, args).await,
        Command::Run(args) => run::run(context, args).await,
        Command::Keygen(args) => keygen::run(context, &args),
        Command::Sign(args) => sign::run(context, args).await,
        Command::Push(args) => push::run(context, args).await,
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
                plugins.push(installation::recorded(&mut project, view).await?);
            }
        }
    }
    Ok(plugins)
}

async fn carried(context: &Context, loaded: &Loaded) -> Result<Plugin, CliError> {
    let description = catalog::describe(loaded, &context.env.places).await?;
    let capabilities = destination::asked(&loaded.provider.capabilities, &description)?;
    Ok(Plugin {
        id: loaded.id.to_string(),
        version: description.version.clone(),
        hash: loaded.hash.to_string(),
        source: "embedded".to_owned(),
        allowed: capabilities.clone(),
        capabilities,
        granted: true,
        granted_at: None,
        publisher: None,
        description: catalog::as_json(&description)?.value(),
    })
}

/// The project, and a plugin of it that the program does not carry itself.
async fn installed(context: &Context, id: &PluginId) -> Result<(Project, PluginView), CliError> {
    // What the program carries needs no project to be refused.
    check_installed(id, &[]).or_else(|error| if error.exit == Exit::NotFound { Ok(()) } else { Err(error) })?;
    let mut project = context.project_without_purge().await?;
    let views = project.ledger().log.plugins().await?;
    check_installed(id, &views)?;
    let view = views.into_iter().find(|view| view.id == *id);
    Ok((project, view.expect("BUG: it was found")))
}

/// Refuses an id that nothing is installed under.
fn check_installed(id: &PluginId, views: &[PluginView]) -> Result<(), CliError> {
    if embedded::component(id).is_some() {
        let message = format!("`{id}` is part of systemprompt, and allowed without a question");
        return Err(CliError::new(Exit::Refused, "plugin-carried", message)
            .help("it is as trustworthy as the program; this is about plugins that were installed"));
    }
    if views.iter().any(|view| view.id == *id) {
        return Ok(());
    }
    let installed = views.iter().filter(|view| embedded::component(&view.id).is_none());
    Err(PluginError::Unknown { id: id.to_string(), known: installed.map(|view| view.id.to_string()).collect() }.into())
}
