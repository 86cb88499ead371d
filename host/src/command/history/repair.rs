//! `systemprompt history repair`.

use std::path::{Path, PathBuf};

use systemprompt_events::{Fault, FaultKind, LogError, Repaired, SqliteLog};

use crate::choice;
use crate::cli::Context;
use crate::env;
use crate::error::{CliError, Exit};
use crate::project::{self, repair};
use crate::prompt;
use crate::text::shown;
use crate::view::AnyView;
use crate::view::repair::{Outcome, Place, Report, lines};

/// Copy what verifies of a damaged log into a new one, and say what is lost
///
/// No event is edited: the new log is the longest beginning of the old one in which every event is as it was recorded.
/// With a confirmation it takes the place of the damaged one, which is kept beside it. Stop other commands of the project
/// meanwhile.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  systemprompt history repair
  systemprompt history repair --output repaired.db
  systemprompt history repair --yes")]
pub struct RepairArgs {
    /// Write the repaired log to this new file, and leave the project as it is
    #[arg(long, short, value_name = "FILE", conflicts_with = "yes")]
    output: Option<PathBuf>,
    /// Put the repaired log in place without asking
    #[arg(long, short)]
    yes: bool,
}

/// Carries it out.
pub async fn run(context: &Context, args: RepairArgs) -> Result<AnyView, CliError> {
    let dir = project::locate(&context.env, context.global.project.as_deref()).ok_or_else(choice::no_project)?;
    let log = project::log_file(&dir);
    if !log.exists() {
        return Err(choice::no_project());
    }
    let faults = faults(&log).await?;
    if faults.iter().all(|fault| fault.kind == FaultKind::Projection) {
        return Ok(Box::new(Report { log, faults, outcome: Outcome::EventsAreWhole }));
    }
    let is_named = args.output.is_some();
    let target = args.output.map_or_else(|| repair::repaired_name(&log), |output| context.env.cwd.join(output));
    prepare(&target, is_named)?;
    let repaired = match SqliteLog::repair(&log, &target).await {
        Ok(repaired) => repaired,
        Err(error) => {
            repair::remove_earlier(&target).map_err(|error| failed(&target, &error))?;
            return Err(error.into());
        }
    };
    if repaired.head.position.is_none() {
        repair::remove_earlier(&target).map_err(|error| failed(&target, &error))?;
        return Err(nothing_left(&repaired));
    }
    let place = match (is_named, confirmed(context, args.yes, is_named, &repaired)?) {
        (true, _) => Place::Elsewhere(target),
        (false, false) => Place::Waiting(target),
        (false, true) => {
            let kept = repair::kept_name(&log, env::now());
            repair::swap(&log, &target, &kept).map_err(|error| failed(&log, &error))?;
            Place::Swapped { kept }
        }
    };
    Ok(Box::new(Report { log, faults, outcome: Outcome::Repaired(repaired, place) }))
}

/// What is wrong; a log that cannot even be verified has a fault that says so.
async fn faults(log: &Path) -> Result<Vec<Fault>, CliError> {
    let verified = match SqliteLog::open_read_only(log).await {
        Ok(mut opened) => opened.verify().await.map(|verification| verification.faults),
        Err(error) => Err(error),
    };
    match verified {
        Ok(faults) => Ok(faults),
        Err(error @ (LogError::Newer { .. } | LogError::Busy | LogError::Full | LogError::Io { .. })) => {
            Err(error.into())
        }
        Err(error) => Ok(vec![Fault { position: None, kind: FaultKind::Unreadable, message: error.to_string() }]),
    }
}

fn prepare(target: &Path, is_named: bool) -> Result<(), CliError> {
    if is_named && target.exists() {
        return Err(CliError::new(Exit::Refused, "output-exists", format!("{} is there already", shown(target)))
            .help("nothing was written; name a file that is not there yet"));
    }
    repair::remove_earlier(target).map_err(|error| failed(target, &error))
}

fn confirmed(context: &Context, yes: bool, is_named: bool, repaired: &Repaired) -> Result<bool, CliError> {
    if yes || is_named || !context.may_ask() {
        return Ok(yes);
    }
    for line in lines(repaired) {
        context.note(&line);
    }
    prompt::confirmed("Put the repaired log in the place of the damaged one, which is kept?")
}

fn nothing_left(repaired: &Repaired) -> CliError {
    let message = "no event of the log can be read as it was recorded, not even the first";
    let error = CliError::new(Exit::Failed, "repair-nothing", message);
    let error = match &repaired.lost {
        Some(lost) => error.cause(lost.fault.message.clone()),
        None => error,
    };
    error
        .help("nothing was changed; bring back a copy of the log, or import an export of it into a new directory")
        .try_command("systemprompt history import <file> --project <directory>")
}

fn failed(path: &Path, error: &std::io::Error) -> CliError {
    CliError::new(Exit::Failed, "file-failed", format!("could not change {}", shown(path))).because(error)
}
