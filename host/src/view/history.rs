//! The log: events, one event, and whether all is in order.

use std::fmt::Write;

use serde_json::{Value, json};
use systemprompt_events::{FaultKind, Rebuilt, Recorded, Verification};

use super::{Paint, View, table};

/// Some events, in the order asked for.
pub struct Events(pub Vec<Recorded>);

impl View for Events {
    fn schema(&self) -> &'static str {
        "systemprompt/history-log/v1"
    }

    fn data(&self) -> Value {
        json!({ "events": self.0.iter().map(event_json).collect::<Vec<_>>() })
    }

    fn text(&self, _paint: Paint) -> String {
        let mut text = String::new();
        for event in &self.0 {
            let _always =
                writeln!(text, "{:>6}  {}  {:<24} {}", event.position.get(), event.time, event.kind, summary(event));
        }
        if self.0.is_empty() {
            text.push_str("nothing has happened here yet\n");
        }
        text
    }
}

/// One event, whole.
pub struct Event(pub Recorded);

impl View for Event {
    fn schema(&self) -> &'static str {
        "systemprompt/history-show/v1"
    }

    fn data(&self) -> Value {
        event_json(&self.0)
    }

    fn text(&self, _paint: Paint) -> String {
        let event = &self.0;
        let mut text = table(&[
            ("Position", event.position.get().to_string()),
            ("Event", event.id.to_string()),
            ("Type", format!("{} v{}", event.kind, event.schema)),
            ("Stream", format!("{} version {}", event.stream, event.version.get())),
            ("Time", event.time.to_string()),
            ("Actor", event.provenance.actor.clone()),
            ("Host", event.provenance.host.clone()),
            ("Program", event.provenance.cli.clone()),
            ("Command", event.provenance.argv.join(" ")),
            ("Command id", event.command_id.to_string()),
            ("Correlation", event.correlation_id.to_string()),
            ("Hash", event.hash.to_string()),
        ]);
        let payload: Value = serde_json::from_str(&event.payload).unwrap_or(Value::Null);
        let pretty = serde_json::to_string_pretty(&payload).unwrap_or_else(|_| event.payload.clone());
        let _always = writeln!(text, "Payload:\n{pretty}");
        text
    }
}

/// Whether the log is whole and unbent.
pub struct Verified(pub Verification);

impl View for Verified {
    fn schema(&self) -> &'static str {
        "systemprompt/history-verify/v1"
    }

    fn data(&self) -> Value {
        let faults = self.0.faults.iter().map(|fault| {
            json!({ "position": fault.position.map(systemprompt_events::Position::get), "kind": fault_word(fault.kind), "message": fault.message })
        });
        let head = &self.0.head;
        json!({
            "ok": self.0.faults.is_empty(), "events": self.0.events,
            "head": { "position": head.position.map(systemprompt_events::Position::get), "hash": head.hash.to_string() },
            "faults": faults.collect::<Vec<_>>(),
        })
    }

    fn text(&self, _paint: Paint) -> String {
        let head = &self.0.head;
        let mut text = String::new();
        if self.0.faults.is_empty() {
            let _always = writeln!(text, "ok: {} events, no gap, chain and projections agree", self.0.events);
        } else {
            let _always = writeln!(text, "damaged: {} faults in {} events", self.0.faults.len(), self.0.events);
        }
        for fault in &self.0.faults {
            let at = fault.position.map_or_else(|| "log".to_owned(), |position| format!("position {}", position.get()));
            let _always = writeln!(text, "  {at}: {}", fault.message);
        }
        let _always = writeln!(text, "head: {}", head.hash);
        text
    }

    fn is_failure(&self) -> bool {
        !self.0.faults.is_empty()
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

/// The word for a fault, as in JSON.
fn fault_word(kind: FaultKind) -> &'static str {
    match kind {
        FaultKind::Gap => "gap",
        FaultKind::Hash => "hash",
        FaultKind::Undecodable => "undecodable",
        FaultKind::Unknown => "unknown",
        FaultKind::Version => "version",
        FaultKind::Corrupt => "corrupt",
        FaultKind::Head => "head",
        FaultKind::Projection => "projection",
        FaultKind::Unreadable => "unreadable",
    }
}

/// The rest of a line in `history log`: what the event is about, and its own words.
fn summary(event: &Recorded) -> String {
    let payload: Value = serde_json::from_str(&event.payload).unwrap_or(Value::Null);
    let word = |key: &str| payload.get(key).and_then(Value::as_str).map(ToOwned::to_owned);
    let about = event.stream.split_once('/').map_or(event.stream.clone(), |(kind, id)| format!("{kind} {id}"));
    let failure = payload.get("failure").and_then(|failure| failure.get("message")).and_then(Value::as_str);
    let detail = word("name").or_else(|| word("kind")).or_else(|| failure.map(ToOwned::to_owned));
    detail.map_or_else(|| about.clone(), |detail| format!("{about}: {}", crate::text::one_line(&detail, 80)))
}

fn event_json(event: &Recorded) -> Value {
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
