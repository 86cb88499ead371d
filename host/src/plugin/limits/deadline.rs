//! How long each call of a provider may take, by the clock on the wall.

use std::fmt;
use std::time::Duration;

/// What is asked of a provider, by the contract's names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Export {
    /// `probe`.
    Probe,
    /// `check`.
    Check,
    /// `plan`.
    Plan,
    /// `run`.
    Run,
    /// `status`.
    Status,
    /// `orphans`.
    Orphans,
    /// `psql`.
    Psql,
}

/// Settings are judged by what they say, and with a question or two.
const CHECK_MAX: Duration = Duration::from_secs(30);
/// What is here, or one question to a cloud that is slow or away.
const PROBE_MAX: Duration = Duration::from_mins(1);
/// What would go is asked for, a few requests.
const PLAN_MAX: Duration = Duration::from_mins(1);
/// A few requests, of which a cloud may have each wait for its rate limit.
const STATUS_MAX: Duration = Duration::from_mins(3);
/// A whole cloud, page by page: hundreds of requests, of which some clouds take one a second.
const ORPHANS_MAX: Duration = Duration::from_mins(10);

/// How long a call may take, waiting included, which costs no CPU time: nobody is at the terminal of a CI job to stop
/// it.
///
/// An operation takes as long as its cloud does, says what it waits for, and can be resumed; statements in a database
/// are their author's.
pub fn deadline(export: Export) -> Option<Duration> {
    match export {
        Export::Check => Some(CHECK_MAX),
        Export::Probe => Some(PROBE_MAX),
        Export::Plan => Some(PLAN_MAX),
        Export::Status => Some(STATUS_MAX),
        Export::Orphans => Some(ORPHANS_MAX),
        Export::Run | Export::Psql => None,
    }
}

impl fmt::Display for Export {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Export::Probe => "probe",
            Export::Check => "check",
            Export::Plan => "plan",
            Export::Run => "run",
            Export::Status => "status",
            Export::Orphans => "orphans",
            Export::Psql => "psql",
        })
    }
}
