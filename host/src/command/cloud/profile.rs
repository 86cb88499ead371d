//! `systemprompt cloud profile …`.

pub mod create;
pub mod delete;
pub mod edit;
pub mod list;
pub mod show;
pub mod switch;

use clap::Subcommand;

use crate::cli::Context;
use crate::error::CliError;
use crate::view::AnyView;

/// Commands of the group.
#[derive(Debug, Subcommand)]
#[command(defer = true)]
pub enum Command {
    Create(create::CreateArgs),
    List(list::ListArgs),
    Show(show::ShowArgs),
    Edit(edit::EditArgs),
    Switch(switch::SwitchArgs),
    Delete(delete::DeleteArgs),
}

/// Carries one out.
pub async fn run(context: &Context, command: Command) -> Result<AnyView, CliError> {
    match command {
        Command::Create(args) => create::run(context, args).await,
        Command::List(args) => list::run(context, args).await,
        Command::Show(args) => show::run(context, args).await,
        Command::Edit(args) => edit::run(context, args).await,
        Command::Switch(args) => switch::run(context, args).await,
        Command::Delete(args) => delete::run(context, args).await,
    }
}
