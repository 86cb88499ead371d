//! What an engine's errors mean.

use std::error::Error as _;

use bollard::errors::Error;

use crate::backend::BackendError;

/// What went wrong with one request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Fault {
    /// There is no such object.
    Missing(String),
    /// The name is in use, or the object is.
    Conflict(String),
    /// The host port is taken by somebody else.
    PortTaken(String),
    /// The engine's disk is full.
    DiskFull(String),
    /// This user may not talk to the engine.
    Forbidden(String),
    /// The engine is not there.
    Away(String),
    /// The engine did not answer in time; whether it did what was asked is unknown.
    Silent,
    /// Anything else that the engine said.
    Said(String),
}

/// What each engine says when a host port cannot be had: Docker's proxy, Podman's, and Docker Desktop's.
const PORT_TAKEN: [&str; 4] =
    ["port is already allocated", "address already in use", "ports are not available", "Only one usage of each socket"];

/// Sorts an error of the client by what can be done about it.
pub(super) fn fault_of(error: &Error) -> Fault {
    let cause = innermost(error);
    if let Error::DockerResponseServerError { status_code, message } = error {
        fault_of_answer(*status_code, message)
    } else if let Error::DockerStreamError { error } = error {
        fault_of_text(error)
    } else if matches!(error, Error::RequestTimeoutError) {
        Fault::Silent
    } else if cause.contains("Permission denied") {
        Fault::Forbidden(cause)
    } else if is_transport(error) {
        Fault::Away(cause)
    } else {
        Fault::Said(cause)
    }
}

/// Whether the engine was not reached, or the talk with it broke.
fn is_transport(error: &Error) -> bool {
    let broken = matches!(error, Error::HyperLegacyError { .. } | Error::HyperResponseError { .. });
    broken || matches!(error, Error::IOError { .. } | Error::SocketNotFoundError(_))
}

/// Sorts an engine's answer by its status.
pub(super) fn fault_of_answer(status: u16, message: &str) -> Fault {
    match (fault_of_text(message), status) {
        (Fault::Said(message), 404) => Fault::Missing(message),
        (Fault::Said(message), 409) => Fault::Conflict(message),
        (Fault::Said(message), 401 | 403) => Fault::Forbidden(message),
        (fault, _) => fault,
    }
}

fn fault_of_text(message: &str) -> Fault {
    let message = one_line(message);
    if PORT_TAKEN.iter().any(|words| message.contains(words)) {
        Fault::PortTaken(message)
    } else if message.contains("no space left on device") || message.contains("disk quota exceeded") {
        Fault::DiskFull(message)
    } else {
        Fault::Said(message)
    }
}

impl Fault {
    /// The error to report when this came of `doing` something.
    pub(super) fn while_doing(self, doing: &str) -> BackendError {
        match self {
            Self::Missing(said) => BackendError::refused("docker-missing", format!("could not {doing}: {said}")),
            Self::Conflict(said) => BackendError::retryable("docker-conflict", format!("could not {doing}: {said}")),
            Self::PortTaken(said) => BackendError::refused("port-taken", format!("could not {doing}: {said}")),
            Self::DiskFull(said) => BackendError::disk_full(format!("could not {doing}: {said}"))
                .help("make room (`docker system df` says what Docker keeps), then type the same again"),
            Self::Forbidden(said) => BackendError::refused("docker-forbidden", format!("could not {doing}: {said}"))
                .help("add yourself to the group that may use Docker, by `sudo usermod -aG docker \"$USER\"`"),
            Self::Away(said) => {
                BackendError::retryable("docker-unavailable", format!("could not {doing}: the engine is gone: {said}"))
                    .help("start Docker, then run the command again")
            }
            Self::Silent => {
                let message = format!("could not {doing}: the engine did not answer in time");
                BackendError::ambiguous("docker-timeout", message).help("see what `docker info` says")
            }
            Self::Said(said) => BackendError::broken("docker-error", format!("could not {doing}: {said}")),
        }
    }
}

/// The innermost cause, which alone says what happened.
fn innermost(error: &Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = cause.to_string();
        source = cause.source();
    }
    one_line(&text)
}

/// An engine's message as one line without a full stop.
fn one_line(message: &str) -> String {
    let joined = message.split_whitespace().collect::<Vec<_>>().join(" ");
    joined.trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_taken_port_is_told_from_other_failures_whatever_the_status() {
        let docker = "driver failed programming external connectivity on endpoint x: \
                      Bind for 127.0.0.1:5432 failed: port is already allocated";
        let podman = "rootlessport listen tcp 127.0.0.1:5432: bind: address already in use";
        assert!(matches!(fault_of_answer(500, docker), Fault::PortTaken(_)));
        assert!(matches!(fault_of_answer(500, podman), Fault::PortTaken(_)));
    }

    #[test]
    fn statuses_mean_what_they_say() {
        assert!(matches!(fault_of_answer(404, "No such container: x"), Fault::Missing(_)));
        assert!(matches!(fault_of_answer(409, "Conflict. The name is in use"), Fault::Conflict(_)));
        assert!(matches!(fault_of_answer(500, "write /x: no space left on device"), Fault::DiskFull(_)));
        assert_eq!(fault_of_answer(500, "boom.\n"), Fault::Said("boom".to_owned()));
    }
}
