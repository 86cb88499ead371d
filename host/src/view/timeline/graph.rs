//! Events below the commands that caused them.

use std::fmt::Write;

use systemprompt_events::{Event, OperationEvent, Recorded};

use crate::text::one_line;
use crate::view::history::{command_line, summary};
use crate::view::{Paint, layout};

/// How deep an event stands below its command.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Depth {
    /// What the command did itself.
    Event,
    /// A step of its operation.
    Step,
    /// The undoing of a step.
    Undo,
}

impl Depth {
    fn of(event: &Event) -> Depth {
        match event {
            Event::Operation(event) => match event {
                OperationEvent::StepBegan { .. }
                | OperationEvent::StepFinished { .. }
                | OperationEvent::StepFailed { .. } => Depth::Step,
                OperationEvent::UndoBegan { .. }
                | OperationEvent::UndoFinished { .. }
                | OperationEvent::UndoFailed { .. } => Depth::Undo,
                OperationEvent::OperationStarted { .. }
                | OperationEvent::OperationClaimed { .. }
                | OperationEvent::UnwindStarted { .. }
                | OperationEvent::OperationSucceeded { .. }
                | OperationEvent::OperationFailed { .. }
                | OperationEvent::OperationCancelled { .. }
                | OperationEvent::OperationStuck { .. }
                | OperationEvent::OperationAbandoned { .. } => Depth::Event,
            },
            Event::Project(_)
            | Event::Tenant(_)
            | Event::Plugin(_)
            | Event::Profile(_)
            | Event::Session(_)
            | Event::Account(_)
            | Event::Shell(_) => Depth::Event,
        }
    }

    fn indent(self) -> &'static str {
        match self {
            Depth::Event => "",
            Depth::Step => "│  ",
            Depth::Undo => "│  │  ",
        }
    }
}

/// The commands in the order of the events, each with its events below it; `below` is what follows an event.
pub(super) fn text(events: &[Recorded], below: &dyn Fn(usize, &str) -> String, paint: Paint) -> String {
    let mut text = String::new();
    for run in events.iter().enumerate().collect::<Vec<_>>().chunk_by(|one, next| is_of_one_run(one.1, next.1)) {
        let Some((_, first)) = run.first() else { continue };
        let command = command_line(first);
        let actor = one_line(&first.provenance.actor, 60);
        let _always = writeln!(text, "{}", layout::line(&format!("● {command}"), paint));
        let _always = writeln!(text, "│ {}", layout::line(&format!("{actor}, {}", first.time), paint));
        for (place, (index, event)) in run.iter().enumerate() {
            let is_last = place + 1 == run.len();
            let (depth, branch) = (Depth::of(&event.event), if is_last { "└─" } else { "├─" });
            let line = format!("{}{branch} {} {} {}", depth.indent(), event.position, event.kind, about(event));
            let _always = writeln!(text, "{}", layout::line(&line, paint));
            text.push_str(&below(*index, if is_last { "      " } else { "│     " }));
        }
    }
    text
}

/// Whether two events were recorded by one run of the program.
fn is_of_one_run(one: &Recorded, other: &Recorded) -> bool {
    one.correlation_id == other.correlation_id
}

fn about(event: &Recorded) -> String {
    match &event.event {
        Event::Operation(OperationEvent::StepBegan { name, .. }) => one_line(name.as_str(), 80),
        Event::Operation(
            OperationEvent::StepFinished { index, .. }
            | OperationEvent::StepFailed { index, .. }
            | OperationEvent::UndoBegan { index, .. }
            | OperationEvent::UndoFinished { index, .. }
            | OperationEvent::UndoFailed { index, .. },
        ) => format!("step {index}"),
        Event::Operation(_)
        | Event::Project(_)
        | Event::Tenant(_)
        | Event::Plugin(_)
        | Event::Profile(_)
        | Event::Session(_)
        | Event::Account(_)
        | Event::Shell(_) => summary(event),
    }
}
