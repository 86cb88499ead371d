//! `systemprompt cloud …`.

pub mod auth;
pub mod profile;
pub mod secrets;
pub mod sync;
pub mod tenant;

use clap::Subcommand;

use crate::cli::Context;
use crate::error::CliError;
use crate::view::AnyView;

/// Commands of the group.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Isolated environments with a database each
    #[command(
        subcommand,
        after_help = "Examples:
  systemprompt cloud tenant create --type local --name my-project
  systemprompt cloud tenant list"
    )]
    Tenant(tenant::Command),
    /// Settings of a tenant: a directory with profile.yaml and secrets.json
    #[command(
        subcommand,
        after_help = "Examples:
  systemprompt cloud profile create local
  systemprompt cloud profile list"
    )]
    Profile(profile::Command),
    /// Keys of APIs and the like: for a tenant, or for one of its profiles
    #[command(
        subcommand,
        after_help = "Examples:
  systemprompt cloud secrets set ANTHROPIC_API_KEY
  systemprompt cloud secrets list"
    )]
    Secrets(secrets::Command),
    /// Logging in to a provider of cloud tenants; local ones need no login
    #[command(
        subcommand,
        after_help = "Examples:
  systemprompt cloud auth login
  systemprompt cloud auth whoami"
    )]
    Auth(auth::Command),
    Sync(sync::SyncArgs),
}

/// Carries one out.
pub async fn run(context: &Context, command: Command) -> Result<AnyView, CliError> {
    match command {
        Command::Tenant(command) => tenant::run(context, command).await,
        Command::Profile(command) => profile::run(context, command).await,
        Command::Secrets(command) => secrets::run(context, command).await,
        Command::Auth(command) => auth::run(context, command).await,
        Command::Sync(args) => sync::run(context, args).await,
    }
}
