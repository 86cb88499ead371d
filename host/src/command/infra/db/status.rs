//! `systemprompt infra db status`.

use systemprompt_events::{PluginId, TenantType};

use crate::account;
use crate::choice;
use crate::cli::Context;
use crate::database::{Remote, condition};
use crate::error::CliError;
use crate::plugin::{catalog, embedded};
use crate::project;
use crate::view::AnyView;
use crate::view::database::Server;

/// Show the database server that local tenants share, or the database of a tenant in a cloud
///
/// Without `--provider` it is about the tenant that a command would act on, where that is one whose provider reaches its
/// database.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  systemprompt infra db status
  systemprompt infra db status --provider native --json")]
pub struct StatusArgs {
    /// Whose server: `docker` or `native`
    #[arg(long)]
    provider: Option<PluginId>,
}

/// How much a state says: a server that is stopped more than one that was never made, and that more than a provider that
/// cannot be asked.
fn rank(state: &str) -> u8 {
    match state {
        "unknown" => 0,
        "missing" => 1,
        _ => 2,
    }
}

/// Carries it out.
pub async fn run(context: &Context, args: StatusArgs) -> Result<AnyView, CliError> {
    if args.provider.is_none()
        && let Some(server) = of_tenant(context).await?
    {
        return Ok(Box::new(server));
    }
    let ids = args.provider.map_or_else(embedded::local_ids, |id| vec![id]);
    let mut best: Option<Server> = None;
    for id in ids {
        let plugin = catalog::load_embedded(&id, &context.env.places)?;
        if account::has_accounts(&plugin) {
            return Err(CliError::usage(
                "no-shared-server",
                format!("tenants of provider `{id}` share no server of this machine"),
            )
            .try_command(format!("systemprompt cloud auth whoami --provider {id} --check")));
        }
        let found = super::live(context, &plugin).await?;
        if found.reachable {
            return Ok(Box::new(found));
        }
        if best.as_ref().is_none_or(|best| rank(&found.state) > rank(&best.state)) {
            best = Some(found);
        }
    }
    match best {
        Some(server) => Ok(Box::new(server)),
        None => Err(CliError::usage("no-provider", "there is no provider of a shared server")),
    }
}

/// The database of the tenant that is meant; none where it is one of the shared server, or nobody said which.
async fn of_tenant(context: &Context) -> Result<Option<Server>, CliError> {
    let Some(mut project) = context.project_to_read().await? else { return Ok(None) };
    let chosen = match choice::Candidates::read(context, &mut project, None).await {
        Ok(candidates) => candidates.choose(&mut project).await,
        Err(error) => Err(error),
    };
    let chosen = match chosen {
        Ok(Some(chosen)) if chosen.tenant.tenant_type == TenantType::Cloud => chosen,
        Err(error) if context.global.tenant.is_some() => return Err(error),
        // The shared server is there whatever was selected.
        Ok(_) | Err(_) => return Ok(None),
    };
    drop(project);
    let mut project = project::open_to_change(&context.env, context.global.project.as_deref()).await?;
    let Some(remote) = Remote::of(context, &mut project, &chosen.tenant).await? else { return Ok(None) };
    context.note(&chosen.in_words());
    condition::of(context, &mut project, &remote).await.map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stopped_server_says_more_than_none_and_none_more_than_a_provider_that_does_not_answer() {
        assert!(rank("stopped") > rank("missing") && rank("missing") > rank("unknown"));
        assert_eq!(rank("unreachable"), rank("stopped"));
    }
}
