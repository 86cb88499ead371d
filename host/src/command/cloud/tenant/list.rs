//! `systemprompt cloud tenant list`.

use crate::cli::Context;
use crate::error::CliError;
use crate::view::AnyView;
use crate::view::tenant::Tenants;

/// List the project's tenants
///
/// Reads the registry only: no network, no provider.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  systemprompt cloud tenant list
  systemprompt cloud tenant list --json")]
pub struct ListArgs {}

/// Carries it out.
pub async fn run(context: &Context, _args: ListArgs) -> Result<AnyView, CliError> {
    let Some(mut project) = context.project_to_read().await? else {
        return Ok(Box::new(Tenants { tenants: Vec::new(), selected: None }));
    };
    let log = &mut project.ledger().log;
    Ok(Box::new(Tenants { tenants: log.tenants().await?, selected: log.selected().await? }))
}
