//! Events in the order asked for: a line each, with what they changed, or as a graph of commands.

mod graph;

use std::fmt::Write;

use serde_json::{Value, json};
use systemprompt_events::{Difference, Recorded};

use super::difference;
use super::history::{event_json, summary};
use super::layout;
use super::{Paint, Reader, View};

/// On a narrower terminal an event has two lines: too little of its end would be left on one.
const COLUMNS_MIN: usize = 80;

/// How events are shown as text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// A line each.
    Lines,
    /// Below the command that caused them, steps below their operation, undoing below its step.
    Graph,
}

/// Some events, in the order asked for.
pub struct Events {
    /// The events.
    pub all: Vec<Recorded>,
    /// What each of them changed, if that was asked for.
    pub changes: Option<Vec<Vec<Difference>>>,
    /// How they are shown as text.
    pub form: Form,
    /// What to say if there are none.
    pub none: &'static str,
}

/// What is said where nothing was let through.
pub const NONE_MATCHES: &str = "no event matches";

impl Events {
    /// Those of a project that is none yet.
    pub fn of_nothing() -> Events {
        Events { none: "nothing has happened here yet", ..Events::lines(Vec::new()) }
    }

    /// A line each.
    pub fn lines(events: Vec<Recorded>) -> Events {
        Events { all: events, changes: None, form: Form::Lines, none: NONE_MATCHES }
    }

    fn changes_of(&self, index: usize) -> &[Difference] {
        self.changes.as_ref().and_then(|changes| changes.get(index)).map_or(&[], Vec::as_slice)
    }
}

impl View for Events {
    fn schema(&self) -> &'static str {
        "systemprompt/history-log/v1"
    }

    fn data(&self) -> Value {
        let event = |(index, event): (usize, &Recorded)| {
            let mut json = event_json(event);
            if self.changes.is_some() {
                json["changes"] = self.changes_of(index).iter().map(difference::json).collect();
            }
            json
        };
        json!({ "events": self.all.iter().enumerate().map(event).collect::<Vec<_>>() })
    }

    fn text(&self, paint: Paint) -> String {
        if self.all.is_empty() {
            return format!("{}\n", self.none);
        }
        let below = |index, indent: &str| difference::lines(self.changes_of(index), indent, paint);
        match self.form {
            Form::Graph => graph::text(&self.all, &below, paint),
            Form::Lines => {
                let events = self.all.iter().enumerate();
                events.map(|(index, event)| line(event, paint) + &below(index, "        ")).collect()
            }
        }
    }

    fn reader(&self) -> Reader {
        Reader::Pager
    }
}

/// One of many events that are printed as they happen: as JSON, what `history show` says of it.
pub struct Line(pub Recorded);

impl View for Line {
    fn schema(&self) -> &'static str {
        "systemprompt/history-show/v1"
    }

    fn data(&self) -> Value {
        event_json(&self.0)
    }

    fn text(&self, paint: Paint) -> String {
        line(&self.0, paint)
    }
}

/// One event in a line, or in two where the terminal is narrow.
fn line(event: &Recorded, paint: Paint) -> String {
    let (position, kind) = (event.position.get(), &event.kind);
    let lines = match paint.columns {
        Some(columns) if columns < COLUMNS_MIN => {
            vec![format!("{position:>6}  {}", event.time), format!("        {kind} {}", summary(event))]
        }
        Some(_) | None => vec![format!("{position:>6}  {}  {kind:<24} {}", event.time, summary(event))],
    };
    let mut text = String::new();
    for line in lines {
        let _always = writeln!(text, "{}", layout::line(&line, paint));
    }
    text
}
