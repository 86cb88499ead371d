//! What a repair kept of a damaged log, what is lost, and where the logs are.

use std::fmt::Write;
use std::path::PathBuf;

use serde_json::{Value, json};
use systemprompt_events::{Fault, Lost, Position, Repaired};

use super::verified::fault_word;
use super::{Paint, View};
use crate::text::{MESSAGE_CHARS_MAX, one_line, shown};

/// Runs of events that are listed in the text; JSON has them all.
const RUNS_SHOWN: usize = 5;

/// What became of a log that was to be repaired.
pub struct Report {
    /// The log.
    pub log: PathBuf,
    /// What was wrong.
    pub faults: Vec<Fault>,
    /// What was done.
    pub outcome: Outcome,
}

/// What was done.
pub enum Outcome {
    /// Nothing: every event is as it was recorded.
    EventsAreWhole,
    /// A new log was made.
    Repaired(Repaired, Place),
}

/// Where the new log is.
pub enum Place {
    /// In the place of the damaged one.
    Swapped {
        /// Where that is now.
        kept: PathBuf,
    },
    /// Beside the damaged one, which is where it was.
    Waiting(PathBuf),
    /// Where the user wanted it.
    Elsewhere(PathBuf),
}

impl View for Report {
    fn schema(&self) -> &'static str {
        "systemprompt/history-repair/v1"
    }

    fn data(&self) -> Value {
        let log = self.log.display().to_string();
        let faults: Vec<_> = self.faults.iter().map(fault_json).collect();
        let Outcome::Repaired(repaired, place) = &self.outcome else {
            return json!({ "log": log, "repaired": false, "faults": faults, "in_place": false, "file": null,
                "kept": null, "recovered": 0, "head": null, "lost": null });
        };
        let head = &repaired.head;
        let (file, kept) = match place {
            Place::Swapped { kept } => (&self.log, Some(kept.display().to_string())),
            Place::Waiting(file) | Place::Elsewhere(file) => (file, None),
        };
        json!({
            "log": log, "repaired": true, "faults": faults, "in_place": kept.is_some(),
            "file": file.display().to_string(), "kept": kept,
            "recovered": repaired.recovered, "head": { "position": head.position.map(Position::get), "hash": head.hash.to_string() },
            "lost": repaired.lost.as_ref().map(lost_json),
        })
    }

    fn text(&self, _paint: Paint) -> String {
        let Outcome::Repaired(repaired, place) = &self.outcome else {
            return match self.faults.len() {
                0 => "ok: there is nothing to repair\n".to_owned(),
                _ => "every event is as it was recorded; `systemprompt history rebuild` mends the rest\n".to_owned(),
            };
        };
        let mut text = lines(repaired).join("\n") + "\n";
        let _always = match place {
            Place::Swapped { kept } => {
                writeln!(text, "the repaired log is in place; the damaged one is kept as {}", shown(kept))
            }
            Place::Waiting(file) => writeln!(
                text,
                "the repaired log is in {}; `systemprompt history repair --yes` puts it in place",
                shown(file)
            ),
            Place::Elsewhere(file) => writeln!(text, "the repaired log is in {}", shown(file)),
        };
        text
    }

    fn is_failure(&self) -> bool {
        match &self.outcome {
            Outcome::EventsAreWhole => false,
            Outcome::Repaired(_, place) => matches!(place, Place::Waiting(_)),
        }
    }
}

/// What is kept and what is lost, a line each.
pub fn lines(repaired: &Repaired) -> Vec<String> {
    let kept = match repaired.head.position {
        Some(end) => format!("kept: events 1 to {end}, as they were recorded"),
        None => "kept: nothing".to_owned(),
    };
    let mut lines = vec![kept];
    if repaired.recovered > 0 {
        lines.push(format!("  {} of them were found in the bytes of the file alone", repaired.recovered));
    }
    let Some(lost) = &repaired.lost else {
        lines.push("lost: nothing".to_owned());
        return lines;
    };
    let reason = one_line(&lost.fault.message, MESSAGE_CHARS_MAX);
    lines.push(format!("lost: {}: {reason}", range(lost.from, lost.to)));
    for (from, to) in lost.whole.iter().take(RUNS_SHOWN) {
        lines.push(format!(
            "  {} can still be read in the damaged log, and cannot follow what is lost",
            range(*from, *to)
        ));
    }
    if lost.whole.len() > RUNS_SHOWN {
        lines.push(format!("  so can {} more parts of it", lost.whole.len() - RUNS_SHOWN));
    }
    lines.push(match lost.checkpoint {
        Some(covering) => format!(
            "  the checkpoint at position {} is over the first {} events: a copy of them from elsewhere can be proved by it",
            covering.position, covering.size
        ),
        None => "  no checkpoint that can be read covers it".to_owned(),
    });
    lines
}

fn range(from: Position, to: Position) -> String {
    if from == to { format!("event {from}") } else { format!("events {from} to {to}") }
}

fn lost_json(lost: &Lost) -> Value {
    let whole = lost.whole.iter().map(|(from, to)| json!({ "from": from.get(), "to": to.get() }));
    json!({
        "from": lost.from.get(), "to": lost.to.get(), "fault": fault_json(&lost.fault),
        "readable": whole.collect::<Vec<_>>(),
        "checkpoint": lost.checkpoint.map(|covering| json!({ "position": covering.position.get(), "size": covering.size })),
    })
}

fn fault_json(fault: &Fault) -> Value {
    json!({ "position": fault.position.map(Position::get), "kind": fault_word(fault.kind), "message": fault.message })
}
