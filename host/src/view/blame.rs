//! Which event set each field of a tenant.

use std::fmt::Write;

use serde_json::{Value, json};
use systemprompt_events::{Blamed, Recorded, TenantId};

use super::difference;
use super::history::command_line;
use super::layout;
use super::{Paint, View};
use crate::text::{MESSAGE_CHARS_MAX, one_line};

/// The fields of a tenant, each with the event that set it.
pub struct Blame {
    /// Whose fields they are.
    pub tenant: TenantId,
    /// By name.
    pub fields: Vec<(Blamed, Recorded)>,
}

impl View for Blame {
    fn schema(&self) -> &'static str {
        "systemprompt/history-blame/v1"
    }

    fn data(&self) -> Value {
        let field = |(blamed, event): &(Blamed, Recorded)| {
            let event = json!({
                "position": event.position.get(), "id": event.id.to_string(), "type": event.kind,
                "time": event.time.to_string(), "actor": event.provenance.actor, "host": event.provenance.host,
                "argv": event.provenance.argv,
            });
            json!({ "field": blamed.field, "value": difference::masked(&blamed.value), "event": event })
        };
        json!({ "tenant": self.tenant.as_str(), "fields": self.fields.iter().map(field).collect::<Vec<_>>() })
    }

    /// The events in their order, each with the fields that it set.
    fn text(&self, paint: Paint) -> String {
        let width = self.fields.iter().map(|(blamed, _)| layout::width(&blamed.field)).max().unwrap_or(0);
        let mut sorted: Vec<_> = self.fields.iter().collect();
        sorted.sort_by_key(|(blamed, _)| blamed.position);
        let mut text = String::new();
        for group in sorted.chunk_by(|one, next| one.0.position == next.0.position) {
            let Some((_, event)) = group.first() else { continue };
            let who = one_line(&event.provenance.actor, 60);
            let mut rows = vec![
                format!("{}  {}  {}  {who}", event.position, event.time, event.kind),
                format!("  {}", command_line(event)),
            ];
            rows.extend(group.iter().map(|(blamed, _)| {
                let name = layout::pad(&one_line(&blamed.field, MESSAGE_CHARS_MAX), width);
                format!("    {name}  {}", difference::shown(&difference::masked(&blamed.value)))
            }));
            for row in rows {
                let _always = writeln!(text, "{}", layout::line(&row, paint));
            }
        }
        text
    }
}
