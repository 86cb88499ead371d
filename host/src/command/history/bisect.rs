//! `systemprompt history bisect`.

use systemprompt_events::{EventRef, Position};

use crate::bisection::{self, Search, Verdict};
use crate::choice;
use crate::cli::Context;
use crate::error::{CliError, Exit};
use crate::moment;
use crate::project::Project;
use crate::view::AnyView;
use crate::view::bisection::Bisected;

/// Find the first event after which a command fails, by halving
///
/// The command is a line for a shell. For each moment it runs in a new directory that holds the project's files as they
/// were then: tenants.json, profiles and sessions, passwords included. `SYSTEMPROMPT_AT` has the moment's position, so that
/// `systemprompt cloud tenant list --at $SYSTEMPROMPT_AT` works in it. Exit code 0 says that all is well, and 1 to 124 that
/// it is not; any other one ends the search.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  systemprompt history bisect --run '! grep -q my-project tenants.json'
  systemprompt history bisect --good 18 --bad @-1 --run ./check.sh --json")]
pub struct BisectArgs {
    /// A moment at which the command succeeds
    #[arg(long, value_name = "MOMENT", default_value = "1")]
    good: String,
    /// A later moment at which it fails
    #[arg(long, value_name = "MOMENT", default_value = "@")]
    bad: String,
    /// The command
    #[arg(long, value_name = "COMMAND")]
    run: String,
}

/// Carries it out.
pub async fn run(context: &Context, args: BisectArgs) -> Result<AnyView, CliError> {
    let mut project = context.project_to_read().await?.ok_or_else(choice::no_project)?;
    let good = moment::find(&mut project, &args.good).await?.position;
    let bad = moment::find(&mut project, &args.bad).await?.position;
    if good >= bad {
        return Err(CliError::usage("bisect-order", format!("event {good} is not before event {bad}"))
            .help("`--good` names a moment before that of `--bad`"));
    }
    expect(context, &mut project, &args.run, bad, Verdict::Bad).await?;
    expect(context, &mut project, &args.run, good, Verdict::Good).await?;
    let mut search = Search::between(good, bad);
    let mut tested = 2;
    while let Some(middle) = search.next() {
        let verdict = judge(context, &mut project, &args.run, middle).await?;
        search = search.after(middle, verdict);
        tested += 1;
    }
    project.look_back(search.first_bad()).await?;
    let first = project.ledger().log.event(&EventRef::Position(search.first_bad())).await?;
    let first = first.ok_or_else(|| CliError::new(Exit::Failed, "bisect-lost", "the event that was found is gone"))?;
    let log = &mut project.ledger().log;
    let changes = log.changes_of(std::slice::from_ref(&first)).await?.into_iter().flatten().collect();
    Ok(Box::new(Bisected { first, changes, tested }))
}

async fn judge(context: &Context, project: &mut Project, line: &str, position: Position) -> Result<Verdict, CliError> {
    let verdict = bisection::judge(project, line, position).await?;
    let word = match verdict {
        Verdict::Good => "succeeds",
        Verdict::Bad => "fails",
    };
    context.note(&format!("after event {position} the command {word}"));
    Ok(verdict)
}

/// Both ends have to be what the user takes them for: otherwise there is no first event to be found.
async fn expect(
    context: &Context,
    project: &mut Project,
    line: &str,
    position: Position,
    expected: Verdict,
) -> Result<(), CliError> {
    if judge(context, project, line, position).await? == expected {
        return Ok(());
    }
    let (word, flag) = match expected {
        Verdict::Good => ("fails", "--good"),
        Verdict::Bad => ("succeeds", "--bad"),
    };
    let message = format!("the command {word} already after event {position}, which `{flag}` names");
    Err(CliError::new(Exit::Failed, "bisect-ends", message).help("name another moment, or mend the command"))
}
