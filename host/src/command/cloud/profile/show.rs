//! `systemprompt cloud profile show`.

use crate::choice;
use crate::cli::Context;
use crate::error::CliError;
use crate::view::AnyView;
use crate::view::profile::Profile;

/// Show a profile: its settings, its secrets by name, and where its files are
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  systemprompt cloud profile show
  systemprompt cloud profile show local --json")]
pub struct ShowArgs {
    /// Name; otherwise the one in use
    #[arg(value_name = "NAME")]
    name: Option<String>,
}

/// Carries it out.
pub async fn run(context: &Context, args: ShowArgs) -> Result<AnyView, CliError> {
    let mut project = context.project_to_read().await?.ok_or_else(choice::no_project)?;
    let name = super::switch::named_or_in_use(context, &mut project, args.name).await?;
    Ok(Box::new(Profile::load(&mut project, &name, None).await?))
}
