//! Differences between two states, field by field, in the words of the user.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::{
    Position, Timestamp,
    projection::{Cell, Row, Table},
};

/// What can differ: a row of each table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Subject {
    /// The project itself.
    Project,
    /// Which tenant commands apply to.
    Selection,
    /// A tenant.
    Tenant,
    /// A profile.
    Profile,
    /// A tenant's session.
    Session,
    /// Where a shell works.
    Shell,
    /// The account with a provider: who, never what with.
    Account,
    /// A tenant that was deleted and can be brought back.
    Aside,
    /// A generated secret of a tenant: its name and version, never its value.
    Secret,
    /// A secret that a user set: its name, never its value.
    UserSecret,
    /// A plugin.
    Plugin,
    /// What a plugin may do.
    Grant,
    /// An operation.
    Operation,
    /// A step of an operation.
    Step,
}

impl Subject {
    /// What a difference between two moments is told of, in that order. How operations went is for the log to tell.
    pub const LASTING: [Self; 10] = [
        Self::Selection,
        Self::Tenant,
        Self::Aside,
        Self::Profile,
        Self::Session,
        Self::Account,
        Self::Secret,
        Self::UserSecret,
        Self::Plugin,
        Self::Grant,
    ];

    /// As it is shown.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Project => "project",
            Self::Selection => "selection",
            Self::Tenant => "tenant",
            Self::Aside => "deleted-tenant",
            Self::Profile => "profile",
            Self::Session => "session",
            Self::Shell => "shell",
            Self::Account => "account",
            Self::Secret => "secret",
            Self::UserSecret => "user-secret",
            Self::Plugin => "plugin",
            Self::Grant => "grant",
            Self::Operation => "operation",
            Self::Step => "step",
        }
    }

    pub(crate) const fn of(table: Table) -> Self {
        match table {
            Table::Project => Self::Project,
            Table::Selection => Self::Selection,
            Table::Tenants => Self::Tenant,
            Table::Aside => Self::Aside,
            Table::Secrets => Self::Secret,
            Table::Operations => Self::Operation,
            Table::Steps => Self::Step,
            Table::Plugins => Self::Plugin,
            Table::Grants => Self::Grant,
            Table::Profiles => Self::Profile,
            Table::UserSecrets => Self::UserSecret,
            Table::Sessions => Self::Session,
            Table::Shells => Self::Shell,
            Table::Accounts => Self::Account,
        }
    }

    pub(crate) const fn table(self) -> Table {
        match self {
            Self::Project => Table::Project,
            Self::Selection => Table::Selection,
            Self::Tenant => Table::Tenants,
            Self::Aside => Table::Aside,
            Self::Profile => Table::Profiles,
            Self::Session => Table::Sessions,
            Self::Shell => Table::Shells,
            Self::Account => Table::Accounts,
            Self::Secret => Table::Secrets,
            Self::UserSecret => Table::UserSecrets,
            Self::Plugin => Table::Plugins,
            Self::Grant => Table::Grants,
            Self::Operation => Table::Operations,
            Self::Step => Table::Steps,
        }
    }
}

/// The fields of one thing at one moment, by name.
pub type Fields = BTreeMap<String, Value>;

/// One thing that differs.
#[derive(Clone, Debug, PartialEq)]
pub struct Difference {
    /// What it is.
    pub subject: Subject,
    /// Its id.
    pub key: String,
    /// As it was; none: it was not there.
    pub before: Option<Fields>,
    /// As it became; none: it is gone.
    pub after: Option<Fields>,
}

/// A field that differs: its name, what it was, and what it became. None: it was not there.
pub type FieldDifference<'a> = (&'a str, Option<&'a Value>, Option<&'a Value>);

impl Difference {
    /// The fields that differ, by name.
    pub fn fields<'a>(&'a self) -> Vec<FieldDifference<'a>> {
        let both = [&self.before, &self.after];
        let names: BTreeSet<_> = both.into_iter().flatten().flat_map(Fields::keys).collect();
        let value = |fields: &'a Option<Fields>, name| fields.as_ref().and_then(|fields| fields.get(name));
        let all = names.into_iter().map(|name| (name.as_str(), value(&self.before, name), value(&self.after, name)));
        all.filter(|(_, before, after)| before != after).collect()
    }
}

