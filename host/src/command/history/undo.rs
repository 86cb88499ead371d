//! `systemprompt history undo`.

use systemprompt_events::{EventRef, Position};

use crate::cli::Context;
use crate::error::CliError;
use crate::undo::{self, Direction, Wish};
use crate::view::AnyView;

/// More at once is a restore.
const COUNT_MAX: u32 = 1_000;

/// Take back what the last command changed
///
/// By new events; nothing in the history is rewritten. Undo again, and the command before it is taken back; `redo` goes
/// forward. What a command recorded is taken back together. Deletions, migrations and rotations cannot be taken back:
/// they are named, and left out with `--force`. A tenant that was created is deleted, after a question.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  systemprompt history undo
  systemprompt history undo --plan
  systemprompt history undo 3
  systemprompt history undo @21 --force")]
pub struct UndoArgs {
    /// How many commands; or the command of an event: its id, the beginning of one, or `@` and its position
    #[arg(value_name = "N|EVENT")]
    what: Option<String>,
    /// Only say what would be recorded, and what would be done outside
    #[arg(long)]
    plan: bool,
    /// Leave out, or pass over, what cannot be taken back
    #[arg(long)]
    force: bool,
    /// Do not ask before a tenant is deleted
    #[arg(long, short)]
    yes: bool,
}

/// What is to be undone.
#[derive(Debug, PartialEq, Eq)]
enum Wanted {
    /// So many commands that stand.
    Newest(u32),
    /// The command of an event.
    Event(EventRef),
}

/// Carries it out.
pub async fn run(context: &Context, args: UndoArgs) -> Result<AnyView, CliError> {
    let wanted = args.what.as_deref().map_or(Ok(Wanted::Newest(1)), parse)?;
    let mut project = context.existing_project().await?;
    let is_named = matches!(wanted, Wanted::Event(_));
    let wish =
        Wish { direction: Direction::Undo, is_plan: args.plan, is_forced: args.force, is_agreed: args.yes, is_named };
    let outcome = match wanted {
        Wanted::Newest(count) => undo::newest(context, &mut project, wish, count).await?,
        Wanted::Event(event) => undo::of_event(context, &mut project, wish, &event).await?,
    };
    Ok(Box::new(outcome))
}

/// Digits are a number of commands, unless they begin with 0, as ids do.
fn parse(text: &str) -> Result<Wanted, CliError> {
    let shown = crate::text::one_line(text, 60);
    let bad = |help: &str| CliError::usage("bad-event", format!("`{shown}` names nothing to undo")).help(help);
    if let Some(position) = text.strip_prefix('@') {
        let position = position.parse::<Position>().map_err(|_| bad("after `@` comes the position of an event"))?;
        return Ok(Wanted::Event(EventRef::Position(position)));
    }
    if !text.starts_with('0') && text.bytes().all(|digit| digit.is_ascii_digit()) {
        let count = text.parse().ok().filter(|count| (1..=COUNT_MAX).contains(count));
        return count.map(Wanted::Newest).ok_or_else(|| bad("a number says how many commands, up to 1000"));
    }
    let help = "give how many commands, `@` and the position of an event, or an event's id";
    text.parse().map(Wanted::Event).map_err(|error| bad(help).because(&error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_how_many_and_an_at_sign_names_an_event() {
        assert_eq!(parse("3").unwrap(), Wanted::Newest(3));
        assert_eq!(parse("@21").unwrap(), Wanted::Event(EventRef::Position(Position::new(21).unwrap())));
        assert_eq!(parse("019bff27").unwrap(), Wanted::Event(EventRef::Prefix("019bff27".to_owned())));
    }

    #[test]
    fn what_is_neither_is_refused_with_what_to_type() {
        for text in ["", "@", "@0", "@x", "0x", "1001", "99999999999999999999", "-1", "yesterday"] {
            assert_eq!(parse(text).unwrap_err().code, "bad-event", "{text}");
        }
    }
}
