//! `systemprompt cloud tenant purge`.

use serde_json::json;

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
/// at once, after a question.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  systemprompt cloud tenant purge
  systemprompt cloud tenant purge my-project -y")]
pub struct PurgeArgs {
    /// Id, unique prefix of an id, or name, as in `list --deleted`
    #[arg(value_name = "ID")]
    id: Option<String>,
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
                consequence: "This deletes the tenant and all its data, for good.",
                command: format!("systemprompt cloud tenant purge {} -y", aside.tenant.id),
            };
            change::confirm(context, &aside.tenant, args.yes, &question)?;
            vec![aside]
        }
        None => project.ledger().log.expired(env::now()).await?,
    };
    for aside in &purged {
        grace::purge(context, &mut project, aside).await?;
    }
    let ids: Vec<_> = purged.iter().map(|aside| aside.tenant.id.as_str()).collect();
    let line = |aside: &systemprompt_events::AsideView| {
        format!("deleted tenant `{}` ({}) for good", aside.tenant.name, aside.tenant.id)
    };
    let mut lines: Vec<_> = purged.iter().map(line).collect();
    if lines.is_empty() {
        lines.push("no deleted tenant's time is over".to_owned());
    }
    Ok(Box::new(Happened { schema: "systemprompt/cloud-tenant-purge/v1", data: json!({ "purged": ids }), lines }))
}
