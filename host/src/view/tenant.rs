//! Tenants: one, all, and what became of one.

mod list;

use std::fmt::Write;

use serde_json::{Map, Value, json};
use systemprompt_events::{TenantState, TenantSummary, TenantView, Timestamp};

pub use self::list::Tenants;
use super::layout::{self, table};
use super::{Paint, View};
use crate::live::Glance;
use crate::text::one_line;

/// Stands for what is not shown.
pub const HIDDEN: &str = "***";
/// Records of a domain that are shown; a certificate needs few.
const RECORDS_MAX: usize = 20;

/// A tenant with what its provider made.
pub struct Tenant {
    /// From the registry.
    pub registered: TenantView,
    /// Whether it is the project's selection.
    pub selected: bool,
    /// Resources as they are shown: URLs masked unless asked for.
    pub resources: Map<String, Value>,
    /// How it is, where its provider was asked.
    pub live: Option<Glance>,
    /// Until when an earlier password is taken too.
    pub old_password_until: Option<Timestamp>,
    /// What a terminal is told besides.
    pub hints: Vec<String>,
    /// What happened, as `created`; None when it is only shown.
    pub happened: Option<String>,
}

impl View for Tenant {
    fn schema(&self) -> &'static str {
        "systemprompt/cloud-tenant/v1"
    }

    fn data(&self) -> Value {
        let mut data = fields(&self.registered.summary(), self.selected);
        data.insert("config".to_owned(), self.registered.config.value());
        data.insert("resources".to_owned(), Value::Object(self.resources.clone()));
        if let Some(live) = &self.live {
            data.insert("live".to_owned(), live_data(live));
        }
        if let Some(happened) = &self.happened {
            data.insert("happened".to_owned(), json!(happened));
        }
        Value::Object(data)
    }

    fn text(&self, paint: Paint) -> String {
        let tenant = &self.registered;
        let mut text = String::new();
        if let Some(happened) = &self.happened {
            let _always = writeln!(text, "{happened} tenant `{}`\n", tenant.name);
        }
        let selected = if self.selected { " (selected)" } else { "" };
        let mut rows = vec![
            ("ID", format!("{}{selected}", tenant.id)),
            ("Name", tenant.name.to_string()),
            ("Type", tenant.tenant_type.to_string()),
            ("Provider", tenant.provider.to_string()),
            ("State", state_name(tenant.state).to_owned()),
        ];
        rows.extend(self.live());
        if tenant.protected {
            rows.push(("Protected", "yes".to_owned()));
        }
        if let Some(region) = &tenant.region {
            rows.push(("Region", region.to_string()));
        }
        let known = [
            ("hostname", "Hostname"),
            ("app_id", "App ID"),
            ("database_url", "Database URL"),
            ("internal_database_url", "Internal URL"),
            ("shared_container_db", "Container"),
            ("sync_token", "Sync token"),
        ];
        for (field, label) in known {
            // A token that is hidden says nothing.
            let value = self
                .resources
                .get(field)
                .and_then(Value::as_str)
                .filter(|value| field != "sync_token" || *value != HIDDEN);
            rows.extend(value.map(|value| (label, value.to_owned())));
        }
        rows.extend(self.certificate());
        if let Some(until) = &self.old_password_until {
            rows.push(("Old password", format!("is taken until {until}")));
        }
        rows.push(("Created", tenant.created_at.to_string()));
        text.push_str(&table(&rows, paint));
        if !self.hints.is_empty() {
            text.push('\n');
        }
        for hint in &self.hints {
            text.push_str(&layout::hint(hint, paint));
        }
        text
    }
}

impl Tenant {
    /// How it is now, and what tells more.
    fn live(&self) -> Option<(&'static str, String)> {
        let more = format!("systemprompt cloud tenant status {}", self.registered.name);
        let value = match self.live.as_ref()? {
            Glance::Told { state, differs, .. } if differs.is_empty() => state.clone(),
            Glance::Told { state, .. } => format!("{state}, and not all is as recorded: {more}"),
            Glance::Unknown(why) => format!("not known: {why}"),
        };
        Some(("Live", value))
    }

