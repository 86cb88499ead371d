//! `systemprompt infra db status`.

use systemprompt_events::PluginId;

use crate::cli::Context;
use crate::error::CliError;
use crate::plugin::{catalog, embedded};
use crate::view::AnyView;
use crate::view::database::Server;

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
    let mut best: Option<Server> = None;
    for id in ids {
        let plugin = catalog::load_embedded(&id, &context.env.places)?;
        let found = super::live(context, &plugin).await?;
        if found.reachable {
            return Ok(Box::new(found));
        }
        // One that is stopped says more than one that was never made.
        if best.as_ref().is_none_or(|best| best.state == "missing") {
            best = Some(found);
        }
    }
    match best {
        Some(server) => Ok(Box::new(server)),
        None => Err(CliError::usage("no-provider", "there is no provider of a shared server")),
    }
}
