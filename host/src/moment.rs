//! `--at`: looking at the project as it was.

mod tense;

use systemprompt_events::{FindMomentError, MOMENTS, Moment, Position, Timestamp};

use crate::cli::{Command, Context};
use crate::env;
use crate::error::{CliError, Exit};
use crate::project::Project;
use tense::Tense;

/// The event after which a project is looked at.
#[derive(Debug, Clone)]
pub struct AsOf {
    /// Its place in the log.
    pub position: Position,
    /// When it happened.
    pub time: Timestamp,
    /// Its type.
    pub kind: String,
}

impl AsOf {
    /// In words, for whoever reads an answer about the past.
    pub fn in_words(&self) -> String {
        format!("as of event {}, {}, {}", self.position, self.time, self.kind)
    }
}

/// Refuses a moment where none can be looked at: the past cannot be changed, and the world outside has none.
pub fn check(at: Option<&str>, command: &Command) -> Result<(), CliError> {
    let Some(at) = at else { return Ok(()) };
    parse(at)?;
    match tense::of(command) {
        Tense::Past => Ok(()),
        Tense::Present => Err(CliError::usage("at-is-now", "`--at` does not go with this command")
            .help("it is about what is there now, outside of the log")),
        Tense::Change => Err(CliError::usage("at-on-change", "`--at` looks at the past, which cannot be changed")
            .help("nothing was done; look with a command that reads, such as `list`, `show` or `history log`")),
    }
}

/// Whether a command reads what the log says, and no more.
pub fn is_of_the_past(command: &Command) -> bool {
    matches!(tense::of(command), Tense::Past)
}

/// A moment as it was typed.
pub fn parse(text: &str) -> Result<Moment, CliError> {
    let shown = crate::text::one_line(text, 60);
    let error = || CliError::usage("bad-moment", format!("`{shown}` is not a moment")).help(MOMENTS);
    text.parse().map_err(|_| error())
}

/// The event that a moment means.
pub async fn find(project: &mut Project, text: &str) -> Result<AsOf, CliError> {
    let moment = parse(text)?;
    let log = &mut project.ledger().log;
    let event = log.resolve(&moment, env::now()).await.map_err(|error| cannot_find(text, error))?;
    Ok(AsOf { position: event.position, time: event.time, kind: event.kind.to_owned() })
}

/// Makes everything that is read of the project from now on what it was at the moment that the flag names.
pub async fn look_back(context: &Context, project: &mut Project) -> Result<(), CliError> {
    let Some(at) = &context.global.at else { return Ok(()) };
    let as_of = find(project, at).await?;
    project.look_back(as_of.position).await?;
    context.note(&as_of.in_words());
    let _first_of_this_command = context.as_of.set(as_of);
    Ok(())
}

/// There is no such moment in this log.
pub fn cannot_find(text: &str, error: FindMomentError) -> CliError {
    let shown = crate::text::one_line(text, 60);
    let nowhere = |code: &str| {
        CliError::new(Exit::NotFound, code, format!("there is no moment `{shown}`"))
            .because(&error)
            .try_command("systemprompt history log")
    };
    match error {
        FindMomentError::Empty
        | FindMomentError::BeforeTheFirst { .. }
        | FindMomentError::NoSuchEvent { .. }
        | FindMomentError::Future
        | FindMomentError::BeforeTheBeginning { .. } => nowhere("moment-not-found"),
        FindMomentError::Event(error) => error.into(),
        FindMomentError::Log(error) => error.into(),
    }
}