    /// The domain with its certificate, and what its DNS had to say when that was asked for.
    fn certificate(&self) -> Vec<(&'static str, String)> {
        let Some(certificate) = self.resources.get("certificate") else { return Vec::new() };
        let text = |value: &Value, field: &str| one_line(value[field].as_str().unwrap_or_default(), 300);
        let (domain, status) = (text(certificate, "hostname"), text(certificate, "status"));
        let live = format!("systemprompt cloud tenant status {}", self.registered.name);
        let mut rows = vec![("Domain", format!("{domain}, {status} when it was asked for; now: {live}"))];
        let records = certificate["records"].as_array().into_iter().flatten().take(RECORDS_MAX);
        rows.extend(
            records.map(|record| ("DNS", ["type", "name", "value"].map(|field| text(record, field)).join(" "))),
        );
        rows
    }
}

/// What became of a tenant that is not there any more, or of the selection.
pub struct Happened {
    /// Its schema.
    pub schema: &'static str,
    /// JSON form.
    pub data: Value,
    /// Lines for a person.
    pub lines: Vec<String>,
}

impl View for Happened {
    fn schema(&self) -> &'static str {
        self.schema
    }

    fn data(&self) -> Value {
        self.data.clone()
    }

    fn text(&self, paint: Paint) -> String {
        self.lines.iter().map(|line| layout::sentence(line, paint)).collect()
    }
}

/// Live state, asked of the provider.
pub struct Status {
    /// From the registry.
    pub tenant: TenantView,
    /// Whether it answers.
    pub reachable: bool,
    /// `ready`, `stopped`, `missing`, …
    pub state: String,
    /// Label and value, in the provider's order.
    pub details: Vec<(String, String)>,
}

impl View for Status {
    fn schema(&self) -> &'static str {
        "systemprompt/cloud-tenant-status/v1"
    }

    fn data(&self) -> Value {
        let details: Vec<_> =
            self.details.iter().map(|(label, value)| json!({ "label": label, "value": value })).collect();
        json!({
            "id": self.tenant.id.as_str(), "name": self.tenant.name.as_str(),
            "reachable": self.reachable, "state": self.state, "details": details,
        })
    }

    fn text(&self, paint: Paint) -> String {
        let reachable = if self.reachable { "yes" } else { "no" };
        let mut rows = vec![
            ("Tenant", format!("{} ({})", self.tenant.name, self.tenant.id)),
            ("State", self.state.clone()),
            ("Reachable", reachable.to_owned()),
        ];
        rows.extend(self.details.iter().map(|(label, value)| (label.as_str(), value.clone())));
        table(&rows, paint)
    }

    fn is_failure(&self) -> bool {
        !self.reachable
    }
}

fn live_data(live: &Glance) -> Value {
    match live {
        Glance::Told { reachable, state, differs } => {
            json!({ "reachable": reachable, "state": state, "differs": differs, "why": null })
        }
        Glance::Unknown(why) => json!({ "reachable": null, "state": null, "differs": [], "why": why }),
    }
}

fn fields(tenant: &TenantSummary, selected: bool) -> Map<String, Value> {
    let value = json!({
        "id": tenant.id.as_str(),
        "name": tenant.name.as_str(),
        "tenant_type": tenant.tenant_type.to_string(),
        "provider": tenant.provider.as_str(),
        "region": tenant.region.as_ref().map(ToString::to_string),
        "state": state_name(tenant.state),
        "selected": selected,
        "protected": tenant.protected,
        "created_at": tenant.created_at.to_string(),
        "updated_at": tenant.updated_at.to_string(),
    });
    match value {
        Value::Object(fields) => fields,
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => Map::new(),
    }
}

/// The word for a state, as in JSON.
pub fn state_name(state: TenantState) -> &'static str {
    match state {
        TenantState::Creating => "creating",
        TenantState::Ready => "ready",
        TenantState::Changing => "changing",
        TenantState::Deleting => "deleting",
        TenantState::Cancelled => "cancelled",
        TenantState::Vanished => "vanished",
    }
}
