//! Tenants: one, all, and what became of one.

use std::collections::HashMap;
use std::fmt::Write;

use serde_json::{Map, Value, json};
use systemprompt_events::{TenantId, TenantState, TenantSummary, TenantView, Timestamp};

use super::layout::{self, cut, table, width};
use super::{Paint, View};

/// As wide as the seed's document draws it.
const RULE_COLUMNS: usize = 53;
/// Column of the ids in a list.
const ID_COLUMNS: usize = 20;
/// A shorter name says too little: it rather has a line of its own.
const NAME_COLUMNS_MIN: usize = 16;
/// Of a UUID, up to the second dash: enough to tell it apart.
const UUID_SHORT: usize = 13;
/// Of a local id, `local_` and the time.
const LOCAL_SHORT: usize = 17;

/// Stands for what is not shown.
pub const HIDDEN: &str = "***";

/// A tenant with what its provider made.
pub struct Tenant {
    /// From the registry.
    pub registered: TenantView,
    /// Whether it is the project's selection.
    pub selected: bool,
    /// Resources as they are shown: URLs masked unless asked for.
    pub resources: Map<String, Value>,
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

/// All tenants of a project.
pub struct Tenants {
    /// From the registry, oldest first.
    pub tenants: Vec<TenantSummary>,
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
        let rule = paint.columns.map_or(RULE_COLUMNS, |columns| columns.min(RULE_COLUMNS));
        let mut text = format!("Tenants\n{}\n", "━".repeat(rule));
        if self.tenants.is_empty() {
            let none = "none yet; to create one, run `systemprompt cloud tenant create --type local --name my-project`";
            text.push_str(&layout::hang("  ", none, paint));
        }
        let ids = self.tenants.iter().map(|tenant| tenant.id.as_str());
        let ids: Vec<_> = if paint.terminal { short_ids(ids) } else { ids.map(ToOwned::to_owned).collect() };
        for (tenant, id) in self.tenants.iter().zip(ids) {
            let selected = if self.selected.as_ref() == Some(&tenant.id) { "(selected) " } else { "" };
            let columns = format!("  {id:<ID_COLUMNS$} {selected}{}", tenant.tenant_type);
            let mut rest = tenant.region.as_ref().map(|region| format!("   {region}")).unwrap_or_default();
            if tenant.protected {
                rest.push_str("   (protected)");
            }
            if tenant.state != TenantState::Ready {
                let _always = write!(rest, "   ({})", state_name(tenant.state));
            }
            text.push_str(&row(&columns, tenant.name.as_str(), &rest, paint));
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
    }
}

/// One tenant in the list: on a narrow terminal its name is cut, on a very narrow one it has a line of its own.
fn row(columns: &str, name: &str, rest: &str, paint: Paint) -> String {
    const GAP: &str = "   ";
    let Some(limit) = paint.columns else { return format!("{columns}{GAP}{name}{rest}\n") };
    let left = limit.saturating_sub(width(columns) + GAP.len() + width(rest));
    if width(name) <= left || left >= NAME_COLUMNS_MIN {
        return format!("{columns}{GAP}{}{rest}\n", cut(name, left));
    }
    let left = limit.saturating_sub(2 * GAP.len() + width(rest));
    format!("{columns}\n{GAP}{GAP}{}{rest}\n", cut(name, left))
}

/// Ids that fit their column; with `...` each is still understood where an id is asked for, and means this tenant.
fn short_ids<'i>(ids: impl Iterator<Item = &'i str> + Clone) -> Vec<String> {
    let beginning = |id: &'i str| {
        let kept = if id.starts_with("local_") { LOCAL_SHORT } else { UUID_SHORT };
        id.get(..kept).unwrap_or(id)
    };
    let mut sharing: HashMap<&str, u32> = HashMap::new();
    for id in ids.clone() {
        *sharing.entry(beginning(id)).or_default() += 1;
    }
    let short = |id: &'i str| match sharing.get(beginning(id)) {
        Some(1) if id.len() > ID_COLUMNS => format!("{}...", beginning(id)),
        Some(_) | None => id.to_owned(),
    };
    ids.map(short).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_shortened_as_the_document_shows() {
        let short = |id: &'static str| short_ids([id].into_iter());
        assert_eq!(short("local_19bff27604c"), ["local_19bff27604c"]);
        assert_eq!(short("999bc654-9a64-49bc-98be-db976fc84e76"), ["999bc654-9a64..."]);
        assert_eq!(short("local_19bff27604c01234567"), ["local_19bff27604c..."]);
    }

    #[test]
    fn ids_that_would_look_the_same_are_shown_whole() {
        let ids = ["local_19bff27604c01234567", "local_19bff27604cffffffff", "local_19bff27604d01234567"];
        assert_eq!(short_ids(ids.into_iter()), [ids[0], ids[1], "local_19bff27604d..."]);
        let whole_and_beginning = ["local_19bff27604c", "local_19bff27604c01234567"];
        assert_eq!(short_ids(whole_and_beginning.into_iter()), whole_and_beginning);
    }

    #[test]
    fn a_long_name_is_cut_on_a_narrow_terminal_and_has_its_own_line_on_a_very_narrow_one() {
        let (columns, name) = ("  local_19bff27604c    local", "a-very-long-name-for-a-tenant");
        let row = |limit| row(columns, name, "   iad", Paint { terminal: true, columns: Some(limit) });
        assert_eq!(row(80), format!("{columns}   {name}   iad\n"));
        assert_eq!(row(60), format!("{columns}   a-very-long-name-for-a…   iad\n"));
        assert_eq!(row(40), format!("{columns}\n      a-very-long-name-for-a-tena…   iad\n"));
    }
}
