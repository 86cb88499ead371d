//! What commands return: plain data in the user's terms, shown as text or as JSON by [`crate::ui`].

pub mod check;
pub mod database;
pub mod history;
pub mod plan;
pub mod plugin;
pub mod tenant;

use serde_json::Value;

use crate::text::one_line;

/// How text is to be laid out.
#[derive(Debug, Clone, Copy)]
pub struct Paint {
    /// Standard output is a terminal.
    pub terminal: bool,
}

/// An answer of a command.
pub trait View {
    /// Which document the JSON is: `systemprompt/<command>/v1`.
    fn schema(&self) -> &'static str;
    /// The JSON form.
    fn data(&self) -> Value;
    /// The text form, ending in a line break.
    fn text(&self, paint: Paint) -> String;
    /// Whether the answer is bad news, and the exit code 1.
    fn is_failure(&self) -> bool {
        false
    }
}

/// An answer of any command.
pub type AnyView = Box<dyn View>;

/// A plugin's words about a state, made safe to show and bounded in number.
pub fn cleaned(state: &str, details: Vec<(String, String)>) -> (String, Vec<(String, String)>) {
    use crate::text::MESSAGE_CHARS_MAX;
    const DETAILS_MAX: usize = 50;
    let details = details.into_iter().take(DETAILS_MAX);
    let details = details.map(|(label, value)| (one_line(&label, 40), one_line(&value, MESSAGE_CHARS_MAX)));
    (one_line(state, 40), details.collect())
}

/// Labels and values, the values aligned.
pub(crate) fn table(rows: &[(&str, String)]) -> String {
    use std::fmt::Write;
    let width = rows.iter().map(|(label, _)| label.chars().count()).max().unwrap_or(0);
    rows.iter().fold(String::new(), |mut text, (label, value)| {
        let mut letters = label.chars();
        let label: String = letters.next().into_iter().flat_map(char::to_uppercase).chain(letters).collect();
        let _always: std::fmt::Result = writeln!(
            text,
            "{:<width$}  {value}",
            format!("{label}:"),
            value = one_line(value, 4_000),
            width = width + 1
        );
        text
    })
}
