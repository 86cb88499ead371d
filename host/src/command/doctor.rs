//! `systemprompt doctor`.

use crate::cli::Context;
use crate::error::CliError;
use crate::plugin::{catalog, embedded};
use crate::provider_choice;
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
    for id in embedded::ids() {
        let plugin = catalog::load_embedded(&id, &context.env.places)?;
        let found = provider_choice::probe(context, &plugin).await?;
        usable |= found.usable;
        let health = if found.usable { Health::Good } else { Health::Fair };
        checks.push(Check { name: format!("provider {id}"), health, found: found.summary, help: found.help });
    }
    let local = if usable {
        (Health::Good, "can be created")
    } else {
        (Health::Bad, "cannot be created: no provider is usable")
    };
    checks.push(Check { name: "local tenants".to_owned(), health: local.0, found: local.1.to_owned(), help: None });
    checks.push(keys(context));
    checks.push(project(context).await);
    Ok(Box::new(Doctor(checks)))
}

fn keys(context: &Context) -> Check {
    let vault = crate::vault::Vault::new(&context.env.places, None);
    let file = vault.master().file();
    let (health, found) = if file.exists() {
        match vault.master().derive("doctor") {
            Ok(_) => (Health::Good, format!("in {}, readable by you alone", crate::text::shown(&file))),
            Err(error) => (Health::Bad, error.to_string()),
        }
    } else {
        (Health::Good, format!("none yet; it will be made in {}", crate::text::shown(&file)))
    };
    Check { name: "master key".to_owned(), health, found, help: None }
}

async fn project(context: &Context) -> Check {
    let named = context.global.project.as_deref();
    let name = "project".to_owned();
    match crate::project::open_untouched(&context.env, named).await {
        Ok(None) => Check { name, health: Health::Good, found: "none here".to_owned(), help: None },
        Ok(Some(mut project)) => match project.ledger().log.head().await {
            Ok(head) => {
                let events = head.position.map_or(0, systemprompt_events::Position::get);
                Check {
                    name,
                    health: Health::Good,
                    found: format!("{}, {events} events", crate::text::shown(&project.dir)),
                    help: None,
                }
            }
            Err(error) => bad(name, &CliError::from(error)),
        },
        Err(error) => bad(name, &error),
    }
}

fn bad(name: String, error: &CliError) -> Check {
    let found = format!("{} {}", error.message, error.causes.join(": "));
    Check { name, health: Health::Bad, found, help: error.help.clone() }
}
