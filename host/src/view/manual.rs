//! A page of the manual.

use serde_json::{Value, json};

use super::{Paint, Reader, View};
use crate::manual::Page;

/// One page: its source for a program, and the command's help for a person whose machine has no `man`.
pub struct Manual(pub Page);

impl View for Manual {
    fn schema(&self) -> &'static str {
        "systemprompt/man/v1"
    }

    fn data(&self) -> Value {
        json!({ "name": self.0.name, "section": 1, "text": self.0.text })
    }

    fn text(&self, paint: Paint) -> String {
        if paint.terminal { self.0.help.clone() } else { self.0.text.clone() }
    }

    fn reader(&self) -> Reader {
        Reader::Man(self.0.text.clone())
    }
}
