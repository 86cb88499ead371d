//! What `which` and `doctor` found.

use serde_json::{Value, json};

use super::layout::{hang, table};
use super::{Paint, View};

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
    /// Name of the profile, if one is in use there, and how it was chosen.
    pub profile: Option<(String, String)>,
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
            "tenant_from": self.tenant_from,
            "profile": self.profile.as_ref().map(|(name, from)| json!({ "name": name, "from": from })), "candidates": candidates,
        })
    }

    fn text(&self, paint: Paint) -> String {
        let none = || "none".to_owned();
        let tenant = self.tenant.as_ref().map_or_else(none, |(id, name)| format!("{name} ({id})"));
        let project = self.project.as_ref().map(|project| format!("{project}, {}", self.project_from));
        let mut rows = Vec::from([
            ("Project", project.unwrap_or_else(|| self.project_from.clone())),
            ("Tenant", format!("{tenant}, {}", self.tenant_from)),
        ]);
        if let Some((name, from)) = &self.profile {
            rows.push(("Profile", format!("{name}, {from}")));
        }
        let mut text = table(&rows, paint);
        if self.explain {
            text.push_str("the first that is set decides about the tenant:\n");
            for (source, value) in &self.candidates {
                text.push_str(&hang(&format!("  {source:<30} "), &value.clone().unwrap_or_else(none), paint));
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

    fn text(&self, paint: Paint) -> String {
        let width = self.0.iter().map(|check| check.name.len()).max().unwrap_or(0);
        let mut text = String::new();
        for check in &self.0 {
            let colour = colour(check.health);
            let columns = format!("{:<5} {:<width$}  ", word(check.health), check.name);
            let lines = hang(&columns, &check.found, paint);
            // Colour is put on what is laid out already, for it has no width.
            text.push_str(&lines.replacen(word(check.health), &format!("{colour}{}{colour:#}", word(check.health)), 1));
            if let Some(help) = &check.help {
                text.push_str(&hang(&format!("      {:<width$}  ", ""), help, paint));
            }
        }
        text
    }

    fn is_failure(&self) -> bool {
        self.0.iter().any(|check| check.health == Health::Bad)
    }
}

/// Says again what the word says: never the only sign.
fn colour(health: Health) -> anstyle::Style {
    match health {
        Health::Good => anstyle::AnsiColor::Green.on_default(),
        Health::Fair => anstyle::AnsiColor::Yellow.on_default(),
        Health::Bad => anstyle::AnsiColor::Red.on_default().bold(),
    }
}

fn word(health: Health) -> &'static str {
    match health {
        Health::Good => "ok",
        Health::Fair => "note",
        Health::Bad => "fail",
    }
}
