//! What was brought back, or would be.

use std::fmt::Write;

use serde_json::{Value, json};
use systemprompt_events::{Left, Position, Recorded};

use super::layout;
use super::{Paint, View};
use crate::text::one_line;

/// What became of a restore.
pub struct Restored {
    /// Whether nothing was done.
    pub is_plan: bool,
    /// The position whose settings are back.
    pub to: Position,
    /// What it recorded, or would record.
    pub records: Vec<Recorded>,
    /// What it did outside, or would do, a sentence each.
    pub outside: Vec<String>,
    /// What stays as it is.
    pub left: Vec<Left>,
}

impl View for Restored {
    fn schema(&self) -> &'static str {
        "systemprompt/history-restore/v1"
    }

    fn data(&self) -> Value {
        let record = |event: &Recorded| {
            let position = (!self.is_plan).then(|| event.position.get());
            json!({ "position": position, "type": event.kind, "stream": event.stream })
        };
        let left = |left: &Left| {
            json!({
                "position": left.position.get(), "type": left.kind, "stream": left.stream.to_string(),
                "why": left.why, "irreversible": left.is_irreversible,
            })
        };
        json!({
            "done": !self.is_plan, "to": self.to.get(),
            "records": self.records.iter().map(record).collect::<Vec<_>>(),
            "outside": self.outside, "left": self.left.iter().map(left).collect::<Vec<_>>(),
        })
    }

    fn text(&self, paint: Paint) -> String {
        let mut text = String::new();
        let mut line = |line: &str| {
            let _always = writeln!(text, "{}", layout::line(line, paint));
        };
        line(&match (self.records.is_empty() && self.outside.is_empty(), self.is_plan) {
            (true, _) => format!("nothing differs from what was at {}", self.to),
            (false, true) => format!("would be as it was at {}:", self.to),
            (false, false) => format!("as it was at {}:", self.to),
        });
        for event in &self.records {
            let about = one_line(&event.stream.replacen('/', " ", 1), 120);
            line(&format!("  {} of {about}", event.kind));
        }
        for sentence in &self.outside {
            line(&format!("  outside: {sentence}"));
        }
        for left in &self.left {
            let about = one_line(&left.stream.to_string().replacen('/', " ", 1), 120);
            line(&format!("left: {} ({}) of {about}: {}", left.kind, left.position, left.why));
        }
        text
    }
}
