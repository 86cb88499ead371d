//! `systemprompt admin session switch`.

use systemprompt_events::{Command, ProfileView, ProjectCommand, SessionCommand, ShellCommand};

use crate::choice::{self, overruled};
use crate::cli::Context;
use crate::error::{CliError, Exit};
use crate::project::Project;
use crate::session::HOURS;
use crate::view::AnyView;
use crate::view::session::Session;
use crate::working;

/// Work with a profile and in its tenant from now on
///
/// Selects the tenant in this project, or with `--shell` for this shell alone: two terminals can be in two tenants at once.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  systemprompt admin session switch local
  systemprompt admin session switch staging --shell")]
pub struct SwitchArgs {
    /// Name of a profile, or of a tenant whose last profile is meant
    #[arg(value_name = "PROFILE")]
    name: String,
    /// For this shell alone; other terminals stay where they are
    #[arg(long)]
    shell: bool,
}

/// Carries it out.
pub async fn run(context: &Context, args: SwitchArgs) -> Result<AnyView, CliError> {
    let mut project = context.existing_project().await?;
    let profile = find(context, &mut project, &args.name).await?;
    let tenant = choice::find(&mut project, profile.tenant.as_str()).await?;
    // Before anything is recorded: what names a profile that is not there switches nothing.
    choice::profile::of_tenant(context, &mut project, &tenant).await?;
    let going_on = working::go_on(context, &mut project, &profile, HOURS).await?;
    let mut commands = if args.shell { without_its_profile(&mut project, going_on).await? } else { going_on };
    commands.push(if args.shell {
        let shell = choice::shell::id().ok_or_else(no_shell)?;
        // A shell that is switched stays with its profile, whatever the tenant's session does elsewhere.
        let switch = ShellCommand::Switch { tenant: profile.tenant.clone(), profile: Some(profile.id) };
        Command::Shell(shell, switch)
    } else {
        Command::Project(ProjectCommand::SelectTenant { tenant: profile.tenant.clone() })
    });
    project.ledger().record(commands).await?;
    context.sync_files(&mut project).await?;
    for line in overruled::lines(&mut project, &tenant, Some(&profile)).await? {
        context.note(&line);
    }
    let source = if args.shell { "by this shell's session" } else { "selected in this project" };
    Ok(Box::new(Session::load(context, &mut project, &tenant, source).await?))
}

/// The same, but that the session of the tenant, which other terminals are in, keeps the profile that it has.
async fn without_its_profile(project: &mut Project, commands: Vec<Command>) -> Result<Vec<Command>, CliError> {
    let mut kept = Vec::new();
    for mut command in commands {
        if let Command::Session(_, SessionCommand::SwitchProfile { .. }) = command {
            continue;
        }
        if let Command::Session(tenant, SessionCommand::Start { profile, .. }) = &mut command {
            let session = project.ledger().log.sessions(Some(tenant)).await?.into_iter().next();
            *profile = session.and_then(|session| session.profile).unwrap_or(*profile);
        }
        kept.push(command);
    }
    Ok(kept)
}

async fn find(context: &Context, project: &mut Project, name: &str) -> Result<ProfileView, CliError> {
    let not_found = match choice::profile::find(project, name).await {
        Ok(profile) => return Ok(profile),
        Err(error) => error,
    };
    let Ok(tenant) = choice::find(project, name).await else { return Err(not_found) };
    let chosen = choice::profile::of_tenant(context, project, &tenant).await?;
    match chosen {
        Some(chosen) => Ok(chosen.profile),
        None => Err(choice::profile::none_of(project, &tenant).await?),
    }
}

/// The system does not tell one shell from another.
pub fn no_shell() -> CliError {
    CliError::new(Exit::Failed, "no-shell", "this system does not tell which shell a command runs in")
        .help("set `SYSTEMPROMPT_TENANT` or `SYSTEMPROMPT_PROFILE` in the shell instead")
}
