//! `systemprompt admin session show`.

use crate::choice;
use crate::cli::Context;
use crate::error::CliError;
use crate::view::AnyView;
use crate::view::session::Session;

/// Show the session of the tenant that commands apply to
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  systemprompt admin session show
  systemprompt admin session show --tenant my-project --json")]
pub struct ShowArgs {}

/// Carries it out.
pub async fn run(context: &Context, _args: ShowArgs) -> Result<AnyView, CliError> {
    let mut project = context.project_to_read().await?.ok_or_else(choice::no_project)?;
    let chosen = choice::tenant(context, &mut project, None).await?;
    let source = chosen.source;
    Ok(Box::new(Session::load(context, &mut project, &chosen.tenant, source).await?))
}
