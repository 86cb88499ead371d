//! `systemprompt plugin revoke`.

use systemprompt_events::{Command, PluginCommand, PluginId};

use crate::cli::Context;
use crate::error::{CliError, Exit};
use crate::installation;
use crate::plugin::grants::Right;
use crate::view::AnyView;

/// Take back what a plugin was allowed, and keep it
///
/// A plugin with less than it imports is not run. Its tenants stay as they are.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  systemprompt plugin revoke acme-postgres
  systemprompt plugin revoke acme-postgres docker
  systemprompt plugin revoke acme-postgres 'http https://api.example.com'")]
pub struct RevokeArgs {
    /// Id of the plugin
    #[arg(value_name = "ID")]
    id: PluginId,
    /// What it may do no longer, as `plugin show` lists it; everything otherwise
    #[arg(value_name = "CAPABILITY")]
    capabilities: Vec<String>,
}

/// Carries it out.
pub async fn run(context: &Context, args: RevokeArgs) -> Result<AnyView, CliError> {
    let (mut project, known) = super::installed(context, &args.id).await?;
    let Some(grant) = known.grant.clone() else {
        return Ok(Box::new(installation::recorded(&mut project, known).await?));
    };
    let grants = project.grants().await?;
    let hash = grant.hash;
    let left = if args.capabilities.is_empty() {
        Vec::new()
    } else {
        let ours = grants.ours(&known).await?.unwrap_or_default();
        without(&known.id, ours, &args.capabilities)?
    };
    // First, so that nothing is left of it whatever happens then.
    grants.take_all_back(project.ledger(), &known).await?;
    let command = if left.is_empty() {
        PluginCommand::Revoke { hash }
    } else {
        let publisher = known.publisher.as_deref();
        let right = Right { id: &known.id, hash: &hash, source: &known.source, publisher, capabilities: &left };
        let mac = grants.give(right).await?;
        PluginCommand::Grant { hash, capabilities: left, mac }
    };
    project.ledger().record(vec![Command::Plugin(known.id.clone(), command)]).await?;
    context.sync_files(&mut project).await?;
    Ok(Box::new(installation::shown(&mut project, &known.id).await?))
}

fn without(id: &PluginId, mut allowed: Vec<String>, taken: &[String]) -> Result<Vec<String>, CliError> {
    for capability in taken {
        if !allowed.contains(capability) {
            let message = format!("`{id}` is not allowed `{}`", crate::text::one_line(capability, 120));
            let error = CliError::new(Exit::NotFound, "capability-not-found", message);
            return Err(error.try_command(format!("systemprompt plugin show {id}")));
        }
        allowed.retain(|allowed| allowed != capability);
    }
    Ok(allowed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_taken_back_is_gone_however_often_it_was_allowed() {
        let id = "acme".parse().unwrap();
        let allowed = ["journal", "server", "server"].map(str::to_owned).to_vec();
        assert_eq!(without(&id, allowed.clone(), &["server".to_owned()]).unwrap(), ["journal"]);
        assert_eq!(without(&id, allowed, &["docker".to_owned()]).unwrap_err().code, "capability-not-found");
    }
}
