//! Choosing a port on 127.0.0.1 that stays the same as long as its server lives.

use std::net::{Ipv4Addr, TcpListener};

use super::BackendError;

/// The preferred port when it is free, any free one otherwise.
///
/// The port is picked here and written down, because one picked by the server changes with every restart.
pub(super) fn choose(preferred: u16) -> Result<u16, BackendError> {
    if preferred != 0 && is_free(preferred) { Ok(preferred) } else { any_free() }
}

/// Whether nobody listens on the port, as far as a bind can tell.
pub(super) fn is_free(port: u16) -> bool {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok()
}

/// A port that was free a moment ago.
pub(super) fn any_free() -> Result<u16, BackendError> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
        .and_then(|listener| listener.local_addr())
        .map(|address| address.port())
        .map_err(|error| BackendError::refused("no-free-port", format!("no port is free on 127.0.0.1: {error}")))
}

/// How to see who listens on a port.
pub(super) fn who_listens(port: u16) -> String {
    if cfg!(target_os = "linux") {
        format!("ss -ltnp 'sport = :{port}'")
    } else {
        format!("lsof -nP -iTCP:{port} -sTCP:LISTEN")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_taken_port_is_not_chosen_and_a_free_one_is() {
        let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = taken.local_addr().unwrap().port();
        assert!(!is_free(port));
        assert_ne!(choose(port).unwrap(), port);
        drop(taken);
        assert_eq!(choose(port).unwrap(), port);
    }

    #[test]
    fn without_a_preference_any_port_will_do() {
        assert_ne!(choose(0).unwrap(), 0);
    }
}
