//! Operations in words: what they do, how they failed, what to type.

use systemprompt_events::{Failure, FailureKind, Operation};

use crate::error::{CliError, Exit};
use crate::plugin::PluginError;

/// What to type to go on with an operation.
pub fn resume_command(operation: &Operation) -> String {
    match &operation.tenant {
        Some(tenant) => format!("systemprompt cloud tenant resume {tenant}"),
        None => format!("systemprompt cloud tenant resume {}", operation.id),
    }
}

/// What an operation does, in words: ``create tenant `x` ``.
pub fn in_words(kind: &str, tenant: Option<&str>) -> String {
    match (kind, tenant) {
        (_, Some(tenant)) => format!("{kind} tenant `{tenant}`"),
        ("server-up", None) => "start the shared server".to_owned(),
        ("server-down", None) => "stop the shared server".to_owned(),
        (_, None) => format!("perform `{kind}`"),
    }
}

/// It failed, and everything was undone.
pub fn undone(failure: &Failure, what: &str) -> CliError {
    let mut error = failure_error(failure, format!("could not {what}"));
    let help = error.help.take().map(|help| format!("{help}; ")).unwrap_or_default();
    error.help(format!("{help}everything that was done is undone"))
}

/// It can neither go on nor back by itself.
pub fn stuck(operation: &Operation, failure: &Failure, left: &[String], undoing: bool, what: &str) -> CliError {
    let left = left.join("`, `");
    let (message, left) = if undoing {
        (
            format!("could not {what}, and could not undo it either"),
            format!("still there may be the effects of `{left}`"),
        )
    } else {
        (format!("could not finish: {what}"), format!("still to be done: `{left}`"))
    };
    let mut error = failure_error(failure, message);
    error.exit = Exit::Unfinished;
    let help = error.help.take().map(|help| format!("; {help}")).unwrap_or_default();
    error.help(format!("{left}{help}")).try_command(resume_command(operation))
}

/// A provider's failure as an error.
pub fn failure_error(failure: &Failure, message: String) -> CliError {
    let exit = match failure.kind {
        FailureKind::Refused => Exit::Refused,
        FailureKind::Retryable => Exit::Unavailable,
        FailureKind::Ambiguous | FailureKind::Broken => Exit::Failed,
        FailureKind::Cancelled => Exit::Interrupted,
    };
    let mut error = CliError::new(exit, &failure.code, message).cause(failure.message.clone());
    error.help.clone_from(&failure.help);
    error
}

/// The plugin or the host failed in the middle: the record stands, and resuming goes on from it.
pub fn stopped(error: PluginError, operation: &Operation) -> CliError {
    let mut error = CliError::from(error);
    if error.next_steps.is_empty() {
        error = error.try_command(resume_command(operation));
    }
    if error.help.is_none() {
        error = error.help("nothing was lost: what was done is recorded");
    }
    error
}
