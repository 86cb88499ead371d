//! `systemprompt admin session list`.

use crate::cli::Context;
use crate::error::CliError;
use crate::view::AnyView;
use crate::view::session::Sessions;

/// List the sessions of all tenants
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  systemprompt admin session list
  systemprompt admin session list --json")]
pub struct ListArgs {}

/// Carries it out.
pub async fn run(context: &Context, _args: ListArgs) -> Result<AnyView, CliError> {
    let Some(mut project) = context.project_to_read().await? else {
        return Ok(Box::new(Sessions { sessions: Vec::new() }));
    };
    Ok(Box::new(Sessions::load(&mut project).await?))
}
