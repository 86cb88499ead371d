//! `systemprompt infra db status`.

use systemprompt_events::PluginId;

use crate::cli::Context;
use crate::error::CliError;
use crate::plugin::{catalog, embedded};
use crate::provider_choice;
use crate::view::AnyView;

/// Show the database server that local tenants share
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  systemprompt infra db status
  systemprompt infra db status --provider native --json")]
pub struct StatusArgs {
    /// Whose server: `docker` or `native`
    #[arg(long)]
    provider: Option<PluginId>,
}

/// Carries it out.
pub async fn run(context: &Context, args: StatusArgs) -> Result<AnyView, CliError> {
    let ids = args.provider.map_or_else(embedded::ids, |id| vec![id]);
    let mut last = None;
    for id in ids {
        let plugin = catalog::load_embedded(&id, &context.env.places)?;
        if provider_choice::probe(context, &plugin).await?.usable {
            return Ok(Box::new(super::live(context, &plugin).await?));
        }
        last = Some(plugin);
    }
    match last {
        Some(plugin) => Ok(Box::new(super::live(context, &plugin).await?)),
        None => Err(crate::choice::no_project()),
    }
}
