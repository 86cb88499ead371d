//! What `which` and `doctor` found.

use std::fmt::Write;

use serde_json::{Value, json};

use super::{Paint, View, table};

/// Where a choice came from.
pub struct Which {
    /// The project directory, if there is one.
    pub project: Option<String>,
    /// How it was found.
    pub project_from: String,
    /// Id and name of the tenant, if one is chosen.
    pub tenant: Option<(String, String)>,
    /// How it was chosen.
    pub tenant_from: String,
    /// All candidates in order of precedence: source, value.
    pub candidates: Vec<(String, Option<String>)>,
    /// Show the candidates too.
    pub explain: bool,
}

impl View for Which {
    fn schema(&self) -> &'static str {
        "systemprompt/which/v1"
    }

    fn data(&self) -> Value {
        let candidates: Vec<_> =
            self.candidates.iter().map(|(source, value)| json!({ "source": source, "value": value })).collect();
        json!({
            "project": self.project, "project_from": self.project_from,
            "tenant": self.tenant.as_ref().map(|(id, name)| json!({ "id": id, "name": name })),
            "tenant_from": self.tenant_from, "candidates": candidates,
        })
    }

    fn text(&self, _paint: Paint) -> String {
        let none = || "none".to_owned();
        let tenant = self.tenant.as_ref().map_or_else(none, |(id, name)| format!("{name} ({id})"));
        let mut text = table(&[
            ("Project", format!("{}, {}", self.project.clone().unwrap_or_else(none), self.project_from)),
            ("Tenant", format!("{tenant}, {}", self.tenant_from)),
        ]);
        if self.explain {
            text.push_str("the first that is set decides about the tenant:\n");
            for (source, value) in &self.candidates {
                let _always = writeln!(text, "  {source:<30} {}", value.clone().unwrap_or_else(none));
            }
        }
        text
    }
}

/// How a check of the surroundings went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Health {
    /// In order.
    Good,
    /// Works, and could be better.
    Fair,
    /// Does not work.
    Bad,
}

/// One check.
pub struct Check {
    /// What was looked at.
    pub name: String,
    /// How it is.
    pub health: Health,
    /// What was found.
    pub found: String,
    /// What to do about it.
    pub help: Option<String>,
}

/// All checks.
pub struct Doctor(pub Vec<Check>);

impl View for Doctor {
    fn schema(&self) -> &'static str {
        "systemprompt/doctor/v1"
    }

    fn data(&self) -> Value {
        let checks = self.0.iter().map(|check| {
            json!({ "name": check.name, "health": word(check.health), "found": check.found, "help": check.help })
        });
        json!({ "checks": checks.collect::<Vec<_>>() })
    }

    fn text(&self, _paint: Paint) -> String {
        let width = self.0.iter().map(|check| check.name.len()).max().unwrap_or(0);
        let mut text = String::new();
        for check in &self.0 {
            let _always = writeln!(text, "{:<5} {:<width$}  {}", word(check.health), check.name, check.found);
            if let Some(help) = &check.help {
                let _always = writeln!(text, "      {:<width$}  {help}", "");
            }
        }
        text
    }

    fn is_failure(&self) -> bool {
        self.0.iter().any(|check| check.health == Health::Bad)
    }
}

fn word(health: Health) -> &'static str {
    match health {
        Health::Good => "ok",
        Health::Fair => "note",
        Health::Bad => "fail",
    }
}
