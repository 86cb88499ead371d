//! `systemprompt cloud auth …`.

pub mod login;
pub mod logout;
pub mod whoami;

use clap::Subcommand;
use systemprompt_events::PluginId;

use crate::account::{Account, Identity};
use crate::choice;
use crate::cli::Context;
use crate::error::{CliError, Exit};
use crate::operation::words::failure_error;
use crate::plugin::catalog::{self, Loaded};
use crate::plugin::guest::World;
use crate::plugin::{destination, embedded};
use crate::text::one_line;
use crate::view::AnyView;

/// Longest name of a user or an organisation.
const NAME_CHARS_MAX: usize = 200;

/// Commands of the group.
#[derive(Debug, Subcommand)]
#[command(defer = true)]
pub enum Command {
    Login(login::LoginArgs),
    Logout(logout::LogoutArgs),
    Whoami(whoami::WhoamiArgs),
}

/// Carries one out.
pub async fn run(context: &Context, command: Command) -> Result<AnyView, CliError> {
    match command {
        Command::Login(args) => login::run(context, args).await,
        Command::Logout(args) => logout::run(context, args).await,
        Command::Whoami(args) => whoami::run(context, args).await,
    }
}

/// The provider. What the program carries needs no project, and nothing is recorded of it.
async fn plugin(context: &Context, id: &PluginId) -> Result<Loaded, CliError> {
    if embedded::component(id).is_some() {
        let plugin = catalog::load_embedded(id, &context.env.places)?;
        let description = catalog::describe(&plugin, &context.env.places).await?;
        let capabilities = destination::asked(&plugin.provider.capabilities, &description)?;
        return Ok(Loaded { allowed: destination::granted(&capabilities), ..plugin });
    }
    let mut project = context.project_to_read().await?.ok_or_else(choice::no_project)?;
    let vault = project.vault.clone();
    catalog::load(id, project.ledger(), &vault, &context.env.places).await
}

/// Asks the provider whose account it is; nothing is recorded.
async fn identity(context: &Context, plugin: &Loaded, account: Account) -> Result<Identity, CliError> {
    let world =
        World { account: Some(account), reporter: context.reporter.clone(), ..catalog::nothing(&context.env.places) };
    let (_, answer) = plugin.provider.status(plugin.guest(world), None).await;
    let headline = || format!("could not log in to `{}`", plugin.id);
    let live = answer?.map_err(|failure| failure_error(&failure, headline()))?;
    if !live.reachable {
        let state = one_line(&live.state, 60);
        return Err(CliError::new(Exit::Unavailable, "account-unavailable", headline()).cause(state));
    }
    let ext: serde_json::Value = live.ext.as_deref().and_then(|ext| serde_json::from_str(ext).ok()).unwrap_or_default();
    let text = |name: &str| ext[name].as_str().map(|text| one_line(text, NAME_CHARS_MAX));
    let user = text("user").ok_or_else(|| {
        CliError::new(Exit::Failed, "account-nameless", headline())
            .cause("the provider does not say whose the account is")
    })?;
    Ok(Identity {
        user,
        organisation: text("organisation"),
        expires_at: text("expires_at").and_then(|text| text.parse().ok()),
    })
}
