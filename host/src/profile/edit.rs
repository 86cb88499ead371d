//! Setting and unsetting single fields of a `profile.yaml`, so that comments, order and layout stay as they are.

use std::fmt::Write as _;

use super::fields::{self, Kind};
use super::yaml::{self, Entry, Value};

/// Why a field was not changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EditError {
    /// There is no such field.
    #[error("there is no field `{field}` in a profile{}", .meant.map_or(String::new(), |meant| format!("; did you mean `{meant}`?")))]
    Unknown {
        /// As given.
        field: String,
        /// What may have been meant.
        meant: Option<&'static str>,
    },
    /// It holds fields, and has no value of its own.
    #[error("`{field}` is a group of fields; name one of them{}", .such.map_or(String::new(), |such| format!(", as in `{such}`")))]
    Group {
        /// Which group.
        field: String,
        /// A field in it.
        such: Option<&'static str>,
    },
    /// It cannot be set to this.
    #[error("`{field}` may be {allowed}")]
    NotAllowed {
        /// Which field.
        field: String,
        /// In words.
        allowed: String,
    },
    /// It cannot be changed once the profile is there.
    #[error("`{field}` belongs to the profile for ever; make another profile instead")]
    Fixed {
        /// Which field.
        field: String,
    },
    /// The file is laid out in a way that only a person can change.
    #[error("the file is written in a way in which `{field}` can only be changed by hand")]
    ByHand {
        /// Which field.
        field: String,
    },
}

/// What makes the profile the one it is.
const FIXED: [&str; 2] = ["name", "cloud.tenant_id"];

/// The text with a field set. Lists are given as texts separated by commas.
pub fn set(text: &str, field: &str, value: &str) -> Result<String, EditError> {
    let kind = settable(field)?;
    let is_list = kind == Kind::List;
    if !is_list && !kind.holds(value) {
        return Err(EditError::NotAllowed { field: field.to_owned(), allowed: kind.allowed() });
    }
    let shown = if is_list { list(value) } else { quoted(kind, value) };
    let by_hand = || EditError::ByHand { field: field.to_owned() };
    let entries = yaml::entries(text).map_err(|_| by_hand())?;
    let edited = match entries.iter().find(|entry| entry.path == field) {
        Some(entry) if entry.value == Value::Mapping || has_comments(text, entry) => return Err(by_hand()),
        Some(entry) => replace(text, entry, &shown),
        None => insert(text, &entries, field, &shown),
    };
    let is_wanted = |found: &Value| match found {
        Value::Scalar { text, .. } => !is_list && text == value,
        Value::List(found) => is_list && *found == items(value),
        Value::Mapping => false,
    };
    let holds = yaml::entries(&edited).is_ok_and(|after| {
        after.iter().any(|entry| entry.path == field && is_wanted(&entry.value)) && same_others(&entries, &after, field)
    });
    if holds { Ok(edited) } else { Err(by_hand()) }
}

/// The text without a field; it was not set: as it is.
pub fn unset(text: &str, field: &str) -> Result<String, EditError> {
    settable(field)?;
    let by_hand = || EditError::ByHand { field: field.to_owned() };
    let entries = yaml::entries(text).map_err(|_| by_hand())?;
    let Some(entry) = entries.iter().find(|entry| entry.path == field) else { return Ok(text.to_owned()) };
    if entry.value == Value::Mapping {
        return Err(by_hand());
    }
    let gone = entry.line..=entry.line_end;
    let lines = text.split_inclusive('\n').enumerate();
    let mut edited: String = lines.filter(|(place, _)| !gone.contains(&(place + 1))).map(|(_, line)| line).collect();
    // A group that nothing is left in would be null.
    if let Some((group, _)) = field.rsplit_once('.')
        && let Some(group_line) = entries.iter().find(|entry| entry.path == group).map(|entry| entry.line)
        && !entries.iter().any(|entry| entry.path != field && entry.path.starts_with(&format!("{group}.")))
    {
        let lines = edited.split_inclusive('\n').enumerate();
        edited = lines.filter(|(place, _)| place + 1 != group_line).map(|(_, line)| line).collect();
    }
    let gone = yaml::entries(&edited)
        .is_ok_and(|after| !after.iter().any(|entry| entry.path == field) && same_others(&entries, &after, field));
    if gone { Ok(edited) } else { Err(by_hand()) }
}

fn settable(field: &str) -> Result<Kind, EditError> {
    if FIXED.contains(&field) {
        return Err(EditError::Fixed { field: field.to_owned() });
    }
    match fields::kind(field) {
        Some(Kind::Group | Kind::OpenGroup) if fields::is_group(field) => {
            let such = fields::FIELDS.iter().map(|(path, _)| *path).find(|path| {
                let below = path.strip_prefix(field).is_some_and(|rest| rest.starts_with('.'));
                below && !FIXED.contains(path) && !fields::is_group(path)
            });
            Err(EditError::Group { field: field.to_owned(), such })
        }
        None => {
            let field = crate::text::one_line(field, 60);
            Err(EditError::Unknown { meant: fields::nearest(&field), field })
        }
        Some(kind) => Ok(kind),
    }
}

