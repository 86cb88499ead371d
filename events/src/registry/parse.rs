//! Reading a `tenants.json` that another program left, or that somebody edited.

use std::collections::{HashMap, HashSet};

use serde_json::{Map, Value};

use super::{FOREIGN_FIELDS, fields};
use crate::{InvalidJson, Json, RefusedRecord, Region, TenantId, TenantName, TenantType, name::shown};

/// A registry of a thousand tenants has half a megabyte.
pub const REGISTRY_BYTES_MAX: usize = 4 << 20;
/// More suffixes than a registry of the largest size has records.
const SUFFIX_MAX: u32 = 1 << 20;

/// A tenant from a foreign registry. Its resources hold what the registry said, secrets in clear: whoever takes it in
/// seals them first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ForeignTenant {
    /// Its id.
    pub id: TenantId,
    /// Its name, made valid and unique within the registry.
    pub name: TenantName,
    /// The name as the registry has it.
    pub foreign_name: String,
    /// Where it runs.
    pub tenant_type: TenantType,
    /// In which region.
    pub region: Option<Region>,
    /// Known fields under their names, the others in the object [`FOREIGN_FIELDS`].
    pub resources: Json,
}

/// Why a text is not a registry at all.
#[derive(Debug, thiserror::Error)]
pub enum RegistryError {
    /// More than 4 MiB.
    #[error("the registry has {bytes} bytes, which is too many: at most {REGISTRY_BYTES_MAX}")]
    TooLarge {
        /// How many.
        bytes: usize,
    },
    /// Not JSON.
    #[error("the registry is not JSON: {source}")]
    Syntax {
        /// What the parser says.
        source: serde_json::Error,
    },
    /// JSON, but not a registry.
    #[error("the registry has no list `tenants`")]
    NoTenants,
}

/// The tenants of a registry, each taken or refused with the reason.
///
/// An invalid or repeated name is made valid and unique; a repeated id is refused: one of the two would be lost.
pub fn parse(text: &str) -> Result<Vec<Result<ForeignTenant, RefusedRecord>>, RegistryError> {
    if text.len() > REGISTRY_BYTES_MAX {
        return Err(RegistryError::TooLarge { bytes: text.len() });
    }
    let document: Value = serde_json::from_str(text).map_err(|source| RegistryError::Syntax { source })?;
    let records = document.get("tenants").and_then(Value::as_array).ok_or(RegistryError::NoTenants)?;
    let mut taken = Taken::default();
    let parsed = records.iter().zip(0..).map(|(record, index)| {
        let tenant = taken.tenant(record);
        tenant.map_err(|error| RefusedRecord { index, reason: format!("{}{error}", called(record)) })
    });
    Ok(parsed.collect())
}

/// How a record is called, for who looks for it; nothing, where it says nothing.
fn called(record: &Value) -> String {
    let text = |field: &str| record.get(field).and_then(Value::as_str).filter(|text| !text.is_empty());
    let called = text("name").or_else(|| text("id"));
    called.map(|called| format!("`{}`: ", shown(called))).unwrap_or_default()
}

/// Why one record is refused.
#[derive(Debug, thiserror::Error)]
enum Refused {
    #[error("it is not an object")]
    NotAnObject,
    #[error("it has no text `{field}`")]
    Missing { field: &'static str },
    #[error(transparent)]
    Id(#[from] crate::InvalidTenantId),
    #[error("its id `{id}` stands in the registry twice")]
    Duplicate { id: TenantId },
    #[error(transparent)]
    Type(#[from] crate::UnknownWord),
    #[error("its region `{given}` is not valid")]
    Region { given: String },
    #[error(transparent)]
    Fields(#[from] InvalidJson),
}

/// What the records before took.
#[derive(Default)]
struct Taken {
    ids: HashSet<TenantId>,
    names: HashSet<TenantName>,
    /// The last suffix that was tried after a stem, so that none is tried twice: long names may share one.
    suffixes: HashMap<TenantName, u32>,
}

impl Taken {
    fn tenant(&mut self, record: &Value) -> Result<ForeignTenant, Refused> {
        let record = record.as_object().ok_or(Refused::NotAnObject)?;
        let id: TenantId = text(record, "id")?.parse()?;
        let foreign_name = text(record, "name")?;
        let tenant_type = match record.get("tenant_type") {
            // Registries of the first format say nothing about local tenants.
            None | Some(Value::Null) => TenantType::Local,
            Some(Value::String(word)) => word.parse()?,
            Some(_) => return Err(Refused::Missing { field: "tenant_type" }),
        };
        let region = match record.get("region") {
            None | Some(Value::Null) => None,
            Some(Value::String(region)) => Some(region.parse().map_err(|_| Refused::Region { given: shown(region) })?),
            Some(_) => return Err(Refused::Missing { field: "region" }),
        };
        let resources = resources(record, tenant_type)?;
        if !self.ids.insert(id.clone()) {
            return Err(Refused::Duplicate { id });
        }
        let name = self.unique(TenantName::from_foreign(foreign_name));
        Ok(ForeignTenant { id, name, foreign_name: shown(foreign_name), tenant_type, region, resources })
    }

    fn unique(&mut self, name: TenantName) -> TenantName {
        if self.names.insert(name.clone()) {
            return name;
        }
        let stem = name.with_suffix(0);
        let first = self.suffixes.get(&stem).map_or(2, |last| last + 1);
        let mut suffixed = (first..SUFFIX_MAX).map(|number| (name.with_suffix(number), number));
        let free = suffixed.find(|(candidate, _)| !self.names.contains(candidate));
        let (free, number) = free.unwrap_or_else(|| (name.clone(), SUFFIX_MAX));
        self.suffixes.insert(stem, number);
        self.names.insert(free.clone());
        free
    }
}

fn text<'a>(record: &'a Map<String, Value>, field: &'static str) -> Result<&'a str, Refused> {
    record.get(field).and_then(Value::as_str).filter(|text| !text.is_empty()).ok_or(Refused::Missing { field })
}

fn resources(record: &Map<String, Value>, tenant_type: TenantType) -> Result<Json, Refused> {
    let mut resources = Map::new();
    let mut foreign = Map::new();
    for (name, value) in record {
        match name.as_str() {
            "id" | "name" | "tenant_type" | "region" => {}
            known if fields(tenant_type).contains(&known) && value.is_null() => {}
            known if fields(tenant_type).contains(&known) => {
                resources.insert(name.clone(), value.clone());
            }
            _ => {
                foreign.insert(name.clone(), value.clone());
            }
        }
    }
    if !foreign.is_empty() {
        resources.insert(FOREIGN_FIELDS.to_owned(), Value::Object(foreign));
    }
    Ok(Json::from_value(&Value::Object(resources))?)
}
