//! Deleting a tenant that an unfinished operation is at work on: that one is ended first, and what it ended in decides.

use systemprompt_events::{AsideView, Operation, OperationId, TenantId, TenantState, TenantView};

use crate::cli::Context;
use crate::error::{CliError, Exit};
use crate::operation::{cancel, driver, effect};
use crate::project::Project;

/// What there is of the tenant after the operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Left {
    /// Nothing: it is gone for good.
    Nothing,
    /// It lives, or is set aside, and nothing is at work on it.
    Idle,
    /// The operation, or another one, is still unfinished.
    Busy,
}

/// How the operation ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Ended {
    is_error: bool,
    /// It was the deletion itself, and not being undone before.
    was_this: bool,
    /// The user asked to stop meanwhile.
    is_stopped: bool,
}

/// What follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Next {
    /// It is gone, as was asked for.
    Done,
    /// It is to be deleted now.
    Delete,
    /// The user is told.
    Tell,
}

/// Ends the operation, backwards where it makes the tenant or brings it back. Answers with what is still to be deleted.
pub async fn end(
    context: &Context,
    project: &mut Project,
    tenant: &TenantView,
    operation: OperationId,
) -> Result<Option<TenantView>, CliError> {
    let undo = tenant.state == TenantState::Creating;
    let before = project.ledger().log.operation(&operation).await?;
    let stopping = tokio::spawn(cancel::wait_for_signal());
    let outcome = driver::resume(project, &context.env.places, &context.reporter, operation, undo).await;
    let is_stopped = stopping.is_finished();
    stopping.abort();
    let found = project.ledger().log.tenant_of_operation(&tenant.id).await?;
    let left = match &found {
        None => Left::Nothing,
        Some(found) if found.operation.is_none() => Left::Idle,
        Some(_) => Left::Busy,
    };
    let was_this = before.is_some_and(|before| is_deletion(&before));
    match next(Ended { is_error: outcome.is_err(), was_this, is_stopped }, left) {
        Next::Done => Ok(None),
        Next::Delete => Ok(found),
        Next::Tell => Err(told(project, &tenant.id, outcome.err().unwrap_or_else(stopped)).await?),
    }
}

fn is_deletion(operation: &Operation) -> bool {
    operation.kind == effect::DELETE && operation.unwinding.is_none()
}

/// However the operation was told to end, what counts is what is there then.
fn next(ended: Ended, left: Left) -> Next {
    match (left, ended.is_error) {
        (Left::Nothing, _) => Next::Done,
        (Left::Idle | Left::Busy, _) if ended.is_stopped => Next::Tell,
        (Left::Busy, true) => Next::Tell,
        // What has just failed is not tried again behind the user's back.
        (Left::Idle, true) if ended.was_this => Next::Tell,
        // Somebody else's operation is at work, and the log refuses this one.
        (Left::Idle | Left::Busy, _) => Next::Delete,
    }
}

fn stopped() -> CliError {
    CliError::new(Exit::Interrupted, "cancelled", "stopped before the tenant was deleted")
}

/// With what became of the tenant, and what to type to delete it.
pub async fn told(project: &mut Project, id: &TenantId, error: CliError) -> Result<CliError, CliError> {
    let found = project.ledger().log.tenant_of_operation(id).await?;
    let Some(tenant) = found.filter(|found| found.operation.is_none()) else { return Ok(error) };
    let aside = project.ledger().log.aside().await?.into_iter().find(|aside| aside.tenant.id == *id);
    let (standing, command) = match aside {
        Some(AsideView { until, .. }) => (
            format!("tenant `{}` is set aside, and can be brought back until {until}", tenant.name),
            format!("systemprompt cloud tenant purge {id} -y"),
        ),
        None => {
            (format!("tenant `{}` is still there", tenant.name), format!("systemprompt cloud tenant delete {id} -y"))
        }
    };
    let help = error.help.as_ref().map(|help| format!("{help}; ")).unwrap_or_default();
    Ok(error.help(format!("{help}{standing}")).try_command(command))
}

#[cfg(test)]
mod tests {
    use super::*;

    const WELL: Ended = Ended { is_error: false, was_this: false, is_stopped: false };
    const UNDONE: Ended = Ended { is_error: true, ..WELL };

    #[test]
    fn what_is_only_set_aside_or_lives_again_is_still_to_be_deleted() {
        assert_eq!(next(WELL, Left::Idle), Next::Delete);
        assert_eq!(next(UNDONE, Left::Idle), Next::Delete);
        assert_eq!(next(WELL, Left::Busy), Next::Delete);
    }

    #[test]
    fn what_is_gone_is_gone_however_the_operation_was_told_to_end() {
        for ended in [WELL, UNDONE, Ended { is_stopped: true, ..UNDONE }] {
            assert_eq!(next(ended, Left::Nothing), Next::Done);
        }
    }

    #[test]
    fn a_deletion_that_fails_is_not_tried_twice() {
        assert_eq!(next(Ended { was_this: true, ..UNDONE }, Left::Idle), Next::Tell);
        assert_eq!(next(UNDONE, Left::Busy), Next::Tell);
    }

    #[test]
    fn who_asks_to_stop_loses_nothing_more() {
        for ended in [WELL, UNDONE] {
            assert_eq!(next(Ended { is_stopped: true, ..ended }, Left::Idle), Next::Tell);
        }
    }
}
