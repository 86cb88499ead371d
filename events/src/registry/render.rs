//! Writing `tenants.json`.

use serde::{Serialize, Serializer, ser::SerializeMap as _};
use serde_json::Value;

use super::{FOREIGN_FIELDS, fields};
use crate::{TenantId, TenantType, TenantView, Timestamp, template};

/// The registry's text: pretty-printed JSON with a newline at its end.
///
/// `fill` turns a template of this tenant into the text that it stands for; where it cannot, the field is left out.
pub fn render(
    tenants: &[TenantView],
    synced_at: Timestamp,
    fill: &dyn Fn(&TenantId, &str) -> Option<String>,
) -> String {
    let tenants = tenants.iter().map(|tenant| OrderedFields(record(tenant, fill))).collect();
    let registry = Registry { tenants, synced_at: synced_at.to_seconds_text() };
    let text = serde_json::to_string_pretty(&registry).expect("BUG: a registry has no JSON form");
    text + "\n"
}

#[derive(Serialize)]
struct Registry {
    tenants: Vec<OrderedFields>,
    synced_at: String,
}

/// An object whose fields stay in the order in which they are given.
struct OrderedFields(Vec<(String, Value)>);

impl Serialize for OrderedFields {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (name, value) in &self.0 {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}

fn record(tenant: &TenantView, fill: &dyn Fn(&TenantId, &str) -> Option<String>) -> Vec<(String, Value)> {
    let resources = tenant.resources.value();
    let mut resources = resources.as_object().cloned().unwrap_or_default();
    let mut record: Vec<(String, Value)> = vec![
        ("id".to_owned(), tenant.id.as_str().into()),
        ("name".to_owned(), tenant.name.as_str().into()),
        ("tenant_type".to_owned(), tenant.tenant_type.as_str().into()),
    ];
    for field in fields(tenant.tenant_type) {
        let value = resources.remove(*field).filter(|value| !value.is_null());
        let value = match (*field, &tenant.region, tenant.tenant_type) {
            ("region", Some(region), _) => Some(region.as_str().into()),
            ("external_db_access", _, TenantType::Local) => Some(value.unwrap_or(Value::Bool(false))),
            _ => value,
        };
        let value = value.and_then(|value| filled(value, &|template| fill(&tenant.id, template)));
        record.extend(value.map(|value| ((*field).to_owned(), value)));
    }
    if let Some(Value::Object(foreign)) = resources.remove(FOREIGN_FIELDS) {
        for (name, value) in foreign {
            let value = filled(value, &|template| fill(&tenant.id, template));
            let is_known = record.iter().any(|(known, _)| *known == name);
            record.extend(value.filter(|_| !is_known).map(|value| (name, value)));
        }
    }
    record
}

/// A value with every template in it filled; none when one cannot be.
fn filled(value: Value, fill: &dyn Fn(&str) -> Option<String>) -> Option<Value> {
    match value {
        Value::String(text) => {
            let names_secrets = template::references(&text).map(|references| !references.is_empty());
            match names_secrets {
                Ok(true) => fill(&text).map(Value::String),
                Ok(false) => Some(Value::String(text.replace("{{open}}", "{{"))),
                Err(_) => Some(Value::String(text)),
            }
        }
        Value::Array(items) => {
            items.into_iter().map(|item| filled(item, fill)).collect::<Option<_>>().map(Value::Array)
        }
        Value::Object(map) => {
            let filled = map.into_iter().map(|(name, value)| filled(value, fill).map(|value| (name, value)));
            filled.collect::<Option<_>>().map(Value::Object)
        }
        plain @ (Value::Null | Value::Bool(_) | Value::Number(_)) => Some(plain),
    }
}
