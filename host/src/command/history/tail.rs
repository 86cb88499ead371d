//! `systemprompt history tail`.

use std::time::Duration;

use serde_json::json;
use systemprompt_events::{HistoryFilter, Position, Recorded};

use crate::choice;
use crate::cli::Context;
use crate::command::history::filter::{self, FilterArgs};
use crate::error::CliError;
use crate::project::Project;
use crate::ui;
use crate::view::AnyView;
use crate::view::printed::Printed;
use crate::view::timeline::{Events, Line};

/// How often the log is looked at: often enough for a person, seldom enough for a battery.
const EVERY: Duration = Duration::from_millis(200);
/// Events that are read at once.
const PORTION: u32 = 200;

/// Show the newest events, oldest first, and with `--follow` each further one as it happens
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  systemprompt history tail
  systemprompt history tail --follow --tenant my-project
  systemprompt history tail -f --json")]
pub struct TailArgs {
    #[command(flatten)]
    filter: FilterArgs,
    /// How many events to begin with, at most
    #[arg(long, short = 'n', default_value_t = 10, value_parser = clap::value_parser!(u32).range(0..=10_000))]
    limit: u32,
    /// Go on until interrupted; with `--json` each event is a document on a line of its own
    #[arg(long, short)]
    follow: bool,
}

/// Carries it out.
pub async fn run(context: &Context, args: TailArgs) -> Result<AnyView, CliError> {
    let mut project = context.project_to_read().await?.ok_or_else(choice::no_project)?;
    let head = project.ledger().log.head().await?.position;
    let filter = filter::read(context, &mut project, args.filter, args.limit).await?;
    let mut events = match &filter {
        Some(filter) if args.limit > 0 => project.ledger().log.history(filter).await?,
        Some(_) | None => Vec::new(),
    };
    events.reverse();
    let Some(filter) = filter.filter(|_| args.follow) else { return Ok(Box::new(Events::lines(events))) };
    let last = events.last().map(|event| event.position).max(head);
    if print(events, context) {
        follow(context, &mut project, filter, last).await?;
    }
    // Nothing is left to say, and nobody to say it to.
    let (schema, data) = ("systemprompt/history-log/v1", json!({ "events": [] }));
    Ok(Box::new(Printed { schema, data, text: String::new() }))
}

/// Until nobody reads it any more; Ctrl-C ends the process as it ends any that does nothing but read.
async fn follow(
    context: &Context,
    project: &mut Project,
    filter: HistoryFilter,
    mut last: Option<Position>,
) -> Result<(), CliError> {
    loop {
        let next =
            HistoryFilter { after: last.max(filter.after), limit: PORTION, oldest_first: true, ..filter.clone() };
        let events = project.ledger().log.history(&next).await?;
        let is_quiet = events.is_empty();
        last = events.last().map(|event| event.position).or(last);
        if !print(events, context) {
            return Ok(());
        }
        if is_quiet {
            tokio::time::sleep(EVERY).await;
        }
    }
}

/// False once there is nobody who reads it.
fn print(events: Vec<Recorded>, context: &Context) -> bool {
    events.into_iter().all(|event| ui::follow(&Line(event), context.global.json))
}
