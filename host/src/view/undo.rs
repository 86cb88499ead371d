//! What was undone or done again, or would be.

use std::fmt::Write;

use serde_json::{Value, json};
use systemprompt_events::{Planned, Recorded, Undo, UndoPlan};

use super::history::typed;
use super::layout;
use super::{Paint, View};
use crate::text::one_line;
use crate::undo::Direction;
use crate::undo::allowed::LeftOut;

/// What became of an undo or a redo.
pub struct Outcome {
    /// Which way.
    pub direction: Direction,
    /// Whether nothing was done.
    pub is_plan: bool,
    /// The commands that it was about, newest first.
    pub units: Vec<Unit>,
}

/// One command that was undone.
pub struct Unit {
    command_id: String,
    argv: Vec<String>,
    time: String,
    actor: String,
    /// Each with why it is left as it is, where it is.
    steps: Vec<(Planned, Option<String>)>,
    records: Vec<(u64, String, String)>,
    outside: Vec<String>,
}

impl Unit {
    /// The command of a plan, what its undo recorded or would record, and what the rules refused of it.
    pub fn new(plan: &UndoPlan, records: Vec<Recorded>, outside: Vec<String>, refused: &[LeftOut]) -> Unit {
        let first = plan.events.first();
        let why = |step: &Planned| {
            let refusal = refused.iter().find(|left| left.event == step.id).map(|left| left.refusal.message.clone());
            plan.why_left(step).map(ToOwned::to_owned).or(refusal)
        };
        let record = |event: Recorded| (event.position.get(), event.kind.to_owned(), event.stream);
        Unit {
            command_id: plan.command_id.to_string(),
            argv: first.map(|first| first.provenance.argv.clone()).unwrap_or_default(),
            time: first.map(|first| first.time.to_string()).unwrap_or_default(),
            actor: first.map(|first| first.provenance.actor.clone()).unwrap_or_default(),
            steps: plan.steps.iter().map(|step| (step.clone(), why(step))).collect(),
            records: records.into_iter().map(record).collect(),
            outside,
        }
    }

    /// A sentence for each change that is left as it is.
    pub fn left(&self) -> impl Iterator<Item = String> {
        let left = self.steps.iter().filter(|(step, _)| step.undo.is_change());
        left.filter_map(|(step, why)| {
            let about = one_line(&step.stream.to_string().replacen('/', " ", 1), 120);
            Some(format!("`{}` ({}) of {about} stays: {}", step.kind, step.position, why.as_ref()?))
        })
    }

    fn data(&self, is_plan: bool) -> Value {
        let event = |(step, why): &(Planned, Option<String>)| {
            json!({
                "position": step.position.get(), "type": step.kind, "stream": step.stream.to_string(),
                "undo": word(step), "why": why,
            })
        };
        let record = |(position, kind, stream): &(u64, String, String)| json!({ "position": (!is_plan).then_some(*position), "type": kind, "stream": stream });
        json!({
            "command_id": self.command_id, "argv": self.argv, "time": self.time, "actor": self.actor,
            "events": self.steps.iter().map(event).collect::<Vec<_>>(),
            "records": self.records.iter().map(record).collect::<Vec<_>>(),
            "outside": self.outside,
        })
    }

    fn text(&self, text: &mut String, outcome: &Outcome, paint: Paint) {
        let did = match (outcome.direction, outcome.is_plan) {
            (Direction::Undo, false) => "undone",
            (Direction::Redo, false) => "done again",
            (Direction::Undo, true) => "would be undone",
            (Direction::Redo, true) => "would be done again",
        };
        // The log may come from elsewhere.
        let command = typed(&self.argv);
        let _always = writeln!(text, "{}", layout::line(&format!("{did}: {command}"), paint));
        for (step, why) in &self.steps {
            let about = one_line(&step.stream.to_string().replacen('/', " ", 1), 120);
            if !step.undo.is_change() {
                continue;
            }
            let note = why.as_ref().map(|why| format!(" (left as it is: {why})")).unwrap_or_default();
            let line = format!("  {:>6}  {} of {about}{note}", step.position.get(), step.kind);
            let _always = writeln!(text, "{}", layout::line(&line, paint));
        }
        let outside = if outcome.is_plan { "would be done outside" } else { "done outside" };
        for sentence in &self.outside {
            let _always = writeln!(text, "{}", layout::line(&format!("{outside}: {sentence}"), paint));
        }
        if outcome.is_plan {
            self.planned(text, paint);
        }
    }

    fn planned(&self, text: &mut String, paint: Paint) {
        if self.outside.is_empty() {
            text.push_str("nothing would be done outside\n");
        }
        for (_, kind, stream) in &self.records {
            let about = one_line(&stream.replacen('/', " ", 1), 120);
            let _always = writeln!(text, "{}", layout::line(&format!("would be recorded: {kind} of {about}"), paint));
        }
    }
}

impl View for Outcome {
    fn schema(&self) -> &'static str {
        match self.direction {
            Direction::Undo => "systemprompt/history-undo/v1",
            Direction::Redo => "systemprompt/history-redo/v1",
        }
    }

    fn data(&self) -> Value {
        let units: Vec<_> = self.units.iter().map(|unit| unit.data(self.is_plan)).collect();
        json!({ "done": !self.is_plan, "commands": units })
    }

    fn text(&self, paint: Paint) -> String {
        let mut text = String::new();
        for unit in &self.units {
            unit.text(&mut text, self, paint);
        }
        text
    }
}

/// What the undo of an event is.
fn word(step: &Planned) -> &'static str {
    match step.undo {
        Undo::Inverse { .. } => "inverse",
        Undo::Compensation { .. } => "compensation",
        Undo::Irreversible { .. } => "irreversible",
        Undo::Part => "part",
        Undo::Remark { .. } => "remark",
    }
}
