//! `systemprompt cloud profile create`.

use systemprompt_events::{
    Command, Digest, FileState, ProfileCommand, ProfileId, ProfileName, Refusal, SecretKey, TenantId, TenantState,
    TenantView,
};

use crate::choice;
use crate::cli::Context;
use crate::error::{CliError, Exit};
use crate::ledger::user_secrets::{self, Scope};
use crate::profile::{document, new_text};
use crate::project::{Project, profile_files};
use crate::view::AnyView;
use crate::view::profile::Profile;
use crate::{env, prompt, session, vault, working};

/// Characters of a new signing secret: more than 256 bits of chance.
const JWT_SECRET_LENGTH: u32 = 64;

/// Create a profile of a tenant
///
/// It belongs to this tenant for ever, and is used in it from now on. A `profile.yaml` that is there already, as in a
/// fresh clone, is taken in if it is in order and for this tenant.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  systemprompt cloud profile create local
  systemprompt cloud profile create staging --tenant my-project --set server.port=8081")]
pub struct CreateArgs {
    /// Name of the profile and of its directory
    #[arg(value_name = "NAME")]
    name: Option<ProfileName>,
    /// Set a field, as `server.port=8081`; may be given several times
    #[arg(long = "set", value_name = "FIELD=VALUE")]
    settings: Vec<String>,
}

/// Carries it out.
pub async fn run(context: &Context, args: CreateArgs) -> Result<AnyView, CliError> {
    let mut project = context.existing_project().await?;
    let chosen = choice::tenant(context, &mut project, None).await?;
    let tenant = chosen.tenant;
    must_be_usable(&tenant)?;
    let name = match args.name {
        Some(name) => name,
        None if context.may_ask() => prompt::profile_name()?,
        None => {
            return Err(CliError::usage("name-missing", "a profile needs a name")
                .try_command("systemprompt cloud profile create <name>"));
        }
    };
    context.note(&format!("tenant `{}` ({}), {}", tenant.name, tenant.id, chosen.source));
    if let Some(taken) = project.ledger().log.profile_named(&name).await? {
        return Err(name_taken(&taken.name));
    }
    let found = file_in_order(&project, &name, &tenant)?;
    let base = found.clone().unwrap_or_else(|| new_text(&name, &tenant));
    let text = super::edit::with_settings(base, &args.settings, &[])?;
    // What somebody wrote is recorded as they wrote it.
    let first = found.clone().unwrap_or_else(|| text.clone());
    let id = ProfileId::new(env::fresh_uuid());
    let scope = Scope { tenant: tenant.id.clone(), profile: Some(id) };
    let key: SecretKey = profile_files::JWT_SECRET.parse().expect("BUG: the name of a secret is valid");
    let create = ProfileCommand::Create { name: name.clone(), tenant: tenant.id.clone(), text: first.clone() };
    let edit = ProfileCommand::Edit { before: Digest::of(first.as_bytes()), text, source: "command".to_owned() };
    let secret = user_secrets::set(&project.vault, &scope, &key, &vault::generate(JWT_SECRET_LENGTH)?).await?;
    let mut commands = vec![Command::Profile(id, create), Command::Profile(id, edit), secret];
    commands.push(working::start(context, &tenant.id, id, session::HOURS));
    if let Some(found) = found {
        take_over(&mut project, &name, &found).await?;
    }
    project.ledger().record(commands).await?;
    context.sync_files(&mut project).await?;
    Ok(Box::new(Profile::load(&mut project, &name, Some("created")).await?))
}

fn must_be_usable(tenant: &TenantView) -> Result<(), CliError> {
    match tenant.state {
        TenantState::Ready | TenantState::Changing => Ok(()),
        TenantState::Vanished => Err(crate::live::vanished(tenant)),
        TenantState::Cancelled => Err(Refusal::TenantCancelled { id: tenant.id.clone() }.into()),
        TenantState::Creating | TenantState::Deleting => {
            let message = format!("tenant `{}` is not ready: it is {}", tenant.name, tenant.state.as_str());
            Err(CliError::new(Exit::Unfinished, "tenant-busy", message)
                .try_command(format!("systemprompt cloud tenant resume {}", tenant.id)))
        }
    }
}

fn name_taken(name: &ProfileName) -> CliError {
    CliError::new(Exit::Refused, "profile-name-taken", format!("there is a profile `{name}` already"))
        .help("a profile's name is unique in the project")
        .try_command(format!("systemprompt cloud profile show {name}"))
}

/// The file that is there, if it is in order and for this tenant.
fn file_in_order(project: &Project, name: &ProfileName, tenant: &TenantView) -> Result<Option<String>, CliError> {
    let Some(text) = super::edit::file(project, name)? else { return Ok(None) };
    let file = profile_files::profile_path(name, "profile.yaml");
    let document = document::parse(&text).map_err(|problems| super::edit::not_in_order(&file, &problems))?;
    if document.name == *name && document.tenant != tenant.id {
        return Err(for_another(&file, &document.tenant, tenant));
    }
    super::edit::check_fixed(&document, name, &tenant.id, &file)?;
    Ok(Some(text))
}

/// As in a fresh clone, which has the profiles and not their tenants.
fn for_another(file: &str, wanted: &TenantId, tenant: &TenantView) -> CliError {
    let message = format!("`{file}` is for tenant `{wanted}`, and not for tenant `{}` ({})", tenant.name, tenant.id);
    let error = CliError::new(Exit::Refused, "profile-file-of-another", message).help(format!(
        "create the tenant that it is for, or select it; or write `{}` as `cloud.tenant_id` in the file, and type the same again",
        tenant.id
    ));
    if wanted.as_str().starts_with("local_") {
        error.try_command(format!("systemprompt cloud tenant create --type local --name <name> --id {wanted}"))
    } else {
        error.try_command("systemprompt cloud tenant list")
    }
}

/// Notes that the file, as it was read, may be replaced: it is recorded with the profile.
async fn take_over(project: &mut Project, name: &ProfileName, found: &str) -> Result<(), CliError> {
    let log = &mut project.ledger().log;
    let Some(position) = log.head().await?.position else { return Ok(()) };
    let state = FileState { digest: Digest::of(found.as_bytes()), stamp: String::new(), position };
    Ok(log.set_file_state(&profile_files::profile_path(name, "profile.yaml"), state).await?)
}
