//! Text for another program: what it is printed as is what it is.

use serde_json::Value;

use super::{Paint, View};

/// A text that is not laid out: a script, a page.
pub struct Printed {
    /// Its schema.
    pub schema: &'static str,
    /// JSON form.
    pub data: Value,
    /// As it is.
    pub text: String,
}

impl View for Printed {
    fn schema(&self) -> &'static str {
        self.schema
    }

    fn data(&self) -> Value {
        self.data.clone()
    }

    fn text(&self, _paint: Paint) -> String {
        self.text.clone()
    }
}
