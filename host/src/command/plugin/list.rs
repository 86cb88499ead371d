//! `systemprompt plugin list`.

use crate::cli::Context;
use crate::error::CliError;
use crate::view::AnyView;
use crate::view::plugin::Plugins;

/// List the providers that can be used here
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  systemprompt plugin list")]
pub struct ListArgs {}

/// Carries it out.
pub async fn run(context: &Context, _args: ListArgs) -> Result<AnyView, CliError> {
    Ok(Box::new(Plugins(super::all(context).await?)))
}
