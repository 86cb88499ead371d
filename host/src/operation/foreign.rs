//! Operations on databases that nobody here made: the program performs them itself, step by step as a provider would.

use systemprompt_events::template::{self, Part, SecretRef, SecretScope};
use systemprompt_events::{Failure, FailureKind, Json, Operation, StepName, TenantView, UndoKind};
use systemprompt_sdk::rotation::END_SESSIONS;
use zeroize::Zeroizing;

use super::cancel::CancelFlag;
use super::{Begin, Run, RunError, effect};
use crate::backend::postgres::OwnRole;
use crate::backend::{BackendError, ErrorKind};
use crate::database::{self, Place};
use crate::error::CliError;
use crate::ledger::Ledger;
use crate::plugin::PluginError;
use crate::plugin::backtrace::Whereabouts;
use crate::project::Project;
use crate::report::Reporter;
use crate::secrets::{self, FillError};
use crate::text::one_line;
use crate::vault::Vault;

/// Characters of a generated password, as the SDK's providers have them.
const PASSWORD_CHARS: u32 = 32;

const SET: &str = "set the new password";
const LOG_IN: &str = "log in with the new password";
const REFUSED: &str = "see that the old password is refused";

/// How a run ends early: the operation failed, or the host did.
enum Stop {
    Failed(Failure),
    Host(CliError),
}

impl From<RunError> for Stop {
    fn from(error: RunError) -> Stop {
        let stopped = |reason: String| {
            let id = "external".to_owned();
            CliError::from(PluginError::Stopped { id, reason, code: "plugin-trap", trace: Whereabouts::default() })
        };
        Stop::Host(match error {
            RunError::Host(error) => *error,
            RunError::TooManySteps => stopped("it has too many steps".to_owned()),
            RunError::Protocol { reason } => stopped(reason),
            RunError::Mismatch { index, recorded, found } => {
                PluginError::Nondeterministic { id: "external".to_owned(), index, recorded, found }.into()
            }
        })
    }
}

impl From<BackendError> for Stop {
    fn from(error: BackendError) -> Stop {
        Stop::Failed(failure(error))
    }
}

impl From<CliError> for Stop {
    fn from(error: CliError) -> Stop {
        Stop::Host(error)
    }
}

/// Runs it from the top of what is recorded.
pub async fn perform(
    project: &mut Project,
    reporter: &Reporter,
    operation: &Operation,
    cancel: &CancelFlag,
) -> Result<(Run, Result<String, Failure>), CliError> {
    let mut run = Run::new(operation, cancel.clone());
    let vault = project.vault.clone();
    let answer = match operation.kind.as_str() {
        effect::ROTATE_CREDENTIALS => rotate(&mut run, project.ledger(), &vault, reporter, operation).await,
        kind => Err(refused("unknown-operation", &format!("there is no operation `{kind}` on such a database"))),
    };
    match answer {
        Ok(resources) => Ok((run, Ok(resources))),
        Err(Stop::Failed(failure)) => Ok((run, Err(failure))),
        Err(Stop::Host(error)) => Err(error),
    }
}

/// Both passwords of a rotation, and where they are taken.
struct Rotation {
    before: OwnRole,
    after: OwnRole,
    resources: Json,
}

async fn rotate(
    run: &mut Run,
    ledger: &mut Ledger,
    vault: &Vault,
    reporter: &Reporter,
    operation: &Operation,
) -> Result<String, Stop> {
    let rotation = prepare(ledger, vault, operation).await?;
    let outcome = forwards(run, ledger, reporter, &rotation).await;
    if let Err(Stop::Failed(_)) = outcome {
        backwards(run, ledger, reporter, &rotation).await?;
    }
    outcome.map(|()| rotation.resources.as_str().to_owned())
}

async fn forwards(run: &mut Run, ledger: &mut Ledger, reporter: &Reporter, rotation: &Rotation) -> Result<(), Stop> {
    let Rotation { before, after, .. } = rotation;
    step(run, ledger, reporter, SET, UndoKind::Undoable, before.change_to(after)).await?;
    step(run, ledger, reporter, LOG_IN, UndoKind::None, after.log_in()).await?;
    step(run, ledger, reporter, REFUSED, UndoKind::None, before.expect_refusal()).await?;
    step(run, ledger, reporter, END_SESSIONS, UndoKind::None, after.end_other_sessions()).await
}

/// Puts the old password back, where the step began that replaced it.
async fn backwards(run: &mut Run, ledger: &mut Ledger, reporter: &Reporter, rotation: &Rotation) -> Result<(), Stop> {
    let was_set = run.replay().has_finished(SET);
    if run.replay().left().is_empty() || !run.begin_undo(ledger, SET).await? {
        return Ok(());
    }
    reporter.step_began(&format!("undo: {SET}"));
    let Rotation { before, after, .. } = rotation;
    let mut outcome = after.change_to(before).await.map_err(failure);
    if outcome.is_err() && !was_set && after.is_wrong().await && before.is_wrong().await {
        // Somebody else's is the password: nothing of ours is there to be put back.
        outcome = Ok(());
    }
    reporter.step_ended(outcome.is_ok());
    Ok(run.finish_undo(ledger, outcome).await?)
}

