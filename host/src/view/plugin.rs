//! Plugins: what they are, and what they may do.

use serde_json::{Value, json};

use super::layout::{hang, table};
use super::{Paint, View};
use crate::plugin::demand::memory_in;
use crate::text::one_line;

/// A plugin as the user may know it.
pub struct Plugin {
    /// Its id.
    pub id: String,
    /// Its version.
    pub version: String,
    /// SHA-256 of the component.
    pub hash: String,
    /// `embedded` or where it came from.
    pub source: String,
    /// What it imports.
    pub capabilities: Vec<String>,
    /// Whether this user allowed it anything on this machine.
    pub granted: bool,
    /// When that was, of what was asked about.
    pub granted_at: Option<String>,
    /// What this user allows it on this machine.
    pub allowed: Vec<String>,
    /// The key that it was signed with.
    pub publisher: Option<String>,
    /// What it says of itself.
    pub description: Value,
}

impl Plugin {
    fn json(&self) -> Value {
        json!({
            "id": self.id, "version": self.version, "hash": self.hash, "source": self.source,
            "capabilities": self.capabilities, "granted": self.granted, "granted_at": self.granted_at,
            "allowed": self.allowed, "publisher": self.publisher, "description": self.description,
        })
    }

    fn signed(&self) -> String {
        match &self.publisher {
            _ if self.source == "embedded" => "as the program is".to_owned(),
            Some(key) => format!("with {}", one_line(key, 60)),
            None => "no".to_owned(),
        }
    }

    fn allowed_in_words(&self) -> String {
        if !self.granted {
            return "no, not by you on this machine".to_owned();
        }
        let missing = self.capabilities.iter().filter(|capability| !self.allowed.contains(capability)).count();
        let what = if missing == 0 { "yes".to_owned() } else { format!("all but {missing} of what it asks for") };
        self.granted_at.as_ref().map_or_else(|| what.clone(), |time| format!("{what}, since {time}"))
    }

    /// A word of the plugin's own, made safe to show.
    fn word(&self, key: &str) -> String {
        one_line(self.description.get(key).and_then(Value::as_str).unwrap_or_default(), 80)
    }
}

impl View for Plugin {
    fn schema(&self) -> &'static str {
        "systemprompt/plugin/v1"
    }

    fn data(&self) -> Value {
        self.json()
    }

    fn text(&self, paint: Paint) -> String {
        let operations: Vec<&str> =
            self.description["operations"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        let rows = [
            ("ID", self.id.clone()),
            ("Title", self.word("title")),
            ("Version", one_line(&self.version, 20)),
            ("Tenants", self.word("tenant_type")),
            ("Operations", one_line(&operations.join(", "), 200)),
            ("Source", self.source.clone()),
            ("SHA-256", self.hash.clone()),
            ("Signed", self.signed()),
            ("Allowed", self.allowed_in_words()),
        ];
        let mut text = table(&rows, paint);
        text.push_str("Capabilities:\n");
        for capability in &self.capabilities {
            let name = one_line(capability.split(' ').next().unwrap_or_default(), 20);
            let is_missing = self.granted && !self.allowed.contains(capability);
            let not = if is_missing { "not allowed: " } else { "" };
            text.push_str(&hang(&format!("  {name:<9} "), &format!("{not}{}", in_words(capability)), paint));
        }
        text
    }
}

/// All plugins of a project.
pub struct Plugins(pub Vec<Plugin>);

impl View for Plugins {
    fn schema(&self) -> &'static str {
        "systemprompt/plugin-list/v1"
    }

    fn data(&self) -> Value {
        json!({ "plugins": self.0.iter().map(Plugin::json).collect::<Vec<_>>(), "total": self.0.len() })
    }

    fn text(&self, paint: Paint) -> String {
        let mut text = String::from("Plugins\n");
        for plugin in &self.0 {
            let allowed = if plugin.granted { "" } else { "   (not allowed on this machine)" };
            let kind = plugin.word("tenant_type");
            let (version, title) = (one_line(&plugin.version, 20), plugin.word("title"));
            let columns = format!("  {:<16} {version:<9} {kind:<6} ", plugin.id);
            text.push_str(&hang(&columns, &format!("{title}{allowed}"), paint));
        }
        text
    }
}

/// What a capability lets a plugin do, for somebody who decides about it.
pub fn in_words(capability: &str) -> String {
    if let Some(destination) = capability.strip_prefix("http ") {
        return format!("send requests to {}, with secrets of its own tenants", one_line(destination, 100));
    }
    if let Some(field) = capability.strip_prefix("postgres ") {
        let field = one_line(field, 60);
        return format!(
            "log in as administrator to the PostgreSQL server of your account (`{field}`), and to no other"
        );
    }
    if let Some(mebibytes) = memory_in(capability) {
        return format!("use up to {} MiB of memory at a time", one_line(mebibytes, 20));
    }
    let words = match capability {
        "account" => "act with the account that you log in to it with, whose secrets it never sees",
        "http" => "send requests to the destinations that are listed with it, and to no other",
        "journal" => "record the steps of an operation",
        "log" => "write log lines",
        "progress" => "show progress",
        "clock" => "read the time, and wait",
        "random" => "get random bytes",
        "secrets" => "have secrets generated, which it never sees",
        "docker" => "manage Docker containers and volumes that it made itself",
        "postgres" => "manage roles and databases of its own tenants",
        "server" => "run a PostgreSQL server on this machine",
        _ => "unknown to this version of systemprompt",
    };
    words.to_owned()
}
