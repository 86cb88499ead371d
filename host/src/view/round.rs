//! One of many rounds: a line where all is well, and the whole answer where it is not.

use std::time::Duration;

use serde_json::Value;

use super::{AnyView, Paint, View};

/// What came of a round.
pub struct Round {
    /// The answer.
    pub view: AnyView,
    /// The same in one line.
    pub line: String,
    /// How long it took.
    pub elapsed: Duration,
}

impl View for Round {
    fn schema(&self) -> &'static str {
        self.view.schema()
    }

    fn data(&self) -> Value {
        self.view.data()
    }

    fn text(&self, paint: Paint) -> String {
        let whole = if self.view.is_failure() { self.view.text(paint) } else { String::new() };
        format!("{whole}{} ({:.1} s); waiting for a change\n", self.line, self.elapsed.as_secs_f64())
    }
}
