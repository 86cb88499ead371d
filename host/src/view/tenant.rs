//! Tenants: one, all, and what became of one.

use std::fmt::Write;

use serde_json::{Map, Value, json};
use systemprompt_events::{TenantId, TenantState, TenantView};

use super::{Paint, View, table};

/// As wide as the seed's document draws it.
const RULE_COLUMNS: usize = 53;
/// Column of the ids in a list.
const ID_COLUMNS: usize = 20;
/// Of a UUID, up to the second dash: enough to tell it apart.
const UUID_SHORT: usize = 13;
/// Of a local id, `local_` and the time.
const LOCAL_SHORT: usize = 17;

/// A tenant with what its provider made.
pub struct Tenant {
    /// From the registry.
    pub registered: TenantView,
    /// Whether it is the project's selection.
    pub selected: bool,
    /// Resources as they are shown: URLs masked unless asked for.
    pub resources: Map<String, Value>,
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
        let mut data = fields(&self.registered, self.selected);
        data.insert("config".to_owned(), self.registered.config.value());
        data.insert("resources".to_owned(), Value::Object(self.resources.clone()));
        if let Some(happened) = &self.happened {
            data.insert("happened".to_owned(), json!(happened));
        }
        Value::Object(data)
    }

    fn text(&self, _paint: Paint) -> String {
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
        if let Some(region) = &tenant.region {
            rows.push(("Region", region.to_string()));
        }
        let known = [
            ("hostname", "Hostname"),
            ("app_id", "App ID"),
            ("database_url", "Database URL"),
            ("internal_database_url", "Internal URL"),
            ("shared_container_db", "Container"),
        ];
        for (field, label) in known {
            if let Some(value) = self.resources.get(field).and_then(Value::as_str) {
                rows.push((label, value.to_owned()));
            }
        }
        rows.push(("Created", tenant.created_at.to_string()));
        text.push_str(&table(&rows));
        for hint in &self.hints {
            let _always = write!(text, "\n{hint}");
        }
        if !self.hints.is_empty() {
            text.push('\n');
        }
        text
    }
}

/// All tenants of a project.
pub struct Tenants {
    /// From the registry, oldest first.
    pub tenants: Vec<TenantView>,
    /// The project's selection.
    pub selected: Option<TenantId>,
}

impl View for Tenants {
    fn schema(&self) -> &'static str {
        "systemprompt/cloud-tenant-list/v1"
    }

    fn data(&self) -> Value {
        let all = self.tenants.iter().map(|tenant| {
            let selected = self.selected.as_ref() == Some(&tenant.id);
            Value::Object(fields(tenant, selected))
        });
        json!({ "tenants": all.collect::<Vec<_>>(), "total": self.tenants.len() })
    }

    fn text(&self, paint: Paint) -> String {
        let mut text = format!("Tenants\n{}\n", "━".repeat(RULE_COLUMNS));
        if self.tenants.is_empty() {
            text.push_str(
                "  none yet; to create one, run `systemprompt cloud tenant create --type local --name my-project`\n",
            );
        }
        for tenant in &self.tenants {
            let id = if paint.terminal { short_id(&tenant.id) } else { tenant.id.to_string() };
            let selected = if self.selected.as_ref() == Some(&tenant.id) { "(selected) " } else { "" };
            let _always = write!(text, "  {id:<ID_COLUMNS$} {selected}{}   {}", tenant.tenant_type, tenant.name);
            if let Some(region) = &tenant.region {
                let _always = write!(text, "   {region}");
            }
            if tenant.state != TenantState::Ready {
                let _always = write!(text, "   ({})", state_name(tenant.state));
            }
            text.push('\n');
        }
        text
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

    fn text(&self, _paint: Paint) -> String {
        self.lines.iter().fold(String::new(), |text, line| text + line + "\n")
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

    fn text(&self, _paint: Paint) -> String {
        let reachable = if self.reachable { "yes" } else { "no" };
        let mut rows = vec![
            ("Tenant", format!("{} ({})", self.tenant.name, self.tenant.id)),
            ("State", self.state.clone()),
            ("Reachable", reachable.to_owned()),
        ];
        rows.extend(self.details.iter().map(|(label, value)| (label.as_str(), value.clone())));
        table(&rows)
    }

    fn is_failure(&self) -> bool {
        !self.reachable
    }
}

fn fields(tenant: &TenantView, selected: bool) -> Map<String, Value> {
    let value = json!({
        "id": tenant.id.as_str(),
        "name": tenant.name.as_str(),
        "tenant_type": tenant.tenant_type.to_string(),
        "provider": tenant.provider.as_str(),
        "region": tenant.region.as_ref().map(ToString::to_string),
        "state": state_name(tenant.state),
        "selected": selected,
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
        TenantState::Deleting => "deleting",
    }
}

/// An id that fits its column; with `...` it is still understood where an id is asked for.
pub fn short_id(id: &TenantId) -> String {
    let id = id.as_str();
    if id.len() <= ID_COLUMNS {
        return id.to_owned();
    }
    let kept = if id.starts_with("local_") { LOCAL_SHORT } else { UUID_SHORT };
    format!("{}...", &id[..kept])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_shortened_as_the_document_shows() {
        let short = |id: &str| short_id(&id.parse().unwrap());
        assert_eq!(short("local_19bff27604c"), "local_19bff27604c");
        assert_eq!(short("999bc654-9a64-49bc-98be-db976fc84e76"), "999bc654-9a64...");
        assert_eq!(short("local_19bff27604c01234567"), "local_19bff27604c...");
    }
}
