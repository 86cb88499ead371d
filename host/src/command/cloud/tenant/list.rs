//! `systemprompt cloud tenant list`.

use crate::choice::overruled;
use crate::cli::Context;
use crate::error::CliError;
use crate::view::AnyView;
use crate::view::aside::Deleted;
use crate::view::tenant::Tenants;

/// List the project's tenants
///
/// Reads the registry only: no network, no provider.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  systemprompt cloud tenant list
  systemprompt cloud tenant list --json
  systemprompt cloud tenant list --deleted")]
pub struct ListArgs {
    /// Those that were deleted with a grace, and until when they can be brought back
    #[arg(long)]
    deleted: bool,
}

/// Carries it out.
pub async fn run(context: &Context, args: ListArgs) -> Result<AnyView, CliError> {
    let Some(mut project) = context.project_to_read().await? else {
        return Ok(if args.deleted {
            Box::new(Deleted(Vec::new()))
        } else {
            Box::new(Tenants { tenants: Vec::new(), selected: None })
        });
    };
    if args.deleted {
        return Ok(Box::new(Deleted(project.ledger().log.aside().await?)));
    }
    let tenants = project.ledger().log.tenant_summaries().await?;
    let selected = project.selected().await?;
    if let Some(selected) = &selected
        && let Some(tenant) = tenants.iter().find(|tenant| tenant.id == *selected)
        && let Some(line) = overruled::selection(&mut project, &tenant.id).await?
    {
        context.note(&line);
    }
    Ok(Box::new(Tenants { tenants, selected }))
}
