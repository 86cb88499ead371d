//! Ctrl-C: the first asks the operation to stop and undo, the second leaves at once.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use systemprompt_events::{Failure, FailureKind};

use crate::error::Exit;
use crate::report::Reporter;

/// Whether the user has asked to stop.
#[derive(Debug, Clone, Default)]
pub struct CancelFlag(Arc<State>);

#[derive(Debug, Default)]
struct State {
    is_set: AtomicBool,
    only_forward: AtomicBool,
}

impl CancelFlag {
    /// Whether the user has asked to stop.
    pub fn is_set(&self) -> bool {
        self.0.is_set.load(Ordering::Relaxed)
    }

    /// From now on nothing can be undone any more.
    pub fn only_forward(&self) {
        self.0.only_forward.store(true, Ordering::Relaxed);
    }

    /// What is said to who has just asked to stop.
    fn stopping(&self) -> &'static str {
        if self.0.only_forward.load(Ordering::Relaxed) {
            "stopping at the next step; what was done cannot be undone, only finished; Ctrl-C again leaves at once"
        } else {
            "stopping at the next step, and undoing what was done; Ctrl-C again leaves at once"
        }
    }

    /// Asks to stop.
    pub fn set(&self) {
        self.0.is_set.store(true, Ordering::Relaxed);
    }

    /// Listens for Ctrl-C and for a polite end (SIGTERM), until the program ends.
    pub fn listen(&self, reporter: Reporter, resume: String) {
        let flag = self.clone();
        tokio::spawn(async move {
            loop {
                wait_for_signal().await;
                if flag.is_set() {
                    reporter.note(&format!("left as it is; to go on, run `{resume}`"));
                    crate::env::exit(Exit::Interrupted);
                }
                flag.set();
                reporter.note(flag.stopping());
            }
        });
    }
}

/// Comes back when the user asks to stop, by Ctrl-C or by a polite end (SIGTERM).
pub async fn wait_for_signal() {
    use tokio::signal::unix::{SignalKind, signal};
    let Ok(mut terminate) = signal(SignalKind::terminate()) else {
        let _signal: std::io::Result<()> = tokio::signal::ctrl_c().await;
        return;
    };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        _ = terminate.recv() => {}
    }
}

/// The same, and comes back too when the terminal goes (SIGHUP) or Ctrl-\ is typed (SIGQUIT): for what has nothing to
/// undo, and something to take away. A signal that whoever started us had ignored, as `nohup` does, stays ignored.
pub async fn wait_for_any_signal() {
    use tokio::signal::unix::SignalKind;
    tokio::select! {
        () = wait_for_signal() => {}
        () = wait_for(SignalKind::hangup()) => {}
        () = wait_for(SignalKind::quit()) => {}
    }
}

async fn wait_for(kind: tokio::signal::unix::SignalKind) {
    let ignored = std::fs::read_to_string("/proc/self/status").ok().and_then(|status| ignored(&status)).unwrap_or(0);
    let is_ignored = ignored >> (kind.as_raw_value() - 1) & 1 == 1;
    // Listening would end the ignoring.
    let listening = if is_ignored { None } else { tokio::signal::unix::signal(kind).ok() };
    let Some(mut signal) = listening else { return std::future::pending().await };
    let _came: Option<()> = signal.recv().await;
}

/// The signals that a process ignores, one bit each, as proc(5) has it.
fn ignored(status: &str) -> Option<u64> {
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"))?;
    u64::from_str_radix(mask.trim(), 16).ok()
}

/// What is recorded as the reason.
pub fn failure() -> Failure {
    Failure {
        kind: FailureKind::Cancelled,
        code: "cancelled".to_owned(),
        message: "the user asked to stop".to_owned(),
        help: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn which_signals_are_ignored_is_read_from_the_system() {
        assert_eq!(ignored("Name:\tx\nSigIgn:\t0000000000000005\nSigCgt:\t0\n"), Some(0b101));
        assert_eq!(ignored("Name:\tx\n"), None);
        assert!(ignored(&std::fs::read_to_string("/proc/self/status").unwrap()).is_some());
    }

    #[test]
    fn nobody_is_promised_an_undo_that_cannot_be() {
        let flag = CancelFlag::default();
        assert!(flag.stopping().contains("undoing what was done"));
        flag.clone().only_forward();
        assert!(flag.stopping().contains("cannot be undone") && !flag.is_set());
    }
}
