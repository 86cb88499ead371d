//! The published schemas of what `--json` prints, `docs/schemas/<name>.v<n>.json`, and documents held against them.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::sync::LazyLock;

use jsonschema::Validator;
use serde_json::{Map, Value, json};

use crate::{Sandbox, repository};

/// A schema as it is published, and ready to check with.
pub struct Schema {
    /// Where it lies.
    pub path: PathBuf,
    /// As it is published: what it does not name is allowed, for fields may be added.
    pub published: Value,
    /// The same, but what it does not name is an error: a field that is printed has to be published.
    exact: Validator,
}

/// All of them, by what a document calls them: `systemprompt/which/v1`.
///
/// # Panics
/// If a file is no valid JSON Schema.
pub static SCHEMAS: LazyLock<BTreeMap<String, Schema>> = LazyLock::new(|| {
    let mut files = Sandbox::files_below(&dir());
    files.sort();
    files.into_iter().map(read).collect()
});

/// Where they lie.
pub fn dir() -> PathBuf {
    repository().join("docs/schemas")
}

/// Whether a document is as its schema says.
///
/// # Errors
/// Says what differs; where no schema is published, what to do, with a draft.
pub fn check(document: &Value) -> Result<(), String> {
    let name = document["schema"].as_str().ok_or("a document of `--json` names its `schema`")?;
    let Some(schema) = SCHEMAS.get(name) else {
        return Err(missing(name, document));
    };
    let faults: Vec<String> = schema
        .exact
        .iter_errors(document)
        .map(|fault| {
            format!(
                "  at {}: {fault}",
                if fault.instance_path().as_str().is_empty() { "/" } else { fault.instance_path().as_str() }
            )
        })
        .collect();
    if faults.is_empty() {
        return Ok(());
    }
    Err(format!(
        "`{name}` differs from {}; within a version fields may be added, and nothing else changes:\n{}",
        schema.path.display(),
        faults.join("\n")
    ))
}

fn read(path: PathBuf) -> (String, Schema) {
    let text = fs::read_to_string(&path).expect("a schema can be read");
    let published: Value = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let name = published["properties"]["schema"]["const"].as_str();
    let name = name.unwrap_or_else(|| panic!("{} does not say which document it is for", path.display())).to_owned();
    assert_eq!(path, file(&name), "a schema lies where its name says");
    let mut exact = closed(&published);
    // Any answer may be about the past: docs/json.md says so once for all.
    exact["properties"]["at"] = closed(&moment());
    let exact = jsonschema::options().should_validate_formats(true).build(&exact);
    let exact = exact.unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    (name, Schema { path, published, exact })
}

/// The event after which an answer was true.
fn moment() -> Value {
    let position = json!({ "type": "integer", "minimum": 1 });
    let time = json!({ "type": "string", "format": "date-time" });
    let properties = json!({ "position": position, "time": time, "type": { "type": "string" } });
    json!({ "type": "object", "properties": properties, "required": ["position", "time", "type"] })
}

/// Where the schema of this name lies.
fn file(name: &str) -> PathBuf {
    let mut parts = name.split('/').skip(1);
    let (name, version) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    dir().join(format!("{name}.{version}.json"))
}

/// The same schema, in which an object has no fields but those that it names. One that names none is an open set.
fn closed(schema: &Value) -> Value {
    match schema {
        Value::Object(fields) => {
            let mut fields: Map<_, _> = fields.iter().map(|(key, value)| (key.clone(), closed(value))).collect();
            if fields.get("properties").is_some_and(Value::is_object) && !fields.contains_key("additionalProperties") {
                fields.insert("additionalProperties".to_owned(), json!(false));
            }
            Value::Object(fields)
        }
        Value::Array(items) => Value::Array(items.iter().map(closed).collect()),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => schema.clone(),
    }
}

fn missing(name: &str, document: &Value) -> String {
    let mut fields = Map::new();
    for (key, value) in document.as_object().into_iter().flatten() {
        let field = if key == "schema" { json!({ "const": value }) } else { draft(value) };
        fields.insert(key.clone(), field);
    }
    let required: Vec<_> = fields.keys().cloned().collect();
    let draft = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": format!("urn:{}", name.replace('/', ":")),
        "title": "What it is, in a few words",
        "type": "object", "properties": fields, "required": required,
    });
    format!(
        "no schema is published for `{name}`: write {}, and a row in docs/json.md. A draft, made of what was printed \
         (say which texts are enums, which fields can be null or missing, and which objects are open sets):\n{draft:#}",
        file(name).display()
    )
}

/// What a value looks like.
fn draft(value: &Value) -> Value {
    match value {
        Value::Null => json!({ "type": ["string", "null"] }),
        Value::Bool(_) => json!({ "type": "boolean" }),
        Value::Number(_) => json!({ "type": "integer" }),
        Value::String(_) => json!({ "type": "string" }),
        Value::Array(items) => json!({ "type": "array", "items": items.first().map_or(json!({}), draft) }),
        Value::Object(fields) => {
            let properties: Map<_, _> = fields.iter().map(|(key, value)| (key.clone(), draft(value))).collect();
            json!({ "type": "object", "properties": properties, "required": fields.keys().collect::<Vec<_>>() })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn which(tenant: &Value) -> Value {
        json!({ "schema": "systemprompt/which/v1", "data": {
            "project": null, "project_from": "", "profile": null, "tenant": tenant, "tenant_from": "", "candidates": [],
        }})
    }

    #[test]
    fn a_document_with_what_is_published_passes() {
        assert_eq!(check(&which(&Value::Null)), Ok(()));
        assert_eq!(check(&which(&json!({ "id": "a", "name": "b" }))), Ok(()));
    }

    #[test]
    fn a_missing_field_a_wrong_type_and_a_field_that_is_not_published_are_found() {
        for tenant in [json!({ "id": "a" }), json!("a"), json!({ "id": "a", "name": "b", "new": 1 })] {
            let fault = check(&which(&tenant)).expect_err("it differs");
            assert!(fault.contains("at /data/tenant"), "{fault}");
        }
    }

    #[test]
    fn a_document_without_a_schema_gets_a_draft() {
        let fault = check(&json!({ "schema": "systemprompt/new/v1", "data": { "list": [{ "a": true }] } }));
        let fault = fault.expect_err("nothing is published");
        assert!(fault.contains("docs/schemas/new.v1.json") && fault.contains("\"boolean\""), "{fault}");
    }
}
