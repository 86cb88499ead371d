//! What of an undo the rules allow now: found out by trying, one step after the other, where they refuse the whole.

use systemprompt_events::{Command, EventId, Position, Stream, UndoPlan};

use super::outside::Outside;
use super::{Direction, Wish, find, flags, of, verb};
use crate::error::CliError;
use crate::project::Project;

/// An event that is left as it is, because a rule refuses what would take it back.
#[derive(Debug)]
pub struct LeftOut {
    /// Its id.
    pub event: EventId,
    position: Position,
    kind: String,
    stream: Stream,
    /// The rule.
    pub refusal: CliError,
}

impl LeftOut {
    /// A sentence about it.
    pub fn in_words(&self) -> String {
        let about = crate::text::one_line(&self.stream.to_string().replacen('/', " ", 1), 120);
        format!("`{}` ({}) of {about} stays: {}", self.kind, self.position, self.refusal.message)
    }

    /// As an error, without what to type.
    pub fn into_error(self, verb: &str) -> CliError {
        let message = format!("`{}` ({}) cannot be {verb}: {}", self.kind, self.position, self.refusal.message);
        CliError { message, next_steps: Vec::new(), ..self.refusal }
    }
}

/// The commands of a plan that are not refused after `first`, each seeing what those before it do; and what is left out.
pub async fn most(
    project: &mut Project,
    first: &[Command],
    plan: &UndoPlan,
) -> Result<(Vec<Command>, Vec<LeftOut>), CliError> {
    let whole = plan.commands();
    if whole.is_empty() || project.ledger().refusal_of([first, &whole].concat()).await?.is_none() {
        return Ok((whole, Vec::new()));
    }
    let (mut all, mut left) = (first.to_vec(), Vec::new());
    for (step, commands) in plan.parts() {
        let tried = [&all, commands].concat();
        match project.ledger().refusal_of(tried.clone()).await? {
            None => all = tried,
            Some(refusal) => left.push(LeftOut {
                event: step.id,
                position: step.position,
                kind: step.kind.clone(),
                stream: step.stream.clone(),
                refusal,
            }),
        }
    }
    Ok((all.split_off(first.len()), left))
}

/// What brings back what was, and what a rule refuses of it: left out if that was asked for, else an error.
pub(super) async fn back(
    project: &mut Project,
    wish: Wish,
    plan: &UndoPlan,
    outside: &Outside,
    first: &[Command],
) -> Result<(Vec<Command>, Vec<LeftOut>), CliError> {
    if outside.comes_first() {
        return Ok((Vec::new(), Vec::new()));
    }
    let (back, mut left) = most(project, first, plan).await?;
    let is_futile = back.is_empty() && plan.outside().is_empty();
    if left.is_empty() || (wish.is_forced && !is_futile) {
        return Ok((back, left));
    }
    let error = left.remove(0).into_error(verb(wish.direction));
    Err(match wish.direction {
        Direction::Undo if !is_futile => error
            .help("nothing was done; to undo the rest of that command, leave it out")
            .try_command(format!("systemprompt history undo{} --force{}", of(plan), flags(wish))),
        Direction::Undo if !wish.is_named => {
            let error = error.help("nothing was done; to undo what was done before it, name that");
            match find(project, wish, 2).await?.get(1) {
                Some(before) => error.try_command(format!("systemprompt history undo{}{}", of(before), flags(wish))),
                None => error.help("nothing was done"),
            }
        }
        Direction::Undo | Direction::Redo => error.help("nothing was done"),
    })
}
