//! `systemprompt infra db down`.

use serde_json::Map;
use systemprompt_events::PluginId;

use crate::cli::Context;
use crate::error::CliError;
use crate::view::AnyView;

/// Stop the database server that local tenants share; their data stays
///
/// It serves the tenants of every project of this machine.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  systemprompt infra db down
  systemprompt infra db down --provider native")]
pub struct DownArgs {
    /// Whose server: `docker` or `native`
    #[arg(long)]
    provider: Option<PluginId>,
}

/// Carries it out.
pub async fn run(context: &Context, args: DownArgs) -> Result<AnyView, CliError> {
    let mut project = context.project_to_change().await?;
    let named = match args.provider {
        Some(provider) => Some(provider),
        None => super::running(context).await?,
    };
    let plugin = super::provider(context, &mut project, named).await?;
    super::operate(context, &mut project, &plugin, "server-down", Map::new()).await?;
    let mut server = super::live(context, &plugin).await?;
    server.expected = false;
    server.hints =
        vec!["the data of all tenants is kept; to start it again, run `systemprompt infra db up`".to_owned()];
    Ok(Box::new(server))
}
