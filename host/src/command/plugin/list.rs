//! `systemprompt plugin list`.

use crate::cli::Context;
use crate::error::CliError;
use crate::view::AnyView;
use crate::view::plugin::Plugins;

/// List the providers that can be used here
///
/// With `--at`, those that the project had used or installed by then.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  systemprompt plugin list
  systemprompt plugin list --at @-1")]
pub struct ListArgs {}

/// Carries it out.
pub async fn run(context: &Context, _args: ListArgs) -> Result<AnyView, CliError> {
    Ok(Box::new(Plugins(super::all(context).await?)))
}
