//! `systemprompt history diff`.

use crate::choice;
use crate::cli::Context;
use crate::error::CliError;
use crate::moment;
use crate::view::AnyView;
use crate::view::difference::Differences;

/// Show what differs between two moments: tenants, profiles, sessions, secrets by name, field by field
///
/// A moment is a position, an event's id, a time, `2h ago`, `@` for now, or `@-3` for three events back.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  systemprompt history diff @-1
  systemprompt history diff 18 25
  systemprompt history diff 2026-02-01 '2h ago' --json")]
pub struct DiffArgs {
    /// The first moment
    #[arg(value_name = "FROM")]
    from: String,
    /// The second moment
    #[arg(value_name = "TO", default_value = "@")]
    to: String,
}

/// Carries it out.
pub async fn run(context: &Context, args: DiffArgs) -> Result<AnyView, CliError> {
    let mut project = context.project_to_read().await?.ok_or_else(choice::no_project)?;
    let from = moment::find(&mut project, &args.from).await?;
    let to = moment::find(&mut project, &args.to).await?;
    let all = project.ledger().log.differences(from.position, to.position).await?;
    Ok(Box::new(Differences { from, to, all }))
}
