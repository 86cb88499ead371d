//! `systemprompt cloud tenant purge`.

use serde_json::json;

use super::delete;
use crate::change::{self, Question};
use crate::cli::Context;
use crate::env;
use crate::error::CliError;
use crate::grace;
use crate::view::AnyView;
use crate::view::tenant::Happened;

/// Delete for good what was deleted with a grace
///
/// Without a name, those whose time is over; any later change of the project deletes those, too. With a name, that one
/// at once, after a question. Where its server or engine is gone for good or out of reach, `--forget` asks nobody and removes
/// the record alone.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  systemprompt cloud tenant purge
  systemprompt cloud tenant purge my-project -y
  systemprompt cloud tenant purge my-project --forget -y")]
pub struct PurgeArgs {
    /// Id, unique prefix of an id, or name, as in `list --deleted`
    #[arg(value_name = "ID")]
    id: Option<String>,
    /// Remove only the record, with its secrets: its provider is not asked, and nothing is dropped
    #[arg(long)]
    forget: bool,
    /// Do not ask for the name
    #[arg(long, short)]
    yes: bool,
}

/// Carries it out.
pub async fn run(context: &Context, args: PurgeArgs) -> Result<AnyView, CliError> {
    let mut project = context.project_without_purge().await?;
    let purged = match args.id.or_else(|| context.global.tenant.clone()) {
        Some(named) => {
            let aside = grace::find(&mut project, &named).await?;
            let question = Question {
                doing: "deleting",
                consequence: if args.forget {
                    "This removes the record of the tenant, and drops nothing of its data."
                } else {
                    "This deletes the tenant and all its data, for good."
                },
                command: format!(
                    "systemprompt cloud tenant purge {}{} -y",
                    aside.tenant.id,
                    if args.forget { " --forget" } else { "" }
                ),
            };
            change::confirm(context, &aside.tenant, args.yes, &question)?;
            vec![aside]
        }
        None if args.forget => return Err(which_to_forget()),
        None => project.ledger().log.expired(env::now()).await?,
    };
    for aside in &purged {
        if args.forget {
            delete::forget(&mut project, &aside.tenant).await?;
        } else {
            grace::purge(context, &mut project, aside).await?;
        }
    }
    let forgotten = purged.iter().filter(|_| args.forget);
    let not_dropped: Vec<_> = forgotten.flat_map(|aside| delete::forgotten::not_dropped(&aside.tenant)).collect();
    let ids: Vec<_> = purged.iter().map(|aside| aside.tenant.id.as_str()).collect();
    let how = if args.forget { "its record and secrets are gone, its provider was not asked" } else { "for good" };
    let line = |aside: &systemprompt_events::AsideView| {
        let separator = if args.forget { ";" } else { "" };
        format!("deleted tenant `{}` ({}){separator} {how}", aside.tenant.name, aside.tenant.id)
    };
    let mut lines: Vec<_> = purged.iter().map(line).collect();
    if lines.is_empty() {
        lines.push("no deleted tenant's time is over".to_owned());
    }
    lines.extend(delete::forgotten::in_words(&not_dropped));
    let data = json!({ "purged": ids, "not_dropped": not_dropped });
    Ok(Box::new(Happened { schema: "systemprompt/cloud-tenant-purge/v1", data, lines }))
}

/// Records are removed one by one: of each, somebody has to know that its server is gone.
fn which_to_forget() -> CliError {
    CliError::usage("forget-which", "`--forget` needs the tenant whose record is removed")
        .try_command("systemprompt cloud tenant list --deleted")
}
