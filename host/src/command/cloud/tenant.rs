//! `systemprompt cloud tenant …`.

pub mod allow;
pub mod create;
pub mod delete;
pub mod list;
pub mod resume;
pub mod select;
pub mod show;
pub mod status;
pub mod unselect;

use clap::Subcommand;

use crate::cli::Context;
use crate::error::CliError;
use crate::view::AnyView;

/// Commands of the group.
#[derive(Debug, Subcommand)]
pub enum Command {
    Create(create::CreateArgs),
    List(list::ListArgs),
    Select(select::SelectArgs),
    Unselect(unselect::UnselectArgs),
    Show(show::ShowArgs),
    Status(status::StatusArgs),
    Delete(delete::DeleteArgs),
    Resume(resume::ResumeArgs),
    Allow(allow::AllowArgs),
}

/// Carries one out.
pub async fn run(context: &Context, command: Command) -> Result<AnyView, CliError> {
    match command {
        Command::Create(args) => create::run(context, args).await,
        Command::List(args) => list::run(context, args).await,
        Command::Select(args) => select::run(context, args).await,
        Command::Unselect(args) => unselect::run(context, args).await,
        Command::Show(args) => show::run(context, args).await,
        Command::Status(args) => status::run(context, args).await,
        Command::Delete(args) => delete::run(context, args).await,
        Command::Resume(args) => resume::run(context, args).await,
        Command::Allow(args) => allow::run(context, args).await,
    }
}
