//! `systemprompt history blame`.

use systemprompt_events::{EventRef, Position};

use crate::choice;
use crate::cli::Context;
use crate::error::{CliError, Exit};
use crate::suggestion;
use crate::view::AnyView;
use crate::view::blame::Blame;

/// Show which event set each field of a tenant: when, by whom, by which command
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  systemprompt history blame my-project
  systemprompt history blame my-project database_url
  systemprompt history blame local_19bff27604c --at '2h ago' --json")]
pub struct BlameArgs {
    /// Id, unique prefix of an id, or name; also of a tenant that is gone
    #[arg(value_name = "ID")]
    blamed: String,
    /// Only this field
    #[arg(value_name = "FIELD")]
    field: Option<String>,
}

/// Carries it out.
pub async fn run(context: &Context, args: BlameArgs) -> Result<AnyView, CliError> {
    choice::named_once(context, Some(args.blamed.clone()))?;
    let mut project = context.project_to_read().await?.ok_or_else(choice::no_project)?;
    let until = match context.as_of.get() {
        Some(as_of) => as_of.position,
        None => project.ledger().log.head().await?.position.unwrap_or(Position::FIRST),
    };
    let tenant = choice::past::tenant(&mut project, &args.blamed).await?;
    let mut blamed = project.ledger().log.blame(&tenant, until).await?;
    if let Some(field) = &args.field {
        let known: Vec<_> = blamed.iter().map(|blamed| blamed.field.clone()).collect();
        blamed.retain(|blamed| blamed.field == *field);
        if blamed.is_empty() {
            return Err(no_field(field, &known));
        }
    }
    let mut fields = Vec::new();
    for blamed in blamed {
        if let Some(event) = project.ledger().log.event(&EventRef::Position(blamed.position)).await? {
            fields.push((blamed, event));
        }
    }
    Ok(Box::new(Blame { tenant, fields }))
}

fn no_field(field: &str, known: &[String]) -> CliError {
    let shown = crate::text::one_line(field, 60);
    let error = CliError::new(Exit::NotFound, "field-not-found", format!("the tenant has no field `{shown}`"));
    let error = suggestion::add(error, field, known.iter().map(String::as_str));
    if error.help.is_some() { error } else { error.help(format!("it has {}", known.join(", "))) }
}
