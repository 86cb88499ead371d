//! `systemprompt cloud tenant show`.

use serde_json::{Map, Value};
use systemprompt_events::{TenantView, Timestamp};

use crate::choice;
use crate::cli::Context;
use crate::database;
use crate::env;
use crate::error::CliError;
use crate::live;
use crate::project::{Project, url_secret};
use crate::secrets::{self, FillError};
use crate::view::AnyView;
use crate::view::tenant::{HIDDEN, Tenant};

/// Show a tenant: the one named, or the selected one
///
/// Passwords are masked unless `--reveal` is given. Of a cloud tenant that somebody is logged in for, its provider is asked
/// how it is now, for three seconds at most; with `--offline` nobody is asked. For more of that, and for local tenants, run
/// `systemprompt cloud tenant status`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  systemprompt cloud tenant show
  systemprompt cloud tenant show my-project --reveal
  systemprompt cloud tenant show --offline
  systemprompt cloud tenant show 999bc654-9a64-49bc-98be-db976fc84e76 --json")]
pub struct ShowArgs {
    /// Id, unique prefix of an id, or name
    #[arg(value_name = "ID")]
    id: Option<String>,
    /// Show passwords and tokens
    #[arg(long)]
    reveal: bool,
    /// Ask nobody how a cloud tenant is now
    #[arg(long)]
    offline: bool,
}

/// Carries it out.
pub async fn run(context: &Context, args: ShowArgs) -> Result<AnyView, CliError> {
    let mut project = context.project_to_read().await?.ok_or_else(choice::no_project)?;
    let tenant = choice::tenant(context, &mut project, args.id).await?.tenant;
    let live = if args.offline { None } else { live::glance(context, &mut project, &tenant).await? };
    Ok(Box::new(Tenant { live, ..view(&mut project, tenant, args.reveal).await? }))
}

/// A tenant as it may be shown.
pub async fn view(project: &mut Project, tenant: TenantView, reveal: bool) -> Result<Tenant, CliError> {
    let selected = project.selected().await?.as_ref() == Some(&tenant.id);
    let mut resources = Map::new();
    if let Value::Object(fields) = tenant.resources.value() {
        for (key, value) in fields {
            let value = match value {
                Value::String(text) => Value::String(shown(project, &tenant, &text, reveal).await?),
                other @ (Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_)) => other,
            };
            resources.insert(key, value);
        }
    }
    let old_password_until = old_password_until(&tenant).filter(|until| *until > env::now());
    let (live, hints, happened) = (None, Vec::new(), None);
    Ok(Tenant { registered: tenant, selected, resources, live, old_password_until, hints, happened })
}

async fn shown(project: &mut Project, tenant: &TenantView, text: &str, reveal: bool) -> Result<String, CliError> {
    if !reveal {
        return Ok(hidden(text));
    }
    let vault = project.vault.clone();
    match secrets::fill(text, Some(project.ledger()), &vault, Some(&tenant.id), Some(&tenant.provider)).await {
        Ok(filled) => Ok(filled.to_string()),
        Err(FillError::Host(error)) => Err(*error),
        // Stars would be taken for the password by whoever asked for it.
        Err(FillError::Unknown(_)) => Err(database::made_elsewhere(tenant)),
        Err(FillError::Template(_)) => Ok(hidden(text)),
    }
}

/// When the password ends that an overlap left.
pub fn old_password_until(tenant: &TenantView) -> Option<Timestamp> {
    let resources = tenant.resources.value();
    resources.pointer("/previous_login/valid_until_ms").and_then(Value::as_i64).map(Timestamp::from_millis)
}

/// Placeholders and passwords in URLs become stars.
fn hidden(text: &str) -> String {
    let masked = url_secret::masked(text);
    if masked.contains("{{") { HIDDEN.to_owned() } else { masked }
}
