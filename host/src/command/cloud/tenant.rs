//! `systemprompt cloud tenant …`.

pub mod allow;
pub mod cancel;
pub mod create;
pub mod delete;
pub mod edit;
pub mod list;
pub mod protect;
pub mod purge;
pub mod restore;
pub mod resume;
pub mod rotate_credentials;
pub mod rotate_sync_token;
pub mod select;
pub mod show;
pub mod status;
pub mod unprotect;
pub mod unselect;

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
    Select(select::SelectArgs),
    Unselect(unselect::UnselectArgs),
    Show(show::ShowArgs),
    Status(status::StatusArgs),
    Edit(edit::EditArgs),
    RotateCredentials(rotate_credentials::RotateCredentialsArgs),
    RotateSyncToken(rotate_sync_token::RotateSyncTokenArgs),
    Protect(protect::ProtectArgs),
    Unprotect(unprotect::UnprotectArgs),
    Cancel(cancel::CancelArgs),
    Delete(delete::DeleteArgs),
    Restore(restore::RestoreArgs),
    Purge(purge::PurgeArgs),
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
        Command::Edit(args) => edit::run(context, args).await,
        Command::RotateCredentials(args) => rotate_credentials::run(context, args).await,
        Command::RotateSyncToken(args) => rotate_sync_token::run(context, args).await,
        Command::Protect(args) => protect::run(context, args).await,
        Command::Unprotect(args) => unprotect::run(context, args).await,
        Command::Cancel(args) => cancel::run(context, args).await,
        Command::Delete(args) => delete::run(context, args).await,
        Command::Restore(args) => restore::run(context, args).await,
        Command::Purge(args) => purge::run(context, args).await,
        Command::Resume(args) => resume::run(context, args).await,
        Command::Allow(args) => allow::run(context, args).await,
    }
}
