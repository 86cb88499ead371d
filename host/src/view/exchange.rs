//! What exporting, importing and repairing a log did.

use std::fmt::Write;
use std::path::PathBuf;

use serde_json::{Value, json};
use systemprompt_events::{self as events, ExportRequest, Position};

use super::{Paint, View};
use crate::text::shown;

/// An export that went to standard output is its own answer.
pub struct Printed;

impl View for Printed {
    fn schema(&self) -> &'static str {
        "systemprompt/history-export/v1"
    }

    fn data(&self) -> Value {
        Value::Null
    }

    fn text(&self, _paint: Paint) -> String {
        String::new()
    }
}

/// An export that is a file.
pub struct Exported {
    /// Where it is.
    pub file: PathBuf,
    /// What was asked for.
    pub request: ExportRequest,
    /// What it holds.
    pub content: events::Exported,
}

impl View for Exported {
    fn schema(&self) -> &'static str {
        "systemprompt/history-export/v1"
    }

    fn data(&self) -> Value {
        let extent = &self.content.extent;
        json!({
            "file": self.file.display().to_string(), "format": self.request.format.as_str(),
            "redacted": self.request.is_redacted, "log_id": extent.log_id.to_string(), "from": extent.from.get(),
            "to": extent.to.get(), "count": extent.count(), "head": extent.head.to_string(),
            "bytes": self.content.bytes,
        })
    }

    fn text(&self, _paint: Paint) -> String {
        let extent = &self.content.extent;
        let redacted = if self.request.is_redacted { ", redacted" } else { "" };
        format!(
            "wrote {} to {} ({}{redacted})\nhead: {}\n",
            events_text(extent.count(), extent.from, extent.to),
            shown(&self.file),
            self.request.format,
            extent.head
        )
    }
}

/// What was taken in.
pub struct Imported {
    /// Where it came from.
    pub file: PathBuf,
    /// The `.systemprompt` directory.
    pub project: PathBuf,
    /// What it holds.
    pub content: events::Imported,
    /// Whether this directory acts for the history.
    pub acts: bool,
}

impl View for Imported {
    fn schema(&self) -> &'static str {
        "systemprompt/history-import/v1"
    }

    fn data(&self) -> Value {
        let imported = &self.content;
        let project = self.project.parent().unwrap_or(&self.project);
        json!({
            "file": self.file.display().to_string(), "format": imported.format.as_str(),
            "log_id": imported.log_id.to_string(), "project": project.display().to_string(),
            "events": imported.events, "known": imported.known, "imported": imported.events - imported.known,
            "head": { "position": imported.head.position.map(Position::get), "hash": imported.head.hash.to_string() },
            "acts": self.acts,
        })
    }

    fn text(&self, _paint: Paint) -> String {
        let imported = &self.content;
        let taken = imported.events - imported.known;
        let mut text = format!("imported {taken} of {} events of log {}\n", imported.events, imported.log_id);
        if imported.known > 0 {
            let _always = writeln!(text, "  {} were here already", imported.known);
        }
        if !self.acts {
            text.push_str("  it can be looked at, and changes nothing outside until `systemprompt history claim`\n");
        }
        let _always = writeln!(text, "head: {}", imported.head.hash);
        text
    }
}

fn events_text(count: u64, from: Position, to: Position) -> String {
    if count == 1 { format!("event {from}") } else { format!("{count} events, {from} to {to},") }
}
