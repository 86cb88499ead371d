//! Waiting for a server until its administrator can really log in.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::session::column;
use super::{Address, Admin, AdminHost, Liveness};
use crate::backend::{BackendError, ErrorKind, Progress};

/// The first waits are short, because a server that is already up costs one of them at most.
const FIRST_WAIT: Duration = Duration::from_millis(20);

/// Seldom enough not to disturb a server that recovers from a crash.
const LONGEST_WAIT: Duration = Duration::from_millis(500);

impl Admin {
    /// Logs in as the administrator until it works or the time is over.
    ///
    /// A port that answers, or a server that says it is ready, proves nothing: images start a first server that is not
    /// the real one, and proxies accept connections for servers that are not there.
    pub async fn wait_ready(
        &self,
        timeout: Duration,
        liveness: &Liveness<'_>,
        progress: &dyn Progress,
    ) -> Result<Address, BackendError> {
        let (begin, mut wait) = (Instant::now(), FIRST_WAIT);
        loop {
            let error = match self.try_ready().await {
                Ok(address) => return Ok(address),
                Err(error) if error.kind == ErrorKind::Refused => return Err(self.login_refused(error)),
                Err(error) if error.kind == ErrorKind::Broken => return Err(error),
                Err(error) => error,
            };
            liveness.check().await?;
            let waited = begin.elapsed();
            if waited >= timeout {
                return Err(not_ready(&error, timeout));
            }
            progress.report("waiting for PostgreSQL to accept logins", waited.as_secs(), timeout.as_secs());
            sleep(wait.min(timeout.saturating_sub(waited))).await;
            wait = (wait * 2).min(LONGEST_WAIT);
        }
    }

    async fn try_ready(&self) -> Result<Address, BackendError> {
        let mut session = self.new_session().await?;
        // Elsewhere a role may be called otherwise than its login.
        let expected = if session.is_somebodys_own() { "" } else { &self.role };
        let query = "select current_setting('server_version') as version where $1 in ('', current_user)";
        let row = session.first_row(query, expected, "ask for the server's version").await?;
        let strange = || BackendError::broken("login-strange", "the server took the administrator for somebody else");
        let version: String = column(&row.ok_or_else(strange)?, "version")?;
        session.close().await;
        Ok(Address { host: self.host.name().to_owned(), port: self.host.port(), version: first_word(&version) })
    }
}

impl Admin {
    /// Says of a refusal that it is the administrator's.
    pub(super) fn login_refused(&self, error: BackendError) -> BackendError {
        if error.code != "login-refused" {
            return error;
        }
        if matches!(self.host, AdminHost::Remote(_)) {
            return BackendError::refused("account-refused", error.message)
                .help("log in again with the URL of an administrator whom that server lets in");
        }
        let message = format!(
            "the server on port {} refuses the administrator `{}`: its data was made with another password",
            self.host.port(),
            self.role
        );
        BackendError::refused("admin-login-refused", message).help(
            "use the password it was made with, or remove the server together with its data and run the command again",
        )
    }
}

/// `15.18 (Debian 15.18-1)` is `15.18`.
pub(super) fn first_word(version: &str) -> String {
    version.split_whitespace().next().unwrap_or_default().to_owned()
}

fn not_ready(last: &BackendError, timeout: Duration) -> BackendError {
    let message = format!("PostgreSQL was not ready within {} s: {}", timeout.as_secs(), last.message);
    BackendError::retryable("server-not-ready", message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_told_without_its_packager() {
        assert_eq!(first_word("15.18 (Debian 15.18-0+deb12u1)"), "15.18");
        assert_eq!(first_word("17beta2"), "17beta2");
    }
}
