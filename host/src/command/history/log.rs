//! `systemprompt history log`.

use systemprompt_events::HistoryFilter;

use crate::choice;
use crate::cli::Context;
use crate::error::CliError;
use crate::view::AnyView;
use crate::view::history::Events;

/// List what happened, newest first
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  systemprompt history log
  systemprompt history log --tenant my-project --limit 100
  systemprompt history log --type TenantCreated --json")]
pub struct LogArgs {
    /// Only events of this type
    #[arg(long = "type", value_name = "TYPE")]
    kind: Option<String>,
    /// How many events at most
    #[arg(long, short = 'n', default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    limit: u32,
    /// Oldest first
    #[arg(long)]
    reverse: bool,
}

/// Carries it out.
pub async fn run(context: &Context, args: LogArgs) -> Result<AnyView, CliError> {
    let Some(mut project) = context.project_to_read().await? else {
        return Ok(Box::new(Events(Vec::new())));
    };
    let tenant = match &context.global.tenant {
        // A tenant that was deleted still has a history, so an id is enough.
        Some(named) => Some(match choice::find(&mut project, named).await {
            Ok(tenant) => tenant.id,
            Err(error) => named.parse().map_err(|_| error)?,
        }),
        None => None,
    };
    let filter = HistoryFilter { tenant, kind: args.kind, before: None, limit: args.limit, oldest_first: args.reverse };
    Ok(Box::new(Events(project.ledger().log.history(&filter).await?)))
}
