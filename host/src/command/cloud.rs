//! `systemprompt cloud …`.

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
}

/// Carries one out.
pub async fn run(context: &Context, command: Command) -> Result<AnyView, CliError> {
    match command {
        Command::Tenant(command) => tenant::run(context, command).await,
    }
}
