//! The first event after which a command fails.

use serde_json::{Value, json};
use systemprompt_events::{Difference, Recorded};

use super::history::{Event, event_json};
use super::{Paint, View};

/// What a search by halving found.
pub struct Bisected {
    /// The first event after which the command fails.
    pub first: Recorded,
    /// What it changed.
    pub changes: Vec<Difference>,
    /// How many moments were tested.
    pub tested: u32,
}

impl View for Bisected {
    fn schema(&self) -> &'static str {
        "systemprompt/history-bisect/v1"
    }

    fn data(&self) -> Value {
        json!({ "first": event_json(&self.first), "tested": self.tested })
    }

    fn text(&self, paint: Paint) -> String {
        let first = self.first.position;
        let event = Event { event: self.first.clone(), changes: self.changes.clone() }.text(paint);
        format!("event {first} is the first after which the command fails ({} moments tested)\n\n{event}", self.tested)
    }
}