/// Takes a step, unless it is recorded as taken.
async fn step(
    run: &mut Run,
    ledger: &mut Ledger,
    reporter: &Reporter,
    name: &str,
    undo: UndoKind,
    effect: impl Future<Output = Result<(), BackendError>>,
) -> Result<(), Stop> {
    let step: StepName = name.parse().expect("BUG: the names of these steps are valid");
    match run.begin(ledger, &step, undo).await? {
        Begin::Recorded(_) => return Ok(()),
        Begin::Unwind | Begin::Stop => return Err(Stop::Failed(super::cancel::failure())),
        Begin::Run => {}
    }
    reporter.step_began(name);
    let outcome = effect.await.map_err(failure);
    reporter.step_ended(outcome.is_ok());
    run.finish(ledger, outcome.clone().map(|()| Json::object())).await?;
    outcome.map_err(Stop::Failed)
}

async fn prepare(ledger: &mut Ledger, vault: &Vault, operation: &Operation) -> Result<Rotation, Stop> {
    let tenant = match &operation.tenant {
        Some(id) => ledger.log.tenant(id).await.map_err(CliError::from)?,
        None => None,
    };
    let tenant = tenant.ok_or_else(|| refused("tenant-missing", "the operation is about a tenant, and it is gone"))?;
    let resources = tenant.resources.value();
    let url = resources.get("database_url").and_then(|url| url.as_str()).unwrap_or_default().to_owned();
    let old = password_of(&url).ok_or_else(|| refused("rotation-unsupported", &no_password(&tenant)))?;
    let renewed = ledger.renew_secret(vault, &tenant.id, &old.name, PASSWORD_CHARS, operation.id).await?;
    let (_, after) = renewed.ok_or_else(|| refused("secret-missing", "the password is not known any more"))?;
    let new = SecretRef { version: after, ..old.clone() };
    let texts = resources.to_string().replace(&old.to_string(), &new.to_string());
    let resources = texts.parse().map_err(|_| refused("bad-result", "the new resources cannot be recorded"))?;
    Ok(Rotation {
        before: own_role(ledger, vault, &tenant, &url).await?,
        after: own_role(ledger, vault, &tenant, &url.replace(&old.to_string(), &new.to_string())).await?,
        resources,
    })
}

/// The secret that stands where a URL has its password; none where it stands elsewhere.
pub fn password_of(url: &str) -> Option<SecretRef> {
    match template::parse(url).ok()?.as_slice() {
        [Part::Text(user), Part::Secret(secret), Part::Text(host)]
            if secret.scope == SecretScope::Tenant
                && user.contains("://")
                && user.ends_with(':')
                && host.starts_with('@') =>
        {
            Some(secret.clone())
        }
        _ => None,
    }
}

/// Why the credentials of a tenant cannot be rotated.
pub fn no_password(tenant: &TenantView) -> String {
    format!("the URL of tenant `{}` has no password in its usual place, `scheme://user:password@host`", tenant.name)
}

async fn own_role(ledger: &mut Ledger, vault: &Vault, tenant: &TenantView, url: &str) -> Result<OwnRole, Stop> {
    let filled = secrets::fill(url, Some(ledger), vault, Some(&tenant.id), None).await;
    let filled: Zeroizing<String> = filled.map_err(|error| match error {
        FillError::Host(error) => Stop::Host(*error),
        FillError::Unknown(_) | FillError::Template(_) => refused("secret-missing", "the password is not known here"),
    })?;
    let invalid = || refused("bad-database-url", "the tenant's URL is not one of PostgreSQL");
    let options = database::options(&filled).map_err(|_| invalid())?;
    let password = Place::of(&filled).and_then(|place| place.password).ok_or_else(invalid)?;
    Ok(OwnRole::new(options, password)?)
}

fn refused(code: &str, message: &str) -> Stop {
    let (kind, code, message) = (FailureKind::Refused, code.to_owned(), message.to_owned());
    Stop::Failed(Failure { kind, code, message, help: None })
}

fn failure(error: BackendError) -> Failure {
    let kind = match error.kind {
        ErrorKind::Refused => FailureKind::Refused,
        ErrorKind::Retryable => FailureKind::Retryable,
        ErrorKind::Ambiguous => FailureKind::Ambiguous,
        ErrorKind::Broken => FailureKind::Broken,
    };
    let message = one_line(&error.message, crate::text::MESSAGE_CHARS_MAX);
    Failure { kind, code: error.code.to_owned(), message, help: error.help }
}

#[cfg(test)]
mod tests {
    use super::password_of;

    #[test]
    fn a_password_is_found_in_its_usual_place_only() {
        let found = |url: &str| password_of(url).map(|secret| secret.to_string());
        let secret = "{{secret:db-password@1}}";
        assert_eq!(found(&format!("postgres://u:{secret}@h:5432/d?sslmode=require")).as_deref(), Some(secret));
        for other in [secret, "postgres://u@h/d", &format!("postgres://h/d?password={secret}"), "{{", ""] {
            assert_eq!(found(other), None, "{other}");
        }
        assert_eq!(found(&format!("postgres://u:{}@h/d", "{{machine:db-password@1}}")), None);
    }
}