fn items(value: &str) -> Vec<String> {
    value.split(',').map(|item| item.trim().to_owned()).filter(|item| !item.is_empty()).collect()
}

fn list(value: &str) -> String {
    format!("[{}]", items(value).iter().map(|item| in_quotes(item)).collect::<Vec<_>>().join(", "))
}

/// Plain where nothing in it means anything to any reader of YAML.
fn quoted(kind: Kind, value: &str) -> String {
    /// What some readers take for a switch or for nothing, however it is capitalised.
    const WORDS: [&str; 10] = ["y", "n", "yes", "no", "on", "off", "true", "false", "null", "~"];
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '/' | '.' | '-');
    let looks_plain = value.chars().all(is_plain) && value.starts_with(|c: char| c.is_ascii_alphabetic() || c == '/');
    let means_more = WORDS.iter().any(|word| value.eq_ignore_ascii_case(word)) || value.parse::<f64>().is_ok();
    let is_text = matches!(kind, Kind::Text | Kind::Address);
    if is_text && (!looks_plain || means_more) { in_quotes(value) } else { value.to_owned() }
}

/// A JSON string is a YAML string; what would change a terminal is written as an escape.
fn in_quotes(value: &str) -> String {
    crate::text::escaped(&serde_json::Value::from(value).to_string())
}

/// Whether comments stand between the lines of a value, which would go with them.
fn has_comments(text: &str, entry: &Entry) -> bool {
    let Value::List(_) = entry.value else { return false };
    let lines = text.lines().skip(entry.line - 1).take(entry.line_end - entry.line + 1);
    entry.line != entry.line_end
        && lines.into_iter().any(|line| line.trim_start().starts_with('#') || line.contains(" #"))
}

fn replace(text: &str, entry: &Entry, with: &str) -> String {
    // A value below its key is written beside it; one beside it leaves the layout between them as it is.
    let start = if entry.line == entry.line_end { entry.span.start } else { entry.key_end };
    let before: String = text.chars().take(start).collect();
    let after: String = text.chars().skip(entry.span.end).collect();
    let mark = if start == entry.key_end { ":" } else { "" };
    let space = if before.ends_with([' ', '\t']) { "" } else { " " };
    format!("{before}{mark}{space}{with}{after}")
}

/// After the last field of its group, laid out as its neighbours are; a group that is not there is put at the end.
fn insert(text: &str, entries: &[Entry], field: &str, value: &str) -> String {
    let mut groups: Vec<&str> = field.split('.').collect();
    let key = groups.pop().unwrap_or(field);
    let present = (0..=groups.len()).rev().find(|depth| {
        let group = groups[..*depth].join(".");
        group.is_empty() || entries.iter().any(|entry| entry.path == group)
    });
    let present = present.unwrap_or(0);
    let prefix = groups[..present].join(".");
    let below =
        |entry: &&Entry| prefix.is_empty() || entry.path == prefix || entry.path.starts_with(&format!("{prefix}."));
    let after = entries.iter().filter(below).map(|entry| entry.line_end).max().unwrap_or(0);
    let first = indentation(text, entries, &prefix);
    let line_end = if text.contains("\r\n") { "\r\n" } else { "\n" };
    let mut added = String::new();
    for (depth, name) in groups.iter().skip(present).chain([&key]).enumerate() {
        let value = if present + depth == groups.len() { format!(" {value}") } else { String::new() };
        let further = step(text, entries).repeat(depth);
        let _always = write!(added, "{first}{further}{name}:{value}{line_end}");
    }
    let mut edited = String::new();
    for (place, line) in text.split_inclusive('\n').enumerate() {
        edited.push_str(line);
        if place + 1 == after {
            if !line.ends_with('\n') {
                edited.push_str(line_end);
            }
            edited.push_str(&added);
        }
    }
    if after == 0 { edited + &added } else { edited }
}

/// What stands before the fields of a group.
fn indentation<'a>(text: &'a str, entries: &[Entry], group: &str) -> &'a str {
    let sibling = entries.iter().find(|entry| entry.path.rsplit_once('.').map_or("", |(above, _)| above) == group);
    let line = sibling.and_then(|entry| text.lines().nth(entry.line - 1)).unwrap_or_default();
    &line[..line.len() - line.trim_start().len()]
}

/// What each level of the file is indented by; two spaces where it has one level.
fn step(text: &str, entries: &[Entry]) -> String {
    let top = indentation(text, entries, "").len();
    let nested = entries.iter().find(|entry| entry.value == Value::Mapping && !entry.path.contains('.'));
    let below = nested.map_or(0, |group| indentation(text, entries, &group.path).len());
    " ".repeat(if below > top { below - top } else { 2 })
}

/// Whether all but one field are what they were.
fn same_others(before: &[Entry], after: &[Entry], field: &str) -> bool {
    let others = |entries: &[Entry]| -> Vec<(String, Value)> {
        let others = entries.iter().filter(|entry| entry.path != field && entry.value != Value::Mapping);
        others.map(|entry| (entry.path.clone(), entry.value.clone())).collect()
    };
    others(before) == others(after)
}

#[cfg(test)]
#[path = "edit_test.rs"]
mod tests;
