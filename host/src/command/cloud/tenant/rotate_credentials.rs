//! `systemprompt cloud tenant rotate-credentials`.

use std::str::FromStr;

use serde_json::{Value, json};
use systemprompt_events::{Json, PluginId, Step, StepState, TenantState, TenantView};
use systemprompt_sdk::rotation::END_SESSIONS;
use zeroize::Zeroizing;

use crate::change::{self, Question};
use crate::choice;
use crate::cli::Context;
use crate::command::cloud::tenant::create::database_url;
use crate::database::{self, Database, Place};
use crate::duration;
use crate::error::{CliError, Exit};
use crate::operation::{effect, foreign};
use crate::plugin::embedded;
use crate::project::Project;
use crate::view::AnyView;
use crate::view::tenant::Happened;

/// Most tenants with the same role that are offered to be shown.
const SHOWN_MAX: usize = 5;

/// Give a tenant's database another password
///
/// The new password is generated and proved by a login. From then on the old one is refused, and connections that it
/// opened are ended. With `--overlap` the old one is taken for that long too, and its connections stay; where a provider
/// cannot hold two passwords, that is refused. A rotation that fails puts the old password back. A database that was taken
/// in is not rotated while another tenant logs in as the same role.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  systemprompt cloud tenant rotate-credentials
  systemprompt cloud tenant rotate-credentials my-project -y
  systemprompt cloud tenant rotate-credentials my-project -y --overlap 24h")]
pub struct RotateCredentialsArgs {
    /// Id, unique prefix of an id, or name
    #[arg(value_name = "ID")]
    id: Option<String>,
    /// For how long the old password is taken too: `90s`, `30m`, `24h`, `7d`
    #[arg(long, value_name = "DURATION")]
    overlap: Option<Overlap>,
    /// Do not ask for the name
    #[arg(long, short)]
    yes: bool,
}

/// Carries it out.
pub async fn run(context: &Context, args: RotateCredentialsArgs) -> Result<AnyView, CliError> {
    let mut project = context.existing_project().await?;
    let chosen = choice::tenant(context, &mut project, args.id).await?;
    let tenant = chosen.tenant;
    context.note(&format!("tenant `{}` ({}), {}", tenant.name, tenant.id, chosen.source));
    change::check_unprotected(&tenant)?;
    if tenant.provider == PluginId::external() {
        check_foreign(&tenant, args.overlap)?;
        check_own_role(&mut project, &tenant).await?;
    }
    let question = Question {
        doing: "rotating the credentials of",
        consequence: "Programs that use the tenant's password will need the new one.",
        // Without the overlap the old password would be refused at once.
        command: match args.overlap {
            Some(Overlap { seconds }) => {
                let overlap = duration::text(seconds);
                format!("systemprompt cloud tenant rotate-credentials {} --overlap {overlap} -y", tenant.id)
            }
            None => format!("systemprompt cloud tenant rotate-credentials {} -y", tenant.id),
        },
    };
    change::confirm(context, &tenant, args.yes, &question)?;
    check_reachable(&mut project, &tenant).await?;
    let input = args.overlap.map_or_else(Json::object, Overlap::input);
    change::perform(context, &mut project, &tenant, effect::ROTATE_CREDENTIALS, input).await?;
    context.sync_files(&mut project).await?;
    let tenant = choice::find(&mut project, tenant.id.as_str()).await?;
    let was_ended = ended_sessions(&mut project, &tenant).await?;
    Ok(Box::new(rotated(&tenant, was_ended)))
}

/// Whether the last rotation saw the old password refused, and ended what it had opened: its journal says so. Where Fly
/// manages a database, Fly is believed.
async fn ended_sessions(project: &mut Project, tenant: &TenantView) -> Result<bool, CliError> {
    let log = &mut project.ledger().log;
    let operations = log.operations_of(&tenant.id).await?;
    let Some(last) = operations.iter().rfind(|operation| operation.kind == effect::ROTATE_CREDENTIALS) else {
        return Ok(false);
    };
    let steps = log.operation(&last.id).await?.map_or_else(Vec::new, |operation| operation.steps);
    let is_end = |step: &Step| step.name.as_str() == END_SESSIONS && matches!(step.state, StepState::Finished(_));
    Ok(steps.iter().any(is_end))
}

