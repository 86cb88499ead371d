//! `systemprompt history …`.

pub mod log;
pub mod rebuild;
pub mod show;
pub mod verify;

use clap::Subcommand;

use crate::cli::Context;
use crate::error::CliError;
use crate::view::AnyView;

/// Commands of the group.
#[derive(Debug, Subcommand)]
pub enum Command {
    Log(log::LogArgs),
    Show(show::ShowArgs),
    Verify(verify::VerifyArgs),
    Rebuild(rebuild::RebuildArgs),
}

/// Carries one out.
pub async fn run(context: &Context, command: Command) -> Result<AnyView, CliError> {
    match command {
        Command::Log(args) => log::run(context, args).await,
        Command::Show(args) => show::run(context, args).await,
        Command::Verify(args) => verify::run(context, args).await,
        Command::Rebuild(args) => rebuild::run(context, args).await,
    }
}
