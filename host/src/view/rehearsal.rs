//! Rehearsals of plugins: which promises were kept, and what one operation called.

use serde_json::{Value, json};
use systemprompt_sdk::Failure;

use super::layout::{hang, hint};
use super::{Paint, View};
use crate::authoring::conformance::{Outcome, Tried};
use crate::plugin::backtrace::Whereabouts;
use crate::plugin::candidate::Candidate;
use crate::plugin::v1::stage::HostCall;
use crate::text::{MESSAGE_CHARS_MAX, one_line};

/// Which promises a plugin kept.
pub struct Report {
    plugin: String,
    version: String,
    hash: String,
    tried: Vec<Tried>,
}

impl Report {
    /// What was tried with a component.
    pub fn new(candidate: &Candidate, tried: Vec<Tried>) -> Report {
        let (plugin, hash) = (candidate.loaded.id.to_string(), candidate.loaded.hash.to_string());
        Report { plugin, version: one_line(&candidate.description.version, 20), hash, tried }
    }

    /// In one line.
    pub fn line(&self) -> String {
        let (kept, broken, not_tried) = (self.kept(), self.broken(), self.not_tried());
        let version = &self.version;
        format!("`{}` {version}: {kept} promises kept, {broken} broken, {not_tried} not tried", self.plugin)
    }

    fn count(&self, of: impl Fn(&Outcome) -> bool) -> usize {
        self.tried.iter().filter(|tried| of(&tried.outcome)).count()
    }

    fn kept(&self) -> usize {
        self.count(|outcome| *outcome == Outcome::Kept)
    }

    fn broken(&self) -> usize {
        self.count(|outcome| matches!(outcome, Outcome::Broken(_)))
    }

    fn not_tried(&self) -> usize {
        self.count(|outcome| matches!(outcome, Outcome::NotTried(_)))
    }
}

fn row(tried: &Tried) -> Value {
    let (outcome, why) = match &tried.outcome {
        Outcome::Kept => ("kept", None),
        Outcome::Broken(place) => ("broken", Some(place)),
        Outcome::NotTried(reason) => ("not-tried", Some(reason)),
    };
    let elapsed_ms = u64::try_from(tried.elapsed.as_millis()).unwrap_or(u64::MAX);
    json!({
        "about": tried.about, "promise": tried.promise, "outcome": outcome, "why": why, "trace": tried.trace.lines(),
        "elapsed_ms": elapsed_ms,
    })
}

impl View for Report {
    fn schema(&self) -> &'static str {
        "systemprompt/plugin-test/v1"
    }

    fn data(&self) -> Value {
        json!({
            "plugin": self.plugin, "version": self.version, "hash": self.hash,
            "kept": self.kept(), "broken": self.broken(), "not_tried": self.not_tried(),
            "promises": self.tried.iter().map(row).collect::<Vec<_>>(),
        })
    }

    fn text(&self, paint: Paint) -> String {
        let abouts = self.tried.iter().map(|tried| tried.about.chars().count());
        let width = abouts.max().unwrap_or(0);
        let (mut text, mut last) = (String::new(), "");
        for tried in &self.tried {
            let about = if tried.about == last { "" } else { tried.about.as_str() };
            last = &tried.about;
            let (word, why) = match &tried.outcome {
                Outcome::Kept => ("kept", None),
                Outcome::Broken(place) => ("BROKEN", Some(place)),
                Outcome::NotTried(reason) => ("not tried", Some(reason)),
            };
            text.push_str(&hang(&format!("{about:<width$}  {word:<9}  "), tried.promise, paint));
            if let Some(why) = why {
                text.push_str(&hang(&format!("{:<width$}             ", ""), why, paint));
            }
            for place in tried.trace.lines() {
                text.push_str(&hang(&format!("{:<width$}               at ", ""), place, paint));
            }
        }
        text.push_str(&hang("", &self.line(), paint));
        text
    }

    fn is_failure(&self) -> bool {
        self.kept() < self.tried.len()
    }
}

/// One operation, and what it called.
pub struct Performed {
    /// The plugin's id.
    pub plugin: String,
    /// The operation.
    pub operation: String,
    /// In their order.
    pub calls: Vec<HostCall>,
    /// What came of it.
    pub outcome: Result<Value, Failure>,
    /// Where the plugin was when it was stopped, if it was.
    pub trace: Whereabouts,
    /// What is there afterwards, a line each.
    pub there: Vec<String>,
}

/// A failure of the contract, as JSON shows it.
fn failed(failure: &Value) -> Value {
    let only = failure.as_object().and_then(|variants| variants.iter().next());
    match only {
        Some((kind, detail)) => json!({
            "kind": kind.to_lowercase(), "code": detail["code"], "message": detail["message"], "help": detail["help"],
        }),
        // How a protocol was broken.
        None => json!({ "kind": "broken", "code": "protocol", "message": failure, "help": null }),
    }
}

fn of_outcome(failure: &Failure) -> Value {
    failed(&serde_json::to_value(failure).expect("BUG: a failure is JSON"))
}

impl View for Performed {
    fn schema(&self) -> &'static str {
        "systemprompt/plugin-run/v1"
    }

    fn data(&self) -> Value {
        let call = |call: &HostCall| {
            json!({
                "function": call.function, "arguments": call.arguments,
                "answer": call.answer.as_ref().ok(), "failure": call.answer.as_ref().err().map(failed),
            })
        };
        json!({
            "plugin": self.plugin, "operation": self.operation, "calls": self.calls.iter().map(call).collect::<Vec<_>>(),
            "result": self.outcome.as_ref().ok(), "failure": self.outcome.as_ref().err().map(of_outcome),
            "trace": self.trace.lines(), "there": self.there,
        })
    }

    fn text(&self, paint: Paint) -> String {
        let mut text = String::new();
        for call in &self.calls {
            let arguments: Vec<String> = call.arguments.iter().map(Value::to_string).collect();
            let indent = if call.function.starts_with("journal.") { "" } else { "  " };
            let line = format!("{}({})", call.function, arguments.join(", "));
            text.push_str(&hang(indent, &one_line(&line, MESSAGE_CHARS_MAX), paint));
            let answer = match &call.answer {
                Ok(Value::Null) => continue,
                Ok(answer) => answer.to_string(),
                Err(failure) => format!("failed: {}", said(&failed(failure))),
            };
            text.push_str(&hang(&format!("{indent}  = "), &one_line(&answer, MESSAGE_CHARS_MAX), paint));
        }
        match &self.outcome {
            Ok(result) => {
                let line = format!("`{}` returned {result}", self.operation);
                text.push_str(&hang("", &one_line(&line, MESSAGE_CHARS_MAX), paint));
            }
            Err(failure) => {
                let line = format!("`{}` failed: {}", self.operation, said(&of_outcome(failure)));
                text.push_str(&hang("", &one_line(&line, MESSAGE_CHARS_MAX), paint));
                for place in self.trace.lines() {
                    text.push_str(&hang("  at ", place, paint));
                }
            }
        }
        for line in &self.there {
            text.push_str(&hint(&format!("there is: {}", one_line(line, MESSAGE_CHARS_MAX)), paint));
        }
        text
    }

    fn is_failure(&self) -> bool {
        self.outcome.is_err()
    }
}

fn said(failure: &Value) -> String {
    let text = |key: &str| failure[key].as_str().unwrap_or_default().to_owned();
    format!("{} ({}): {}", text("code"), text("kind"), text("message"))
}