/// What cannot be done is said before anything is asked.
fn check_foreign(tenant: &TenantView, overlap: Option<Overlap>) -> Result<(), CliError> {
    if overlap.is_some() {
        let message = format!(
            "the database of tenant `{}` was not made here, and its role has one password at a time",
            tenant.name
        );
        return Err(CliError::new(Exit::Refused, "overlap-unsupported", message)
            .help("rotate without `--overlap`, or make a second role on that server"));
    }
    let url = tenant.resources.value();
    let url = url.get("database_url").and_then(Value::as_str).unwrap_or_default();
    match foreign::password_of(url) {
        Some(_) => Ok(()),
        None => Err(CliError::new(Exit::Refused, "rotation-unsupported", foreign::no_password(tenant))),
    }
}

/// A role belongs to its whole server: who else logs in as it would be locked out by another password.
async fn check_own_role(project: &mut Project, tenant: &TenantView) -> Result<(), CliError> {
    let Some(own) = place(project, tenant).await? else { return Ok(()) };
    let mut sharing = Vec::new();
    for other in project.ledger().log.tenants().await? {
        let shares =
            other.id != tenant.id && place(project, &other).await?.is_some_and(|place| place.has_role_of(&own));
        sharing.extend(shares.then_some(other));
    }
    if sharing.is_empty() {
        return Ok(());
    }
    let names: Vec<_> = sharing.iter().map(|other| format!("`{}`", other.name)).collect();
    let message = format!(
        "the role `{}` of tenant `{}` is that of other tenants on its server, too: {}",
        crate::text::one_line(&own.role, 60),
        tenant.name,
        names.join(", ")
    );
    let error = CliError::new(Exit::Refused, "role-shared", message)
        .cause("another password of the role would lock them out")
        .help("make a role for each on that server, and take its database in again with a URL that names it");
    let show = |other: &TenantView| format!("systemprompt cloud tenant show {}", other.id);
    Err(sharing.iter().take(SHOWN_MAX).map(show).fold(error, CliError::try_command))
}

/// Where a tenant logs in and as whom. That is known without its password, too, unless the URL is sealed as a whole.
async fn place(project: &mut Project, tenant: &TenantView) -> Result<Option<Place>, CliError> {
    if let Some(url) = database_url(project, tenant).await? {
        return Ok(Place::of(&Zeroizing::new(url)));
    }
    let resources = tenant.resources.value();
    Ok(resources.get("database_url").and_then(Value::as_str).and_then(Place::of))
}

/// Nothing begins where nobody answers, or that could only be undone by a login that fails.
async fn check_reachable(project: &mut Project, tenant: &TenantView) -> Result<(), CliError> {
    let is_external = tenant.provider == PluginId::external();
    if tenant.state != TenantState::Ready || !(is_external || embedded::local_ids().contains(&tenant.provider)) {
        return Ok(());
    }
    let database = Database::needed(project, tenant.clone()).await?;
    match database::log_in(&database.url).await {
        Err(error) if is_external || error.is_silence() => Err(database.told(error)),
        // An administrator gives a role of ours another password, whatever it has now.
        Ok(_) | Err(_) => Ok(()),
    }
}

fn rotated(tenant: &TenantView, was_ended: bool) -> Happened {
    let until = super::show::old_password_until(tenant).map(|until| until.to_string());
    let old = match &until {
        Some(until) => format!("the old password is taken until {until}, and connections that it opened stay"),
        None if was_ended => "the old password is refused, and connections that it opened were ended".to_owned(),
        None => "the new password was tried, and replaces the old one".to_owned(),
    };
    Happened {
        schema: "systemprompt/cloud-tenant-rotate-credentials/v1",
        data: json!({ "id": tenant.id.as_str(), "name": tenant.name.as_str(), "old_valid_until": until }),
        lines: vec![
            format!("rotated the credentials of tenant `{}` ({})", tenant.name, tenant.id),
            old,
            "`tenants.json` has the new one; update whatever else uses it".to_owned(),
            String::new(),
            format!("URL with its password:  systemprompt cloud tenant show {} --reveal", tenant.name),
        ],
    }
}

/// For how long an old password is taken beside the new one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Overlap {
    seconds: u64,
}

impl Overlap {
    fn input(self) -> Json {
        let input = json!({ "overlap_ms": self.seconds * 1_000 });
        Json::from_value(&input).expect("BUG: a month in milliseconds fits into JSON")
    }
}

/// A text that is not an overlap.
#[derive(Debug, thiserror::Error)]
#[error("an overlap is a number with `s`, `m`, `h` or `d`, from `1s` to `31d`")]
struct InvalidOverlap;

impl FromStr for Overlap {
    type Err = InvalidOverlap;

    fn from_str(text: &str) -> Result<Self, InvalidOverlap> {
        duration::seconds(text).map(|seconds| Self { seconds }).ok_or(InvalidOverlap)
    }
}
