//! `systemprompt history log`.

use std::path::PathBuf;

use crate::choice;
use crate::cli::Context;
use crate::command::history::filter::{self, FilterArgs};
use crate::error::CliError;
use crate::picture;
use crate::view::AnyView;
use crate::view::timeline::{Events, Form};

/// List what happened, newest first
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  systemprompt history log
  systemprompt history log --tenant my-project --limit 100
  systemprompt history log --since '2h ago' --actor ada --patch
  systemprompt history log --graph --type TenantCreated --type TenantDeleted
  systemprompt history log --grep db-password --json
  systemprompt history log --html history.html")]
pub struct LogArgs {
    #[command(flatten)]
    filter: FilterArgs,
    /// How many events at most: 50, or 10000 in a picture, unless said otherwise
    #[arg(long, short = 'n', value_parser = clap::value_parser!(u32).range(1..=50_000))]
    limit: Option<u32>,
    /// Write a page for a browser to this file: a timeline of them, and the registry as it was at each moment
    #[arg(long, value_name = "FILE", conflicts_with_all = ["patch", "graph"])]
    html: Option<PathBuf>,
    /// Oldest first
    #[arg(long)]
    reverse: bool,
    /// Also show what each event changed
    #[arg(long, short)]
    patch: bool,
    /// Show events below the command that caused them, oldest first, and steps below their operation
    #[arg(long)]
    graph: bool,
}

/// Carries it out.
pub async fn run(context: &Context, args: LogArgs) -> Result<AnyView, CliError> {
    let Some(mut project) = context.project_to_read().await? else {
        return if args.html.is_some() { Err(choice::no_project()) } else { Ok(Box::new(Events::of_nothing())) };
    };
    let limit = args.limit.unwrap_or(if args.html.is_some() { 10_000 } else { 50 });
    let Some(filter) = filter::read(context, &mut project, args.filter, limit).await? else {
        return match &args.html {
            Some(file) => picture::draw(context, &mut project, file, Vec::new()).await,
            None => Ok(Box::new(Events::lines(Vec::new()))),
        };
    };
    let filter = systemprompt_events::HistoryFilter { oldest_first: args.reverse, ..filter };
    let log = &mut project.ledger().log;
    let mut events = log.history(&filter).await?;
    if let Some(file) = &args.html {
        return picture::draw(context, &mut project, file, events).await;
    }
    if args.graph && !args.reverse {
        // The newest ones, told in the order in which they happened.
        events.reverse();
    }
    let changes = if args.patch { Some(log.changes_of(&events).await?) } else { None };
    let form = if args.graph { Form::Graph } else { Form::Lines };
    Ok(Box::new(Events { changes, form, ..Events::lines(events) }))
}
