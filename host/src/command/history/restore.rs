//! `systemprompt history restore`.

use crate::cli::Context;
use crate::error::CliError;
use crate::moment;
use crate::undo::restore::{self, Wish};
use crate::view::AnyView;

/// Bring settings of tenants and profiles back to what they were at a moment
///
/// Names, protection, declarations, settings, secrets, profiles and the selection; by new events, so that `undo` takes
/// it back. Tenants that came since stay. What was deleted, migrated or rotated since is named, and left out with
/// `--force`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  systemprompt history restore --to 1 --plan
  systemprompt history restore --to '2h ago'
  systemprompt history restore --to @-3 --force")]
pub struct RestoreArgs {
    /// A position, an event's id, a time, `2h ago`, or `@-3` for three events back
    #[arg(long, value_name = "MOMENT")]
    to: String,
    /// Only say what would be recorded, and what would be done outside
    #[arg(long)]
    plan: bool,
    /// Leave out what cannot be brought back
    #[arg(long)]
    force: bool,
}

/// Carries it out.
pub async fn run(context: &Context, args: RestoreArgs) -> Result<AnyView, CliError> {
    let mut project = context.existing_project().await?;
    let to = moment::find(&mut project, &args.to).await?.position;
    let wish = Wish { is_plan: args.plan, is_forced: args.force };
    Ok(Box::new(restore::to(context, &mut project, wish, to).await?))
}
