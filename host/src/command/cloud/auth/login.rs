//! `systemprompt cloud auth login`.

use systemprompt_events::PluginId;

use super::{identity, plugin};
use crate::account::{self, DEFAULT_PROVIDER, fields, server};
use crate::backend::http::Origin;
use crate::cli::Context;
use crate::error::{CliError, Exit};
use crate::plugin::{catalog, destination};
use crate::view::AnyView;
use crate::view::account::Account;

/// Log in to a provider of cloud tenants
///
/// The token is asked for, or comes by standard input or from a variable such as `FLY_API_TOKEN`; never from the command
/// line. The provider is asked whose it is before it is kept. It is sealed in the project's log and written to
/// credentials.json, which only you can read. Local tenants need no login.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  systemprompt cloud auth login
  systemprompt cloud auth login --token-stdin < fly.token
  systemprompt cloud auth login --provider postgres")]
pub struct LoginArgs {
    /// Plugin that makes the tenants
    #[arg(long, default_value = DEFAULT_PROVIDER)]
    provider: PluginId,
    /// Take the token from standard input
    #[arg(long)]
    token_stdin: bool,
    /// Send the provider's requests there instead, with the token: to a proxy, or a server to try things with
    #[arg(long, value_name = "URL")]
    api_url: Option<Origin>,
}

/// Carries it out.
pub async fn run(context: &Context, args: LoginArgs) -> Result<AnyView, CliError> {
    let plugin = plugin(context, &args.provider).await?;
    if !account::has_accounts(&plugin) {
        let message = format!("provider `{}` works without an account", plugin.id);
        return Err(CliError::usage("no-account", message).help("nothing was done; its tenants need no login"));
    }
    if args.api_url.is_some() && plugin.allowed.destinations.len() != 1 {
        let message = format!("provider `{}` talks to {} places", plugin.id, plugin.allowed.destinations.len());
        return Err(CliError::usage("bad-api-url", message).help("leave out `--api-url`"));
    }
    let description = catalog::describe(&plugin, &context.env.places).await?;
    let wanted = &description.account_fields;
    let (mut account, source) = fields::gather(context, &plugin.id, wanted, args.api_url, args.token_stdin)?;
    if let Some(field) = destination::server_field(&description)? {
        server::settle(&mut account, &field)?;
    }
    let identity = identity(context, &plugin, account.clone()).await.map_err(|error| later(error, &plugin.id))?;
    let mut project = context.project_to_change().await?;
    let vault = project.vault.clone();
    account::record(project.ledger(), &vault, &account, &plugin.maker, identity, &source).await?;
    context.sync_files(&mut project).await?;
    Ok(Box::new(Account::load(&mut project, &plugin.id).await?))
}

/// Where nobody answers, the same can be typed again; nothing was kept.
fn later(error: CliError, provider: &PluginId) -> CliError {
    if error.exit != Exit::Unavailable || !error.next_steps.is_empty() {
        return error;
    }
    let help = error.help.clone().unwrap_or_else(|| "see that it runs and can be reached from here".to_owned());
    error
        .help(format!("{help}; nothing was kept, so log in again then"))
        .try_command(format!("systemprompt cloud auth login --provider {provider}"))
}
