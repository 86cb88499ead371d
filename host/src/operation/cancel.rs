//! Ctrl-C: the first asks the operation to stop and undo, the second leaves at once.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use systemprompt_events::{Failure, FailureKind};

use crate::error::Exit;
use crate::report::Reporter;

/// Whether the user has asked to stop.
#[derive(Debug, Clone, Default)]
pub struct CancelFlag(Arc<AtomicBool>);

impl CancelFlag {
    /// Whether the user has asked to stop.
    pub fn is_set(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    /// Asks to stop.
    pub fn set(&self) {
        self.0.store(true, Ordering::Relaxed);
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
                reporter.note("stopping at the next step, and undoing what was done; Ctrl-C again leaves at once");
            }
        });
    }
}

async fn wait_for_signal() {
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

/// What is recorded as the reason.
pub fn failure() -> Failure {
    Failure {
        kind: FailureKind::Cancelled,
        code: "cancelled".to_owned(),
        message: "the user asked to stop".to_owned(),
        help: None,
    }
}
