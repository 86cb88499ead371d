//! Which events a command of `systemprompt history` is about.

use systemprompt_events::{FindMomentError, HistoryFilter, Moment, OperationId, Position, ProfileId, Timestamp, codec};

use crate::choice;
use crate::cli::Context;
use crate::env;
use crate::error::{CliError, Exit};
use crate::moment;
use crate::project::Project;
use crate::suggestion;

/// Flags that let some events through; `--tenant` and `--profile` are among them.
#[derive(Debug, Clone, clap::Args)]
pub struct FilterArgs {
    /// Only events of this type; may be given several times
    #[arg(long = "type", value_name = "TYPE")]
    kinds: Vec<String>,
    /// Only what this user of the operating system did
    #[arg(long, value_name = "USER")]
    actor: Option<String>,
    /// Only the events of this operation
    #[arg(long, value_name = "OPERATION")]
    operation: Option<OperationId>,
    /// Only from this moment on: a position, an event, a time or `2h ago`
    #[arg(long, value_name = "MOMENT")]
    since: Option<String>,
    /// Only until this moment
    #[arg(long, value_name = "MOMENT")]
    until: Option<String>,
    /// Only events that hold this text: in their type, stream, command or payload
    #[arg(long, value_name = "TEXT")]
    grep: Option<String>,
}

/// What to ask the log for; none, when the flags leave nothing.
pub async fn read(
    context: &Context,
    project: &mut Project,
    args: FilterArgs,
    limit: u32,
) -> Result<Option<HistoryFilter>, CliError> {
    args.kinds.iter().try_for_each(|kind| check_type(kind))?;
    let after = match args.since.as_deref() {
        Some(since) => before_the_first(project, since).await?,
        None => None,
    };
    let before = match args.until.as_deref().map(moment::parse).transpose()? {
        Some(until) => match resolve(project, &until).await {
            Ok(last) => Some(Position::after(Some(last))),
            Err(FindMomentError::BeforeTheBeginning { .. }) => return Ok(None),
            Err(error) => return Err(moment::cannot_find(args.until.as_deref().unwrap_or_default(), error)),
        },
        None => None,
    };
    Ok(Some(HistoryFilter {
        tenant: match &context.global.tenant {
            Some(named) => Some(choice::past::tenant(project, named).await?),
            None => None,
        },
        profile: profile(context, project).await?,
        operation: args.operation,
        actor: args.actor,
        kinds: args.kinds,
        text: args.grep,
        after,
        before,
        limit,
        oldest_first: false,
    }))
}

/// A type that there is not has no events, which is not what somebody who mistyped it wants to read.
fn check_type(kind: &str) -> Result<(), CliError> {
    if codec::kinds().any(|known| known.name == kind) {
        return Ok(());
    }
    let shown = crate::text::one_line(kind, 60);
    let error = CliError::new(Exit::NotFound, "type-not-found", format!("there is no type of events `{shown}`"));
    Err(suggestion::add(error, kind, codec::kinds().map(|known| known.name)))
}

async fn profile(context: &Context, project: &mut Project) -> Result<Option<ProfileId>, CliError> {
    let Some(named) = &context.global.profile else { return Ok(None) };
    match choice::profile::find(project, named).await {
        Ok(profile) => Ok(Some(profile.id)),
        Err(error) => named.parse().map(Some).map_err(|_| error),
    }
}

/// The event before the first one that is not earlier than a moment; none: before all.
async fn before_the_first(project: &mut Project, text: &str) -> Result<Option<Position>, CliError> {
    let moment = moment::parse(text)?;
    let earlier = |time: Timestamp| Moment::Time(Timestamp::from_millis(time.millis().saturating_sub(1)));
    let found = match &moment {
        Moment::Time(time) => resolve(project, &earlier(*time)).await,
        Moment::Ago(_) => resolve(project, &moment).await,
        Moment::Now | Moment::Back(_) | Moment::Event(_) => {
            let first = resolve(project, &moment).await.map_err(|error| moment::cannot_find(text, error))?;
            return Ok(Position::new(first.get() - 1));
        }
    };
    match found {
        Ok(last) => Ok(Some(last)),
        Err(FindMomentError::BeforeTheBeginning { .. }) => Ok(None),
        Err(error) => Err(moment::cannot_find(text, error)),
    }
}

async fn resolve(project: &mut Project, moment: &Moment) -> Result<Position, FindMomentError> {
    Ok(project.ledger().log.resolve(moment, env::now()).await?.position)
}
