//! Bringing tenants and profiles back to what they were.

use systemprompt_events::{EventRef, ExecuteError, Left, Position};

use super::granted::Granted;
use super::outside::{self, Outside};
use crate::cli::Context;
use crate::error::{CliError, Exit};
use crate::project::Project;
use crate::view::restore::Restored;

/// Whether at all, and whether without what cannot be brought back.
#[derive(Debug, Clone, Copy)]
pub struct Wish {
    /// Only say what would be done.
    pub is_plan: bool,
    /// Leave out what cannot be brought back.
    pub is_forced: bool,
}

/// Brings back what was right after an event.
pub async fn to(context: &Context, project: &mut Project, wish: Wish, to: Position) -> Result<Restored, CliError> {
    let head = project.ledger().log.head().await?;
    let restore = project.ledger().log.restore_to(to).await?;
    if !wish.is_forced
        && !wish.is_plan
        && let Some(left) = restore.left.iter().find(|left| left.is_irreversible)
    {
        return Err(irreversible(left, to));
    }
    let mut edits = Vec::new();
    for compensation in restore.outside {
        edits.push(Outside::of(project, vec![compensation]).await?);
    }
    let in_words = edits.iter().flat_map(Outside::in_words).collect();
    let mut records = Vec::new();
    if wish.is_plan {
        if !restore.commands.is_empty() {
            records = project.ledger().rehearse(restore.commands).await?;
        }
        return Ok(Restored { is_plan: true, to, records, outside: in_words, left: restore.left });
    }
    for edit in &edits {
        edit.check_unprotected()?;
        edit.check_allowed(project).await?;
    }
    if project.ledger().log.head().await? != head {
        return Err(ExecuteError::Moved.into());
    }
    if !restore.commands.is_empty() {
        let because = project.ledger().log.event(&EventRef::Position(to)).await?.map(|event| event.id);
        let granted = Granted::before(project, &restore.commands).await?;
        project.ledger().record_after(&head, because, restore.commands).await?;
        granted.follow().await?;
    }
    for (done, edit) in edits.iter().filter_map(Outside::operation).enumerate() {
        if let Err(error) = outside::perform(context, project, edit, None).await {
            if let Err(also) = context.sync_files(project).await {
                context.note(&format!("the files are not up to date: {}", also.message));
            }
            return Err(stopped(error, done, edits.len(), &command(to, wish)));
        }
    }
    records = project.ledger().log.read(head.position, u32::MAX).await?;
    context.sync_files(project).await?;
    Ok(Restored { is_plan: false, to, records, outside: in_words, left: restore.left })
}

/// What was recorded stays, and so does what was done outside.
fn stopped(error: CliError, done: usize, wanted: usize, again: &str) -> CliError {
    let message =
        format!("what was recorded is back, and {done} of {wanted} settings outside; then: {}", error.message);
    let help = "what is back stays; once the reason is mended, `restore` goes on, and `history undo` takes it back";
    let stopped = CliError { message, ..error }.help(help);
    if stopped.next_steps.is_empty() {
        return stopped.try_command(again);
    }
    stopped
}

/// The same again.
fn command(to: Position, wish: Wish) -> String {
    format!("systemprompt history restore --to {to}{}", if wish.is_forced { " --force" } else { "" })
}

fn irreversible(left: &Left, to: Position) -> CliError {
    let message = format!("`{}` ({}) cannot be undone", left.kind, left.position);
    CliError::new(Exit::Refused, "irreversible", message)
        .cause(left.why)
        .help("nothing was done; to bring back the rest, leave it out")
        .try_command(format!("systemprompt history restore --to {to} --force"))
}
