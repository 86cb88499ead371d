//! `systemprompt cloud secrets unset`.

use serde_json::json;
use systemprompt_events::{Command, ProfileCommand, SecretKey, TenantCommand};

use super::Target;
use crate::cli::Context;
use crate::error::{CliError, Exit};
use crate::suggestion;
use crate::view::AnyView;
use crate::view::tenant::Happened;

/// Take secrets away from a tenant, or from one of its profiles
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  systemprompt cloud secrets unset ANTHROPIC_API_KEY
  systemprompt cloud secrets unset TLS_KEY --profile staging")]
pub struct UnsetArgs {
    /// What they are called
    #[arg(value_name = "NAME", required = true)]
    names: Vec<String>,
}

/// Carries it out.
pub async fn run(context: &Context, args: UnsetArgs) -> Result<AnyView, CliError> {
    let keys = super::keys(&args.names)?;
    let mut project = context.existing_project().await?;
    let target = Target::choose(context, &mut project).await?;
    let profile = target.profile.as_ref().map(|profile| profile.id);
    let set = project.ledger().log.user_secrets(Some(&target.tenant.id)).await?;
    let is_set = |key: &&SecretKey| set.iter().any(|secret| secret.key == **key && secret.profile == profile);
    if let Some(key) = keys.iter().find(|key| !is_set(key)) {
        let message = format!("{} has no secret `{key}`", target.in_words());
        let known = set.iter().filter(|secret| secret.profile == profile).map(|secret| secret.key.as_str());
        let meant = suggestion::nearest(key.as_str(), known).map(|known| format!("; did you mean `{known}`?"));
        return Err(CliError::new(Exit::NotFound, "secret-not-found", message)
            .help(format!("nothing was done{}", meant.unwrap_or_default()))
            .try_command("systemprompt cloud secrets list"));
    }
    let unset = |key: &SecretKey| match profile {
        Some(id) => Command::Profile(id, ProfileCommand::UnsetSecret { key: key.clone() }),
        None => Command::Tenant(target.tenant.id.clone(), TenantCommand::UnsetSecret { key: key.clone() }),
    };
    project.ledger().record(keys.iter().map(unset).collect()).await?;
    context.sync_files(&mut project).await?;
    let names: Vec<_> = keys.iter().map(SecretKey::as_str).collect();
    Ok(Box::new(Happened {
        schema: "systemprompt/cloud-secrets-unset/v1",
        data: json!({
            "unset": names,
            "tenant": target.tenant.id.as_str(),
            "profile": target.profile.as_ref().map(|profile| profile.name.as_str()),
        }),
        lines: vec![format!("unset {} of {}", names.join(", "), target.in_words())],
    }))
}
