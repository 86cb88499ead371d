//! `systemprompt infra db down`.

use serde_json::Map;
use systemprompt_events::PluginId;

use crate::cli::Context;
use crate::error::CliError;
use crate::view::AnyView;
use crate::view::database::Server;

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
    let named = match args.provider {
        Some(provider) => Some(provider),
        None => super::running(context).await?,
    };
    if !super::has_project(context) {
        // No project is made for a server that does not run.
        let plugin = super::provider(context, None, named.clone()).await?;
        let server = super::live(context, &plugin).await?;
        if !server.reachable {
            return Ok(told(server));
        }
    }
    let mut project = context.project_to_change().await?;
    let plugin = super::provider(context, Some(&mut project), named).await?;
    super::operate(context, &mut project, &plugin, "server-down", Map::new()).await?;
    Ok(told(super::live(context, &plugin).await?))
}

fn told(mut server: Server) -> AnyView {
    server.expected = false;
    let up = format!("`systemprompt infra db up --provider {}`", server.provider);
    server.hints = vec![match server.state.as_str() {
        "missing" => format!("there is none to stop; to make one, run {up}"),
        _ => format!("the data of all tenants is kept; to start it again, run {up}"),
    }];
    Box::new(server)
}
