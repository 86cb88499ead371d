//! What happened to a machine, newest first.

use serde_json::{Value, json};

use super::machine::State;
use crate::clock::Moment;

#[derive(Debug, Clone)]
pub(crate) struct Event {
    pub(crate) id: String,
    kind: &'static str,
    status: State,
    source: &'static str,
    at: Moment,
    /// The exit code of the process and whether somebody had asked for its end.
    exit: Option<(i32, bool)>,
}

impl Event {
    pub(crate) fn new(id: String, kind: &'static str, status: State, at: Moment) -> Self {
        let source = if matches!(kind, "launch" | "update" | "destroy" | "stop") { "user" } else { "flyd" };
        Self { id, kind, status, source, at, exit: None }
    }

    pub(crate) fn with_exit(self, code: i32, requested: bool) -> Self {
        Self { exit: Some((code, requested)), ..self }
    }

    /// As `MachineEvent` of the document.
    pub(crate) fn view(&self) -> Value {
        let mut view = json!({
            "id": self.id, "type": self.kind, "status": self.status.name(), "source": self.source,
            "timestamp": self.at.timestamp_millis(),
        });
        if let Some((code, requested)) = self.exit {
            view["request"] = json!({ "exit_event": {
                "exit_code": code, "guest_exit_code": code, "guest_signal": -1, "signal": -1, "oom_killed": false,
                "requested_stop": requested, "exited_at": self.at,
            }});
        }
        view
    }
}
