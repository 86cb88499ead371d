//! What the server's error codes mean.

use sqlx::Error;
use sqlx::postgres::PgDatabaseError;

use crate::backend::BackendError;

/// Turns an error into what to tell, when it came of `doing` something.
pub(super) fn error_of(error: &Error, doing: &str) -> BackendError {
    if let Error::Io(cause) = error {
        let message = format!("the connection to PostgreSQL broke while trying to {doing}: {cause}");
        return BackendError::ambiguous("connection-lost", message);
    }
    match state_of(error) {
        Some(state) => answered(&state, &said(error), doing),
        None => BackendError::broken("postgres-error", format!("could not {doing}: {}", said(error))),
    }
}

/// The same for a connection that did not come about: nothing was asked yet, so nothing is in doubt.
pub(super) fn connect_error_of(error: &Error, doing: &str) -> BackendError {
    if let Some(error) = super::certificate::error_of(error, doing) {
        return error;
    }
    if matches!(error, Error::Io(cause) if cause.kind() == std::io::ErrorKind::PermissionDenied) {
        return BackendError::refused("permission-denied", format!("could not {doing}: {error}"));
    }
    // A proxy that accepts before the server listens ends the talk in the middle of a message.
    if matches!(error, Error::Io(_) | Error::Protocol(_)) {
        return BackendError::retryable("server-unreachable", format!("could not {doing}: {error}"));
    }
    error_of(error, doing)
}

/// The SQLSTATE of an error, when the server sent one.
pub(super) fn state_of(error: &Error) -> Option<String> {
    error.as_database_error()?.code().map(std::borrow::Cow::into_owned)
}

/// What the server said, with its detail.
pub(super) fn said(error: &Error) -> String {
    let Some(answer) = error.as_database_error() else { return error.to_string() };
    let detail = answer.try_downcast_ref::<PgDatabaseError>().and_then(PgDatabaseError::detail);
    let detail = detail.map(|detail| format!(" ({detail})")).unwrap_or_default();
    format!("{}{detail}", answer.message()).split_whitespace().collect::<Vec<_>>().join(" ")
}

fn answered(state: &str, said: &str, doing: &str) -> BackendError {
    let message = format!("could not {doing}: {said}");
    match state {
        "28P01" | "28000" => BackendError::refused("login-refused", message),
        "3D000" => BackendError::refused("database-missing", message),
        "42501" => BackendError::refused("permission-denied", message),
        "42939" => BackendError::refused("name-reserved", message).help("choose another name"),
        "25006" => {
            BackendError::refused("server-read-only", message).help("point to the primary server, not a replica")
        }
        "2BP01" => BackendError::refused("role-in-use", message),
        "53100" => BackendError::disk_full(message),
        "53300" => BackendError::retryable("too-many-connections", message)
            .help("close connections to the server, then run the command again"),
        "53000" | "53200" | "53400" => BackendError::retryable("server-out-of-resources", message),
        "55006" => BackendError::retryable("database-busy", message)
            .help("close the connections to that database, then run the command again"),
        "55P03" | "57014" => BackendError::retryable("server-busy", message),
        "57P01" | "57P02" | "57P03" => BackendError::retryable("server-not-ready", message),
        _ => BackendError::broken("postgres-error", format!("{message} (SQLSTATE {state})")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backend::ErrorKind;

    fn check(state: &str, kind: ErrorKind, code: &str) {
        let error = answered(state, "no", "log in");
        assert_eq!((error.kind, error.code), (kind, code));
    }

    #[test]
    fn codes_say_what_can_be_done() {
        check("28P01", ErrorKind::Refused, "login-refused");
        check("53100", ErrorKind::Refused, "disk-full");
        check("53300", ErrorKind::Retryable, "too-many-connections");
        check("25006", ErrorKind::Refused, "server-read-only");
        check("42501", ErrorKind::Refused, "permission-denied");
        check("57P03", ErrorKind::Retryable, "server-not-ready");
        check("XX000", ErrorKind::Broken, "postgres-error");
    }

    #[test]
    fn a_connection_lost_while_asking_is_in_doubt_and_one_that_never_was_is_not() {
        let lost = || Error::Io(std::io::ErrorKind::ConnectionReset.into());
        assert_eq!(error_of(&lost(), "create a role").kind, ErrorKind::Ambiguous);
        assert_eq!(connect_error_of(&lost(), "connect").kind, ErrorKind::Retryable);
    }
}
