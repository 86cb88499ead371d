//! `systemprompt history redo`.

use crate::cli::Context;
use crate::error::CliError;
use crate::undo::{self, Direction, Wish};
use crate::view::AnyView;

/// Do again what was undone last
///
/// As often as there was an undo. Once something else has been changed, there is nothing to do again.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  systemprompt history redo
  systemprompt history redo --plan
  systemprompt history redo 2")]
pub struct RedoArgs {
    /// How many undos
    #[arg(value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    count: u32,
    /// Only say what would be recorded, and what would be done outside
    #[arg(long)]
    plan: bool,
}

/// Carries it out.
pub async fn run(context: &Context, args: RedoArgs) -> Result<AnyView, CliError> {
    let mut project = context.existing_project().await?;
    let wish =
        Wish { direction: Direction::Redo, is_plan: args.plan, is_forced: false, is_agreed: false, is_named: false };
    Ok(Box::new(undo::newest(context, &mut project, wish, args.count).await?))
}
