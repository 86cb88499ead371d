//! `systemprompt infra …`.

pub mod db;

use clap::Subcommand;

use crate::cli::Context;
use crate::error::CliError;
use crate::view::AnyView;

/// Commands of the group.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// The database server that local tenants share
    #[command(
        subcommand,
        after_help = "Examples:
  systemprompt infra db up
  systemprompt infra db status"
    )]
    Db(db::Command),
}

/// Carries one out.
pub async fn run(context: &Context, command: Command) -> Result<AnyView, CliError> {
    match command {
        Command::Db(command) => db::run(context, command).await,
    }
}
