//! Operations in words: what they do, how they failed, what to type.

use systemprompt_events::{Failure, FailureKind, Operation};

use super::effect;
use crate::backend::DISK_FULL;
use crate::error::{CliError, Exit};
use crate::plugin::PluginError;

/// What to type to go on with an operation.
pub fn resume_command(operation: &Operation) -> String {
    match &operation.tenant {
        Some(tenant) => format!("systemprompt cloud tenant resume {tenant}"),
        None => format!("systemprompt cloud tenant resume {}", operation.id),
    }
}

/// What to type to give an operation up.
pub fn abandon_command(operation: &Operation) -> String {
    format!("{} --abandon", resume_command(operation))
}

/// What an operation does, in words: ``create tenant `x` ``.
pub fn in_words(kind: &str, tenant: Option<&str>) -> String {
    match (kind, tenant) {
        ("rotate-credentials", Some(tenant)) => format!("rotate the credentials of tenant `{tenant}`"),
        ("external-access", Some(tenant)) => format!("change who may connect to tenant `{tenant}`"),
        (_, Some(tenant)) => format!("{kind} tenant `{tenant}`"),
        ("server-up", None) => "start the shared server".to_owned(),
        ("server-down", None) => "stop the shared server".to_owned(),
        (_, None) => format!("perform `{kind}`"),
    }
}

/// It failed, and everything was undone.
pub fn undone(operation: &Operation, failure: &Failure, what: &str) -> CliError {
    let mut error = failure_error(failure, headline(operation, format!("could not {what}")));
    let help = error.help.take().map(|help| format!("{help}; ")).unwrap_or_default();
    let error = error.help(format!("{help}everything that was done is undone"));
    match &operation.tenant {
        Some(tenant) if is_creation(operation) => {
            error.try_command(format!("systemprompt history log --tenant {tenant}"))
        }
        _ => error,
    }
}

/// A creation that fails begins with the words that users look for.
fn headline(operation: &Operation, message: String) -> String {
    if is_creation(operation) { format!("Provisioning failed: {message}") } else { message }
}

fn is_creation(operation: &Operation) -> bool {
    operation.kind == effect::CREATE
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
    let mut error = failure_error(failure, headline(operation, message));
    error.exit = Exit::Unfinished;
    let help = error.help.take().map(|help| format!("; {help}")).unwrap_or_default();
    let error = error.help(format!("{left}{help}")).try_command(resume_command(operation));
    let error = match &operation.tenant {
        Some(tenant) if is_creation(operation) => error.try_command(format!("systemprompt cloud tenant show {tenant}")),
        _ => error,
    };
    error.try_command(abandon_command(operation))
}

/// A provider's failure as an error.
pub fn failure_error(failure: &Failure, message: String) -> CliError {
    let exit = match failure.kind {
        // One code, one exit code, whoever's disk it is.
        _ if failure.code == DISK_FULL => Exit::Failed,
        // What concerns the login, whatever the provider is.
        FailureKind::Refused if failure.code.starts_with("account-") => Exit::Authentication,
        FailureKind::Refused => Exit::Refused,
        FailureKind::Retryable => Exit::Unavailable,
        FailureKind::Ambiguous | FailureKind::Broken => Exit::Failed,
        FailureKind::Cancelled => Exit::Interrupted,
    };
    let mut error = CliError::new(exit, &failure.code, message).cause(failure.message.clone());
    error.help.clone_from(&failure.help);
    error
}

/// The plugin or the host failed in the middle: the record stands, and resuming goes on from it. Where that was tried
/// before, or the plugin does not even undo, giving up is the way out.
pub fn stopped(error: PluginError, operation: &Operation) -> CliError {
    let mut error = CliError::from(error);
    if error.next_steps.is_empty() {
        error = error.try_command(resume_command(operation));
    }
    if operation.unwinding.is_some() {
        error.exit = Exit::Unfinished;
    }
    if operation.unwinding.is_some() || operation.token > 1 {
        error = error.try_command(abandon_command(operation));
    }
    if error.help.is_none() {
        error = error.help("nothing was lost: what was done is recorded");
    }
    error
}
