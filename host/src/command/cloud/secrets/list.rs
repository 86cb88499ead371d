//! `systemprompt cloud secrets list`.

use crate::choice;
use crate::cli::Context;
use crate::env;
use crate::error::CliError;
use crate::view::AnyView;
use crate::view::secrets::Secrets;

/// List the secrets of a tenant and of its profiles: names, ages and who set them, never values
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  systemprompt cloud secrets list
  systemprompt cloud secrets list --tenant my-project --json")]
pub struct ListArgs {}

/// Carries it out.
pub async fn run(context: &Context, _args: ListArgs) -> Result<AnyView, CliError> {
    let mut project = context.project_to_read().await?.ok_or_else(choice::no_project)?;
    let tenant = choice::tenant(context, &mut project, None).await?.tenant;
    let mut set = project.ledger().log.user_secrets(Some(&tenant.id)).await?;
    let mut profiles = project.ledger().log.profiles().await?;
    profiles.retain(|profile| profile.tenant == tenant.id);
    if let Some(named) = &context.global.profile {
        let profile = choice::profile::find(&mut project, named).await?.id;
        set.retain(|secret| secret.profile.is_none() || secret.profile == Some(profile));
    }
    Ok(Box::new(Secrets { tenant, set, profiles, now: env::now() }))
}
