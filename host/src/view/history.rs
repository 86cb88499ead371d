//! The log: one event, and what a rebuild found.

use std::fmt::Write;

use serde_json::{Value, json};
use systemprompt_events::{Difference, Rebuilt, Recorded};

use super::difference;
use super::layout::table;
use super::{Paint, View};

/// One event, whole.
pub struct Event {
    /// The event.
    pub event: Recorded,
    /// What it changed.
    pub changes: Vec<Difference>,
}

impl View for Event {
    fn schema(&self) -> &'static str {
        "systemprompt/history-show/v1"
    }

    fn data(&self) -> Value {
        let mut data = event_json(&self.event);
        data["changes"] = self.changes.iter().map(difference::json).collect();
        data
    }

    fn text(&self, paint: Paint) -> String {
        let event = &self.event;
        // The log may come from elsewhere.
        let clean = |text: &str| crate::text::one_line(text, crate::text::MESSAGE_CHARS_MAX);
        let rows = [
            ("Position", event.position.get().to_string()),
            ("Event", event.id.to_string()),
            ("Type", format!("{} v{}", event.kind, event.schema)),
            ("Stream", clean(&format!("{} version {}", event.stream, event.version.get()))),
            ("Time", event.time.to_string()),
            ("Actor", clean(&event.provenance.actor)),
            ("Host", clean(&event.provenance.host)),
            ("Program", clean(&event.provenance.cli)),
            ("Command", command_line(event)),
            ("Command id", event.command_id.to_string()),
            ("Correlation", event.correlation_id.to_string()),
            ("Caused by", event.causation_id.map_or_else(|| "the command".to_owned(), |id| format!("event {id}"))),
            ("Hash", event.hash.to_string()),
        ];
        let mut text = table(&rows, paint);
        let payload: Value = serde_json::from_str(&event.payload).unwrap_or(Value::Null);
        let pretty = serde_json::to_string_pretty(&payload).unwrap_or_else(|_| event.payload.clone());
        let _always = writeln!(text, "Payload:\n{}", crate::text::escaped(&pretty));
        if !self.changes.is_empty() {
            let _always = write!(text, "Changes:\n{}", difference::lines(&self.changes, "  ", paint));
        }
        text
    }
}

/// What a rebuild of the projections found.
pub struct Projections(pub Rebuilt);

impl View for Projections {
    fn schema(&self) -> &'static str {
        "systemprompt/history-rebuild/v1"
    }

    fn data(&self) -> Value {
        let tables = self.0.tables.iter().map(|table| {
            json!({ "name": table.name, "rows": table.rows, "before": table.before.to_string(), "after": table.after.to_string() })
        });
        json!({ "changed": self.0.changed, "tables": tables.collect::<Vec<_>>() })
    }

    fn text(&self, _paint: Paint) -> String {
        let mut text = String::new();
        for table in &self.0.tables {
            let same = if table.before == table.after { "same" } else { "CHANGED" };
            let _always = writeln!(text, "  {:<14} {:>8} rows  {same}", table.name, table.rows);
        }
        text.push_str(if self.0.changed {
            "rebuilt from the events; what was there before differed\n"
        } else {
            "rebuilt from the events; nothing differed\n"
        });
        text
    }
}

/// What was typed, wherever the program lies.
pub(super) fn command_line(event: &Recorded) -> String {
    typed(&event.provenance.argv)
}

/// A command line in a line, without the directory of its program.
pub(super) fn typed(argv: &[String]) -> String {
    let mut words = argv.to_vec();
    if let Some(program) = words.first_mut()
        && let Some(name) = std::path::Path::new(program.as_str()).file_name()
    {
        *program = name.to_string_lossy().into_owned();
    }
    crate::text::one_line(&words.join(" "), crate::text::MESSAGE_CHARS_MAX)
}

/// The rest of a line in `history log`: what the event is about, and its own words.
pub(super) fn summary(event: &Recorded) -> String {
    let payload: Value = serde_json::from_str(&event.payload).unwrap_or(Value::Null);
    let word = |key: &str| payload.get(key).and_then(Value::as_str).map(ToOwned::to_owned);
    let about = crate::text::one_line(&event.stream.replacen('/', " ", 1), 120);
    let failure = payload.get("failure").and_then(|failure| failure.get("message")).and_then(Value::as_str);
    let detail = word("name").or_else(|| word("kind")).or_else(|| failure.map(ToOwned::to_owned));
    detail.map_or_else(|| about.clone(), |detail| format!("{about}: {}", crate::text::one_line(&detail, 80)))
}

pub(super) fn event_json(event: &Recorded) -> Value {
    json!({
        "position": event.position.get(), "id": event.id.to_string(), "stream": event.stream,
        "version": event.version.get(), "type": event.kind, "schema": event.schema, "time": event.time.to_string(),
        "actor": event.provenance.actor, "host": event.provenance.host, "cli": event.provenance.cli,
        "argv": event.provenance.argv, "command_id": event.command_id.to_string(),
        "correlation_id": event.correlation_id.to_string(),
        "causation_id": event.causation_id.map(|id| id.to_string()),
        "payload": serde_json::from_str::<Value>(&event.payload).unwrap_or(Value::Null),
        "hash": event.hash.to_string(),
    })
}
