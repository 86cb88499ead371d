//! What commands return: plain data in the user's terms, shown as text or as JSON by [`crate::ui`].

pub mod account;
pub mod aside;
pub mod authoring;
pub mod bisection;
pub mod blame;
pub mod check;
pub mod database;
pub mod difference;
pub mod exchange;
pub mod history;
pub mod layout;
pub mod manual;
pub mod migration;
pub mod picture;
pub mod plan;
pub mod plugin;
pub mod plugin_care;
pub mod printed;
pub mod profile;
pub mod proof;
pub mod rehearsal;
pub mod repair;
pub mod restore;
pub mod round;
pub mod secrets;
pub mod session;
pub mod statements;
pub mod sync;
pub mod tenant;
pub mod timeline;
pub mod undo;
pub mod variables;
pub mod verified;

use serde_json::Value;

use crate::text::one_line;

/// How text is to be laid out.
#[derive(Debug, Clone, Copy)]
pub struct Paint {
    /// Standard output is a terminal.
    pub terminal: bool,
    /// As many columns as a line may have; None where there is nobody to see them.
    pub columns: Option<usize>,
}

/// In what a text is shown on a terminal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reader {
    /// Printed.
    None,
    /// In the user's pager, if it is longer than the screen.
    Pager,
    /// Not the text but this source, in `man`; the text where that is not there.
    Man(String),
}

/// An answer of a command.
pub trait View {
    /// Which document the JSON is: `systemprompt/<command>/v1`.
    fn schema(&self) -> &'static str;
    /// The JSON form.
    fn data(&self) -> Value;
    /// The text form, ending in a line break.
    fn text(&self, paint: Paint) -> String;
    /// In what it is shown on a terminal.
    fn reader(&self) -> Reader {
        Reader::None
    }
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
