//! What differs between two moments, and what one event changed.

use std::fmt::Write;

use serde_json::{Value, json};
use systemprompt_events::{Difference, Subject};

use super::layout;
use super::{Paint, Reader, View};
use crate::moment::AsOf;
use crate::profile::{difference, document};
use crate::project::url_secret;
use crate::text::one_line;

/// Characters of a value that are shown in a line.
const SHOWN_MAX: usize = 200;
/// What is shown of a long id of a thing that has no name.
const KEY_MAX: usize = 120;

/// What differs between two moments.
pub struct Differences {
    /// The earlier moment, or the one that was named first.
    pub from: AsOf,
    /// The other one.
    pub to: AsOf,
    /// Thing by thing.
    pub all: Vec<Difference>,
}

impl View for Differences {
    fn schema(&self) -> &'static str {
        "systemprompt/history-diff/v1"
    }

    fn data(&self) -> Value {
        let moment = |as_of: &AsOf| json!({ "position": as_of.position.get(), "time": as_of.time.to_string() });
        json!({
            "from": moment(&self.from), "to": moment(&self.to),
            "differences": self.all.iter().map(json).collect::<Vec<_>>(),
        })
    }

    fn text(&self, paint: Paint) -> String {
        let (from, to) = (&self.from, &self.to);
        let mut text =
            format!("from event {}, {}\nto event {}, {}\n\n", from.position, from.time, to.position, to.time);
        if self.all.is_empty() {
            text.push_str("nothing differs\n");
        }
        text.push_str(&lines(&self.all, "", paint));
        text
    }

    fn reader(&self) -> Reader {
        Reader::Pager
    }
}

/// A field that differs: its name, what it was, and what it became.
struct Field {
    name: String,
    before: Option<Value>,
    after: Option<Value>,
}

/// A difference as JSON.
pub fn json(difference: &Difference) -> Value {
    let fields = fields(difference)
        .into_iter()
        .map(|field| json!({ "field": field.name, "before": field.before, "after": field.after }));
    json!({
        "subject": difference.subject.as_str(), "id": difference.key, "name": name(difference),
        "change": match (&difference.before, &difference.after) {
            (None, _) => "added",
            (Some(_), None) => "removed",
            (Some(_), Some(_)) => "changed",
        },
        "fields": fields.collect::<Vec<_>>(),
    })
}

/// Differences, a thing and each of its fields on a line.
pub fn lines(differences: &[Difference], indent: &str, paint: Paint) -> String {
    let mut text = String::new();
    for difference in differences {
        let sign = match (&difference.before, &difference.after) {
            (None, _) => "+",
            (Some(_), None) => "-",
            (Some(_), Some(_)) => "~",
        };
        let (subject, key) = (difference.subject.as_str(), one_line(&difference.key, KEY_MAX));
        let name = name(difference).map(|name| format!(" ({})", one_line(name, KEY_MAX))).unwrap_or_default();
        // There is one selection only, and its key says nothing.
        let key = if difference.subject == Subject::Selection { String::new() } else { format!(" {key}") };
        let _always = writeln!(text, "{}", layout::line(&format!("{indent}{sign} {subject}{key}{name}"), paint));
        for field in fields(difference) {
            let _always = writeln!(text, "{}", layout::line(&format!("{indent}    {}", field.in_words()), paint));
        }
    }
    text
}

impl Field {
    fn in_words(&self) -> String {
        let name = one_line(&self.name, SHOWN_MAX);
        match (&self.before, &self.after) {
            (Some(before), Some(after)) => format!("{name}: {} → {}", shown(before), shown(after)),
            (Some(before), None) => format!("{name}: {} → (not set)", shown(before)),
            (None, Some(after)) => format!("{name}: {}", shown(after)),
            (None, None) => format!("{name}: only its layout or comments"),
        }
    }
}

/// A value in a line.
pub fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => one_line(text, SHOWN_MAX),
        Value::Bool(true) => "yes".to_owned(),
        Value::Bool(false) => "no".to_owned(),
        Value::Null | Value::Number(_) | Value::Array(_) | Value::Object(_) => one_line(&value.to_string(), SHOWN_MAX),
    }
}

fn name(difference: &Difference) -> Option<&str> {
    let fields = difference.after.as_ref().or(difference.before.as_ref())?;
    fields.get("name").and_then(Value::as_str)
}

/// The fields that differ; those of a `profile.yaml` one by one, as people compare settings.
fn fields(difference: &Difference) -> Vec<Field> {
    let mut all = Vec::new();
    for (name, before, after) in difference.fields() {
        if difference.subject == Subject::Profile && name == "text" {
            all.extend(settings(before, after));
        } else {
            let (before, after) = (before.map(masked), after.map(masked));
            all.push(Field { name: name.to_owned(), before, after });
        }
    }
    all
}

/// A value without the password that a URL of a history from elsewhere may hold.
pub fn masked(value: &Value) -> Value {
    match value {
        Value::String(text) => Value::String(url_secret::masked(text)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => value.clone(),
    }
}

fn settings(before: Option<&Value>, after: Option<&Value>) -> Vec<Field> {
    let parse = |text: Option<&Value>| {
        let text = text.and_then(Value::as_str).unwrap_or_default();
        document::parse(text).map(|document| document.fields).unwrap_or_default()
    };
    let differing = difference::between(&parse(before), &parse(after));
    if differing.is_empty() {
        return vec![Field { name: "profile.yaml".to_owned(), before: None, after: None }];
    }
    let field = |setting: difference::Difference| Field {
        name: format!("profile.yaml {}", setting.field),
        before: setting.before.map(Value::String),
        after: setting.after.map(Value::String),
    };
    differing.into_iter().map(field).collect()
}
