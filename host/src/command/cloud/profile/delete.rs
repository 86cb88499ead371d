//! `systemprompt cloud profile delete`.

use serde_json::json;
use systemprompt_events::{Command, ProfileCommand, ProfileView};

use crate::choice;
use crate::cli::Context;
use crate::error::{CliError, Exit};
use crate::project::{Project, profile_files};
use crate::prompt;
use crate::view::AnyView;
use crate::view::tenant::Happened;

/// Delete a profile; its tenant and the database stay
///
/// Removes its `profile.yaml` and `secrets.json`. A file that somebody edited and that was not taken in is left.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  systemprompt cloud profile delete local-test
  systemprompt cloud profile delete local-test -y")]
pub struct DeleteArgs {
    /// Name of the profile
    #[arg(value_name = "NAME")]
    name: String,
    /// Do not ask
    #[arg(long, short)]
    yes: bool,
}

/// Carries it out.
pub async fn run(context: &Context, args: DeleteArgs) -> Result<AnyView, CliError> {
    let mut project = context.existing_project().await?;
    let profile = choice::profile::find(&mut project, &args.name).await?;
    if !args.yes {
        if !context.may_ask() {
            let message = format!("deleting profile `{}` needs a confirmation", profile.name);
            return Err(CliError::new(Exit::Refused, "confirmation-needed", message)
                .try_command(format!("systemprompt cloud profile delete {} -y", profile.name)));
        }
        if !prompt::confirmed(&format!("Delete profile `{}` of tenant `{}`?", profile.name, profile.tenant))? {
            return Err(CliError::new(Exit::Refused, "not-confirmed", "nothing was done"));
        }
    }
    let session = project.ledger().log.sessions(Some(&profile.tenant)).await?.into_iter().next();
    let was_in_use = session.is_some_and(|session| session.profile == Some(profile.id));
    project.ledger().record(vec![Command::Profile(profile.id, ProfileCommand::Delete)]).await?;
    context.sync_files(&mut project).await?;
    let left = profile_files::left_in(&project, &profile.name);
    let mut lines = vec![format!("deleted profile `{}`", profile.name)];
    lines.extend(left.iter().map(|path| format!("left where it is, and may hold secrets: {path}")));
    if was_in_use {
        lines.extend(what_now(&mut project, &profile).await?);
    }
    lines.push(format!("tenant `{}` and its database are as they were", profile.tenant));
    Ok(Box::new(Happened {
        schema: "systemprompt/cloud-profile-delete/v1",
        data: json!({ "deleted": profile.name.as_str(), "tenant": profile.tenant.as_str(), "left": left }),
        lines,
    }))
}

/// The tenant's session has no profile now, and no token, until another is in use. Its only one is by itself.
async fn what_now(project: &mut Project, deleted: &ProfileView) -> Result<Option<String>, CliError> {
    let mut left = project.ledger().log.profiles().await?;
    left.retain(|profile| profile.tenant == deleted.tenant);
    Ok(match left.as_slice() {
        [] => None,
        [only] => Some(format!("it was in use; profile `{}`, the tenant's only one, is now", only.name)),
        [first, ..] => Some(format!(
            "it was in use, and none is now; to use another:  systemprompt cloud profile switch {}",
            first.name
        )),
    })
}
