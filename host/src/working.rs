//! Beginning to work in a tenant, or going on: the commands that every way of doing so records.

use systemprompt_events::{Command, Login, ProfileId, ProfileView, SessionCommand, SessionId, TenantId, Timestamp};

use crate::cli::Context;
use crate::error::CliError;
use crate::project::Project;
use crate::{env, session};

const HOUR_MILLIS: i64 = 3_600_000;

/// A new session of this user in a tenant.
pub fn start(context: &Context, tenant: &TenantId, profile: ProfileId, hours: u32) -> Command {
    let expires_at = Timestamp::from_millis(env::now().millis() + i64::from(hours) * HOUR_MILLIS);
    let user = context.env.provenance.actor.clone();
    let start = SessionCommand::Start { id: SessionId::new(env::fresh_uuid()), user, profile, expires_at };
    Command::Session(tenant.clone(), start)
}

/// Goes on with a profile: in the session that is there, or in a new one.
pub async fn go_on(
    context: &Context,
    project: &mut Project,
    profile: &ProfileView,
    hours: u32,
) -> Result<Vec<Command>, CliError> {
    Ok(match valid_login(project, &profile.tenant).await? {
        Some(_) => {
            let switch = SessionCommand::SwitchProfile { profile: Some(profile.id) };
            vec![Command::Session(profile.tenant.clone(), switch)]
        }
        None => vec![start(context, &profile.tenant, profile.id, hours)],
    })
}

/// Who works in a tenant now; none: nobody, or no more.
pub async fn valid_login(project: &mut Project, tenant: &TenantId) -> Result<Option<Login>, CliError> {
    let session = project.ledger().log.sessions(Some(tenant)).await?.into_iter().next();
    Ok(session.and_then(|session| session.login).filter(|login| !session::is_expired(login, env::now())))
}
