//! `systemprompt plugin show`.

use crate::cli::Context;
use crate::error::{CliError, Exit};
use crate::view::AnyView;

/// Show what a plugin is and what it may do
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  systemprompt plugin show docker")]
pub struct ShowArgs {
    /// Id of the plugin
    #[arg(value_name = "ID")]
    id: String,
}

/// Carries it out.
pub async fn run(context: &Context, args: ShowArgs) -> Result<AnyView, CliError> {
    let mut all = super::all(context).await?;
    if let Some(position) = all.iter().position(|plugin| plugin.id == args.id) {
        return Ok(Box::new(all.swap_remove(position)));
    }
    let shown = crate::text::one_line(&args.id, 60);
    let known = all.iter().map(|plugin| format!("`{}`", plugin.id)).collect::<Vec<_>>().join(", ");
    let known = if known.is_empty() { "none was known then".to_owned() } else { format!("there are {known}") };
    Err(CliError::new(Exit::NotFound, "plugin-not-found", format!("there is no plugin `{shown}` here"))
        .help(known)
        .try_command("systemprompt plugin list"))
}
