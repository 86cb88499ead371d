//! `systemprompt admin session …`.

pub mod list;
pub mod login;
pub mod logout;
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
    Show(show::ShowArgs),
    List(list::ListArgs),
    Switch(switch::SwitchArgs),
    Login(login::LoginArgs),
    Logout(logout::LogoutArgs),
}

/// Carries one out.
pub async fn run(context: &Context, command: Command) -> Result<AnyView, CliError> {
    match command {
        Command::Show(args) => show::run(context, args).await,
        Command::List(args) => list::run(context, args).await,
        Command::Switch(args) => switch::run(context, args).await,
        Command::Login(args) => login::run(context, args).await,
        Command::Logout(args) => logout::run(context, args).await,
    }
}
