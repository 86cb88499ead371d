//! `systemprompt history rebuild`.

use crate::choice;
use crate::cli::Context;
use crate::error::CliError;
use crate::project;
use crate::view::AnyView;
use crate::view::history::Projections;

/// Build the projections anew from the events, and say whether they differed
///
/// Tables are built beside the old ones, compared, and exchanged in one transaction; then the files are written.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  systemprompt history rebuild")]
pub struct RebuildArgs {}

/// Carries it out.
pub async fn run(context: &Context, _args: RebuildArgs) -> Result<AnyView, CliError> {
    let rebuilt = project::rebuild(&context.env, context.global.project.as_deref()).await?;
    let rebuilt = rebuilt.ok_or_else(choice::no_project)?;
    let mut project = context.existing_project().await?;
    context.sync_files(&mut project).await?;
    Ok(Box::new(Projections(rebuilt)))
}
