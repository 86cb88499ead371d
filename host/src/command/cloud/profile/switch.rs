//! `systemprompt cloud profile switch`.

use systemprompt_events::{Command, ProfileName, ProjectCommand};

use crate::choice::{self, overruled};
use crate::cli::Context;
use crate::error::CliError;
use crate::project::Project;
use crate::view::AnyView;
use crate::view::profile::Profile;
use crate::{session, working};

/// Use a profile, and its tenant, from now on
///
/// Selects the profile's tenant in this project and starts a session in it, if there is none.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  systemprompt cloud profile switch local
  systemprompt cloud profile switch local-test")]
pub struct SwitchArgs {
    /// Name of the profile
    #[arg(value_name = "NAME")]
    name: Option<String>,
}

/// Carries it out.
pub async fn run(context: &Context, args: SwitchArgs) -> Result<AnyView, CliError> {
    let mut project = context.existing_project().await?;
    let name = match args.name {
        Some(name) => name,
        None => choose(context, &mut project).await?,
    };
    let profile = choice::profile::find(&mut project, &name).await?;
    let mut commands = working::go_on(context, &mut project, &profile, session::HOURS).await?;
    let select = ProjectCommand::SelectTenant { tenant: profile.tenant.clone() };
    commands.push(Command::Project(select));
    project.ledger().record(commands).await?;
    context.sync_files(&mut project).await?;
    let tenant = choice::find(&mut project, profile.tenant.as_str()).await?;
    for line in overruled::lines(&mut project, &tenant, Some(&profile)).await? {
        context.note(&line);
    }
    Ok(Box::new(Profile::load(&mut project, &profile.name, Some("switched to")).await?))
}

async fn choose(context: &Context, project: &mut Project) -> Result<String, CliError> {
    let names: Vec<_> =
        project.ledger().log.profiles().await?.into_iter().map(|profile| profile.name.to_string()).collect();
    let chosen = if context.may_ask() { crate::prompt::one_of("Which profile?", names)? } else { None };
    chosen.ok_or_else(|| {
        CliError::usage("name-missing", "name the profile to switch to")
            .try_command("systemprompt cloud profile list")
            .try_command("systemprompt cloud profile switch <name>")
    })
}

/// The profile that is named, or the one in use in the tenant that commands apply to.
pub async fn named_or_in_use(
    context: &Context,
    project: &mut Project,
    name: Option<String>,
) -> Result<ProfileName, CliError> {
    if let Some(name) = name {
        return Ok(choice::profile::find(project, &name).await?.name);
    }
    let tenant = choice::tenant(context, project, None).await?.tenant;
    let chosen = choice::profile::of_tenant(context, project, &tenant).await?;
    match chosen {
        Some(chosen) => Ok(chosen.profile.name),
        None => Err(choice::profile::none_of(project, &tenant).await?),
    }
}
