//! The steps that an operation would take.

use serde_json::{Value, json};

use super::layout::hang;
use super::{Paint, View};
use crate::plugin::v1::{PlannedStep, imports};
use crate::text::{MESSAGE_CHARS_MAX, one_line};

/// Planned steps, in order.
pub struct Plan(Vec<Step>);

struct Step {
    name: String,
    summary: String,
    undo: &'static str,
}

impl Plan {
    /// What a provider plans, cleaned.
    pub fn new(steps: Vec<PlannedStep>) -> Plan {
        let step = |step: PlannedStep| Step {
            name: one_line(&step.name, MESSAGE_CHARS_MAX),
            summary: one_line(&step.summary, MESSAGE_CHARS_MAX),
            undo: match step.undo {
                imports::types::UndoKind::None => "none",
                imports::types::UndoKind::Undoable => "undoable",
                imports::types::UndoKind::Irreversible => "irreversible",
            },
        };
        Plan(steps.into_iter().map(step).collect())
    }
}

impl View for Plan {
    fn schema(&self) -> &'static str {
        "systemprompt/plan/v1"
    }

    fn data(&self) -> Value {
        let step = |step: &Step| json!({ "name": step.name, "summary": step.summary, "undo": step.undo });
        json!({ "steps": self.0.iter().map(step).collect::<Vec<_>>() })
    }

    fn text(&self, paint: Paint) -> String {
        let width = self.0.iter().map(|step| step.name.chars().count()).max().unwrap_or(0);
        let mut text = String::from("nothing is done; these steps would be taken:\n");
        for step in &self.0 {
            let note = if step.undo == "irreversible" { " (cannot be undone)" } else { "" };
            let columns = format!("  {:<width$}  ", step.name);
            text.push_str(&hang(&columns, &format!("{}{note}", step.summary), paint));
        }
        text
    }
}
