//! Which profile the user means: flag, environment, shell, then the tenant's session; never a guess.

use systemprompt_events::{ProfileName, ProfileView, TenantView};

use super::shell;
use crate::cli::Context;
use crate::env;
use crate::error::{CliError, Exit};
use crate::project::Project;
use crate::suggestion;

/// Names the profile for one terminal or job.
pub const VARIABLE: &str = "SYSTEMPROMPT_PROFILE";

/// What a first profile is called in the documents.
const USUAL_NAME: &str = "local";
const BY_VARIABLE: &str = "by SYSTEMPROMPT_PROFILE";

/// A profile, and where the choice came from.
pub struct Chosen {
    /// The profile.
    pub profile: ProfileView,
    /// In words.
    pub source: &'static str,
}

/// What names a profile before the tenant's session does: by precedence, name and source.
pub async fn named(context: &Context, project: &mut Project) -> Result<Option<(String, &'static str)>, CliError> {
    if let Some(name) = &context.global.profile {
        return Ok(Some((name.clone(), "named on the command line")));
    }
    Ok(variable().map(|name| (name, BY_VARIABLE)).or(shells(project).await?))
}

/// What the environment says.
pub fn variable() -> Option<String> {
    env::look_up(VARIABLE).map(|value| value.to_string_lossy().into_owned())
}

/// What this shell works with.
pub async fn shells(project: &mut Project) -> Result<Option<(String, &'static str)>, CliError> {
    let Some((_, Some(id))) = shell::place(project).await? else { return Ok(None) };
    let profile = project.ledger().log.profile(id).await?;
    Ok(profile.map(|profile| (profile.name.to_string(), "by this shell's session")))
}

/// The profile of a name, which has to be there.
pub async fn find(project: &mut Project, named: &str) -> Result<ProfileView, CliError> {
    let found = match named.parse::<ProfileName>() {
        Ok(name) => project.ledger().log.profile_named(&name).await?,
        Err(_) => None,
    };
    match found {
        Some(profile) => Ok(profile),
        None => Err(not_found(project, named).await?),
    }
}

/// There is no such profile; the nearest one is named.
async fn not_found(project: &mut Project, wanted: &str) -> Result<CliError, CliError> {
    let shown = crate::text::one_line(wanted, 60);
    let error = CliError::new(Exit::NotFound, "profile-not-found", format!("profile not found: {shown}"));
    let profiles = project.ledger().log.profiles().await?;
    let error = suggestion::add(error, wanted, profiles.iter().map(|profile| profile.name.as_str()));
    Ok(error.try_command("systemprompt cloud profile list"))
}

/// The profile to act with in a tenant: as named, or as the tenant's session says, or its only one. None: it has none.
pub async fn of_tenant(
    context: &Context,
    project: &mut Project,
    tenant: &TenantView,
) -> Result<Option<Chosen>, CliError> {
    if let Some((name, source)) = named(context, project).await? {
        let profile = find(project, &name).await.map_err(|error| match error.help {
            None if source == BY_VARIABLE => error.help(format!("`{VARIABLE}` names it; unset that, or set it anew")),
            _ => error,
        })?;
        if profile.tenant == tenant.id {
            return Ok(Some(Chosen { profile, source }));
        }
        if source == "named on the command line" {
            return Err(of_another(&profile, tenant));
        }
    }
    if !project.may_have_profiles() {
        return Ok(None);
    }
    let session = project.ledger().log.sessions(Some(&tenant.id)).await?.into_iter().next();
    if let Some(id) = session.and_then(|session| session.profile)
        && let Some(profile) = project.ledger().log.profile(id).await?
    {
        return Ok(Some(Chosen { profile, source: "used last in this tenant" }));
    }
    let mut all = project.ledger().log.profiles().await?;
    all.retain(|profile| profile.tenant == tenant.id);
    let only = if all.len() == 1 { all.pop() } else { None };
    Ok(only.map(|profile| Chosen { profile, source: "the tenant's only profile" }))
}

/// A profile that cannot be used in a tenant.
pub fn of_another(profile: &ProfileView, tenant: &TenantView) -> CliError {
    let message =
        format!("profile `{}` belongs to tenant `{}`, and not to `{}`", profile.name, profile.tenant, tenant.id);
    CliError::usage("profile-of-another", message)
        .help("a profile belongs to one tenant for ever; name the tenant or the profile, not both")
        .try_command(format!("systemprompt cloud profile show {}", profile.name))
}

/// A tenant has no profile, or several of which none is in use.
pub async fn none_of(project: &mut Project, tenant: &TenantView) -> Result<CliError, CliError> {
    let profiles = project.ledger().log.profiles().await?;
    let error =
        CliError::new(Exit::NotFound, "no-profile", format!("no profile is in use in tenant `{}`", tenant.name));
    if let Some(own) = profiles.iter().find(|profile| profile.tenant == tenant.id) {
        return Ok(error
            .help("switch to one of its profiles")
            .try_command(format!("systemprompt cloud profile switch {}", own.name))
            .try_command("systemprompt cloud profile list"));
    }
    let is_free = profiles.iter().all(|profile| profile.name.as_str() != USUAL_NAME);
    let name = if is_free { USUAL_NAME } else { "<name>" };
    Ok(error
        .help("create one")
        .try_command(format!("systemprompt cloud profile create {name} --tenant {}", tenant.id))
        .try_command("systemprompt cloud profile list"))
}
