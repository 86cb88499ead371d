//! `systemprompt history verify`.

use crate::choice;
use crate::cli::Context;
use crate::error::CliError;
use crate::project::Project;
use crate::view::AnyView;
use crate::view::history::Verified;

/// Check that nothing in the log is missing, changed or misplaced
///
/// Positions, versions, the hash chain, that every event can be read and can follow, and that the projections are what
/// the events say. The exit code is 1 when there is a fault; each is listed with its position.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  systemprompt history verify
  systemprompt history verify --json")]
pub struct VerifyArgs {}

/// Carries it out.
pub async fn run(context: &Context, _args: VerifyArgs) -> Result<AnyView, CliError> {
    // Looks only: a damaged log must not be touched, not even to bring files up to date.
    let mut project: Project = crate::project::open_untouched(&context.env, context.global.project.as_deref())
        .await?
        .ok_or_else(choice::no_project)?;
    Ok(Box::new(Verified(project.ledger().log.verify().await?)))
}
