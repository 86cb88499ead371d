//! `systemprompt cloud tenant allow`.

use serde_json::json;

use crate::choice;
use crate::cli::Context;
use crate::error::{CliError, Exit};
use crate::prompt;
use crate::trust;
use crate::view::AnyView;
use crate::view::tenant::Happened;

/// Allow the settings of a tenant whose project came from elsewhere
///
/// A history can name a binary, an image or a server. What you did not give on this machine yourself is only acted on
/// after you have read and allowed it.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  systemprompt cloud tenant allow my-project
  systemprompt cloud tenant allow my-project --yes")]
pub struct AllowArgs {
    /// Id, unique prefix of an id, or name
    #[arg(value_name = "ID")]
    id: Option<String>,
    /// Do not ask
    #[arg(long, short)]
    yes: bool,
}

/// Carries it out.
pub async fn run(context: &Context, args: AllowArgs) -> Result<AnyView, CliError> {
    let mut project = context.existing_project().await?;
    let tenant = choice::tenant(context, &mut project, args.id).await?.tenant;
    let claims: Vec<_> = trust::of_tenant(&tenant).into_iter().chain(tenant.operation.map(trust::operation)).collect();
    if claims.is_empty() {
        return Ok(answer(tenant.id.as_str(), "it has no settings that would need it"));
    }
    let claims = trust::not_allowed(&project.vault, claims).await?;
    if claims.is_empty() {
        return Ok(answer(tenant.id.as_str(), "all that it asks for is allowed here already"));
    }
    let shown = claims.iter().map(|claim| claim.shown.as_str()).collect::<Vec<_>>().join("; ");
    let shown = crate::text::one_line(&shown, crate::text::MESSAGE_CHARS_MAX);
    context.note(&format!("tenant `{}` asks for {shown}", tenant.name));
    if !args.yes {
        if !context.env.interactive || context.global.json {
            return Err(CliError::new(Exit::Refused, "confirmation-needed", "allowing settings needs a confirmation")
                .help("read what they are, then give `--yes`"));
        }
        if !prompt::confirmed("Allow this on this machine?")? {
            return Err(CliError::new(Exit::Refused, "not-confirmed", "nothing was done"));
        }
    }
    for claim in &claims {
        trust::allow(&project.vault, Some(claim)).await?;
    }
    Ok(answer(tenant.id.as_str(), &format!("allowed: {shown}")))
}

fn answer(id: &str, line: &str) -> AnyView {
    Box::new(Happened {
        schema: "systemprompt/cloud-tenant-allow/v1",
        data: json!({ "id": id, "allowed": true }),
        lines: vec![line.to_owned()],
    })
}
