//! `systemprompt admin …`.

pub mod session;

use clap::Subcommand;

use crate::cli::Context;
use crate::error::CliError;
use crate::view::AnyView;

/// Commands of the group.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Who works in which tenant, with which profile, until when
    #[command(
        subcommand,
        after_help = "Examples:
  systemprompt admin session show
  systemprompt admin session switch local --shell"
    )]
    Session(session::Command),
}

/// Carries one out.
pub async fn run(context: &Context, command: Command) -> Result<AnyView, CliError> {
    match command {
        Command::Session(command) => session::run(context, command).await,
    }
}