/// The fields of a row, given its cells in the order of the table's columns. What is bookkeeping of ours is left out, and
/// so are sealed values: that a secret got another value shows by its seal's id.
///
/// A tenant's settings are `config.<name>`; what its provider returned stands under its own name, as in `tenants.json`.
pub(crate) fn fields_of(table: Table, cells: Vec<Value>) -> Fields {
    let names: Vec<_> = table.columns().iter().filter_map(|column| column.split(' ').next()).collect();
    let mut fields = Fields::new();
    for (&name, cell) in names.iter().zip(cells) {
        match name {
            "created_at" | "created_position" | "updated_at" | "sealed" | "mac" | "description" => {}
            "config" => fields.extend(inner(&cell).map(|(field, value)| (format!("config.{field}"), value))),
            "resources" => fields.extend(inner(&cell).map(|(field, value)| {
                let is_taken = names.contains(&field.as_str());
                (if is_taken { format!("resources.{field}") } else { field }, value)
            })),
            "capabilities" => {
                fields.extend(parsed(&cell).map(|list| (name.to_owned(), list)));
            }
            "protected" => {
                fields.insert(name.to_owned(), Value::Bool(cell.as_i64() == Some(1)));
            }
            _ if cell.is_null() => {}
            "expires_at" | "started_at" => {
                let time = cell.as_i64().map(|millis| Timestamp::from_millis(millis).to_string());
                fields.insert(name.to_owned(), time.map_or(cell, Value::String));
            }
            _ => {
                fields.insert(name.to_owned(), cell);
            }
        }
    }
    fields
}

/// The fields of a row that was projected and not read.
pub(crate) fn fields_of_row(row: Row) -> Fields {
    let value = |cell| match cell {
        Cell::Text(text) => Value::String(text),
        Cell::Number(number) => Value::from(number),
        Cell::Null => Value::Null,
    };
    fields_of(row.table, row.cells.into_iter().map(value).collect())
}

fn parsed(cell: &Value) -> Option<Value> {
    serde_json::from_str(cell.as_str()?).ok()
}

/// The fields of an object that is stored as a text.
fn inner(cell: &Value) -> impl Iterator<Item = (String, Value)> {
    match parsed(cell) {
        Some(Value::Object(fields)) => fields.into_iter(),
        Some(Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_)) | None => {
            serde_json::Map::new().into_iter()
        }
    }
}

/// The fields of the last of some states of one thing, and the position of the state that gave each its value.
pub(crate) fn last_changes(states: Vec<(Position, Fields)>) -> BTreeMap<String, (Position, Value)> {
    let mut changes = BTreeMap::<String, (Position, Value)>::new();
    for (position, fields) in states {
        changes.retain(|name, _| fields.contains_key(name));
        for (name, value) in fields {
            match changes.get(&name) {
                Some((_, known)) if *known == value => {}
                Some(_) | None => {
                    changes.insert(name, (position, value));
                }
            }
        }
    }
    changes
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn fields(value: &Value) -> Fields {
        inner(&Value::String(value.to_string())).collect()
    }

    fn position(number: u64) -> Position {
        Position::new(number).unwrap()
    }

    fn tenant(resources: &str) -> Fields {
        let cells = ["acme", "local", "native", "", "ready", r#"{"image":"x"}"#, resources].map(Value::from);
        let numbers = [Value::Null, json!(1), json!(2), json!(3), json!(1)];
        fields_of(Table::Tenants, cells.into_iter().chain(numbers).collect())
    }

    #[test]
    fn only_fields_that_differ_are_told() {
        let difference = Difference {
            subject: Subject::Tenant,
            key: "local_1".into(),
            before: Some(fields(&json!({ "name": "a", "state": "ready", "region": "iad" }))),
            after: Some(fields(&json!({ "name": "b", "state": "ready" }))),
        };
        let (a, b, iad) = (json!("a"), json!("b"), json!("iad"));
        assert_eq!(difference.fields(), [("name", Some(&a), Some(&b)), ("region", Some(&iad), None)]);
    }

    #[test]
    fn what_a_provider_returned_stands_under_its_own_name() {
        let fields = tenant(r#"{"database_url":"postgres://h/d","name":"other"}"#);
        assert_eq!(fields["database_url"], "postgres://h/d");
        assert_eq!((&fields["name"], &fields["resources.name"]), (&json!("acme"), &json!("other")));
        assert_eq!((&fields["config.image"], &fields["protected"]), (&json!("x"), &json!(true)));
        assert!(!fields.contains_key("updated_at"));
    }

    #[test]
    fn resources_that_are_no_object_have_no_fields() {
        assert!(!tenant("[1]").contains_key("resources"));
        assert!(!tenant("{").contains_key("resources"));
    }

    #[test]
    fn a_field_is_blamed_on_the_state_that_gave_it_its_last_value() {
        let states = vec![
            (position(1), fields(&json!({ "name": "a", "state": "creating", "gone": 1 }))),
            (position(3), fields(&json!({ "name": "a", "state": "ready" }))),
            (position(7), fields(&json!({ "name": "b", "state": "ready" }))),
            (position(9), fields(&json!({ "name": "b", "state": "ready", "gone": 1 }))),
        ];
        let changes = last_changes(states);
        let positions: Vec<_> = changes.iter().map(|(name, (position, _))| (name.as_str(), position.get())).collect();
        assert_eq!(positions, [("gone", 9), ("name", 7), ("state", 3)]);
    }
}
