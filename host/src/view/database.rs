//! The server that tenants share.

use serde_json::{Value, json};

use super::layout::table;
use super::{Paint, View};

/// State of the shared server of a provider, or of a tenant's database that its provider reaches.
pub struct Server {
    /// Which provider.
    pub provider: String,
    /// Whether it answers.
    pub reachable: bool,
    /// `ready`, `stopped`, `missing`, …
    pub state: String,
    /// Label and value, in the provider's order.
    pub details: Vec<(String, String)>,
    /// Lines for a person.
    pub hints: Vec<String>,
    /// That it does not answer is bad news.
    pub expected: bool,
}

impl View for Server {
    fn schema(&self) -> &'static str {
        "systemprompt/infra-db/v1"
    }

    fn data(&self) -> Value {
        let details: Vec<_> =
            self.details.iter().map(|(label, value)| json!({ "label": label, "value": value })).collect();
        json!({ "provider": self.provider, "reachable": self.reachable, "state": self.state, "details": details })
    }

    fn text(&self, paint: Paint) -> String {
        let mut rows = vec![("Provider", self.provider.clone()), ("State", self.state.clone())];
        rows.extend(self.details.iter().map(|(label, value)| (label.as_str(), value.clone())));
        let mut text = table(&rows, paint);
        for hint in &self.hints {
            text.push_str(hint);
            text.push('\n');
        }
        text
    }

    fn is_failure(&self) -> bool {
        self.expected && !self.reachable
    }
}
