//! `systemprompt doctor`.

use systemprompt_events::PluginId;

use crate::backend::docker::Docker;
use crate::choice;
use crate::cli::Context;
use crate::error::CliError;
use crate::plugin::{catalog, embedded};
use crate::project::Project;
use crate::provider_choice;
use crate::vault::master::Kept;
use crate::view::AnyView;
use crate::view::check::{Check, Doctor, Health};

/// Check what systemprompt needs on this machine
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  systemprompt doctor
  systemprompt doctor --json")]
pub struct DoctorArgs {}

/// Carries it out.
pub async fn run(context: &Context, _args: DoctorArgs) -> Result<AnyView, CliError> {
    let mut checks = Vec::new();
    let mut usable = false;
    for id in embedded::local_ids() {
        let plugin = catalog::load_embedded(&id, &context.env.places)?;
        let found = provider_choice::probe(context, &plugin).await?;
        usable |= found.usable;
        let health = if found.usable { Health::Good } else { Health::Fair };
        let summary = match why_this_engine(context, &id).await {
            Some(why) if found.usable => format!("{}, {why}", found.summary),
            Some(_) | None => found.summary,
        };
        checks.push(Check { name: format!("provider {id}"), health, found: summary, help: found.help });
    }
    let local = if usable {
        (Health::Good, "can be created")
    } else {
        (Health::Bad, "cannot be created: no provider is usable")
    };
    checks.push(Check { name: "local tenants".to_owned(), health: local.0, found: local.1.to_owned(), help: None });
    checks.push(keys(context));
    checks.extend(project(context).await);
    Ok(Box::new(Doctor(checks)))
}

/// Of the engines that a machine may have, which one was taken and who says so.
async fn why_this_engine(context: &Context, provider: &PluginId) -> Option<String> {
    if provider.as_str() != "docker" {
        return None;
    }
    let docker = Docker::connect(context.env.places.surroundings()).await.ok()?;
    Some(crate::text::one_line(docker.found_by(), crate::text::MESSAGE_CHARS_MAX))
}

fn keys(context: &Context) -> Check {
    let master = context.env.places.master();
    let name = "master key".to_owned();
    let place = match master.kept() {
        Ok(Kept::File(file)) => format!("in {}, readable by you alone", crate::text::shown(&file)),
        Ok(Kept::Keyring(entry)) => format!("in the system's keyring, as `{entry}`"),
        Ok(Kept::Nowhere) => {
            let file = crate::text::shown(&master.file());
            let found = if master.may_ask_keyring() {
                format!("none yet; it will be put into the system's keyring, or else into {file}")
            } else {
                format!("none yet; it will be made in {file}, because there is no keyring here")
            };
            return Check { name, health: Health::Good, found, help: None };
        }
        Ok(Kept::Lost) => return bad(name, &master.lost().into()),
        Err(error) => return bad(name, &error.into()),
    };
    match master.derive("doctor") {
        Ok(_) => Check { name, health: Health::Good, found: place, help: None },
        Err(error) => bad(name, &error.into()),
    }
}

/// The project, and each operation in it that was interrupted.
async fn project(context: &Context) -> Vec<Check> {
    let named = context.global.project.as_deref();
    let name = "project".to_owned();
    let found = match crate::project::open_untouched(&context.env, named).await {
        Ok(None) => Ok(vec![good(name.clone(), "none here".to_owned())]),
        Ok(Some(mut project)) => look_into(&mut project, &name).await,
        Err(error) => Err(error),
    };
    found.unwrap_or_else(|error| vec![bad(name, &error)])
}

async fn look_into(project: &mut Project, name: &str) -> Result<Vec<Check>, CliError> {
    let events = project.ledger().log.head().await?.position.map_or(0, systemprompt_events::Position::get);
    let mut checks = vec![good(name.to_owned(), format!("{}, {events} events", crate::text::shown(&project.dir)))];
    for found in choice::unfinished_lines(project).await? {
        checks.push(Check { name: "operation".to_owned(), health: Health::Fair, found, help: None });
    }
    Ok(checks)
}

fn good(name: String, found: String) -> Check {
    Check { name, health: Health::Good, found, help: None }
}

fn bad(name: String, error: &CliError) -> Check {
    let found = format!("{} {}", error.message, error.causes.join(": "));
    Check { name, health: Health::Bad, found, help: error.help.clone() }
}
