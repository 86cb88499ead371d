//! `systemprompt infra db up`.

use systemprompt_events::PluginId;

use crate::cli::Context;
use crate::creation;
use crate::error::CliError;
use crate::relocation;
use crate::view::AnyView;

/// Start the database server that local tenants share, and make it if there is none
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  systemprompt infra db up
  systemprompt infra db up --provider native
  systemprompt infra db up --provider docker --config image=postgres:17")]
pub struct UpArgs {
    /// Whose server: `docker` or `native`
    #[arg(long)]
    provider: Option<PluginId>,
    /// A setting for a server that is made; may be given several times
    #[arg(long, value_name = "KEY=VALUE")]
    config: Vec<String>,
}

/// Carries it out.
pub async fn run(context: &Context, args: UpArgs) -> Result<AnyView, CliError> {
    let config = creation::config(&args.config, false)?;
    let mut named = args.provider;
    if !super::has_project(context) {
        // None is made for a provider that there is not, or that cannot be used; the one that was chosen stays chosen.
        named = Some(super::provider(context, None, named).await?.id);
    }
    let mut project = context.project_to_change().await?;
    let plugin = super::provider(context, Some(&mut project), named).await?;
    super::operate(context, &mut project, &plugin, "server-up", config).await?;
    let mut server = super::live(context, &plugin).await?;
    for line in relocation::follow(&mut project, &plugin.id, &server).await? {
        context.note(&line);
    }
    context.sync_files(&mut project).await?;
    server.hints = match plugin.id.as_str() {
        "docker" => vec!["to see it, run `docker ps | grep postgres`".to_owned()],
        _ => vec!["to see it, run `systemprompt infra db status`".to_owned()],
    };
    Ok(Box::new(server))
}
