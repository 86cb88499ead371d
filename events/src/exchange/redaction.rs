//! Making an event fit to be shown to others: what may be private gives way to a placeholder.
//!
//! What is kept is listed, by the types of fields; so a new field, or a new type of event, is hidden until somebody
//! says that it need not be. The same user and the same machine get the same placeholder throughout a file.

use std::collections::HashMap;

use serde_json::Value;

use crate::{codec, recorded::StoredEvent};

const HIDDEN: &str = "[redacted]";
/// Users and machines of one file that get a number; beyond, one placeholder stands for all the others.
const NAMES_MAX: usize = 10_000;

/// Types of fields that say which thing and how much, and nothing of anybody: ids, names of tenants, profiles and
/// secrets, digests, moments, numbers.
const KEPT_TYPES: [&str; 19] = [
    "Digest",
    "LogId",
    "OperationId",
    "PluginId",
    "ProfileId",
    "ProfileName",
    "Region",
    "SecretKey",
    "SecretName",
    "SessionId",
    "StepName",
    "TenantId",
    "TenantName",
    "TenantType",
    "Timestamp",
    "UndoKind",
    "Uuid",
    "u32",
    "u64",
];
/// Texts that the program or a provider chooses from a few.
const KEPT_TEXTS: [(&str, &str); 6] = [
    ("TenantChangeStarted", "kind"),
    ("OperationStarted", "kind"),
    ("PluginRegistered", "version"),
    ("PluginRegistered", "world"),
    ("PluginRegistered", "capabilities"),
    ("CapabilitiesGranted", "capabilities"),
];
/// Members that say which, inside of fields that are hidden otherwise.
const KEPT_MEMBERS: [(&str, &[&str]); 3] =
    [("Failure", &["kind", "code"]), ("AppliedMigration", &["version", "checksum"]), ("RefusedRecord", &["index"])];

/// What was redacted so far.
#[derive(Default)]
pub(super) struct Redaction {
    users: Placeholders,
    hosts: Placeholders,
}

impl Redaction {
    /// Takes out of an event what may be private.
    pub(super) fn apply(&mut self, stored: &mut StoredEvent) {
        stored.actor = self.users.of(&stored.actor, "user");
        stored.host = self.hosts.of(&stored.host, "host");
        stored.command = Value::from(vec![HIDDEN]).to_string();
        stored.payload = self.payload(&stored.kind, &stored.payload);
    }

    fn payload(&mut self, kind: &str, payload: &str) -> String {
        let fields = codec::kinds().find(|known| known.name == kind).map_or(&[][..], |known| known.fields);
        let mut value: Value = serde_json::from_str(payload).unwrap_or(Value::Null);
        if let Value::Object(members) = &mut value {
            for (name, member) in members.iter_mut() {
                let field_type = fields.iter().find(|(field, _)| field == name).map(|(_, field_type)| *field_type);
                self.field(kind, name, field_type.unwrap_or_default(), member);
            }
        } else {
            hide(&mut value);
        }
        serde_json_canonicalizer::to_string(&value).unwrap_or_else(|_| Value::from(HIDDEN).to_string())
    }

    fn field(&mut self, kind: &str, name: &str, field_type: &str, value: &mut Value) {
        let bare = bare_type(field_type);
        if KEPT_TYPES.contains(&bare) || KEPT_TEXTS.contains(&(kind, name)) {
            return;
        }
        if (kind, name) == ("SessionStarted", "user")
            && let Value::String(user) = value
        {
            *user = self.users.of(user, "user");
            return;
        }
        match KEPT_MEMBERS.iter().find(|(known, _)| *known == bare) {
            Some((_, kept)) => hide_members(value, kept),
            None => hide(value),
        }
    }
}

/// `Vec<TenantId>` and `Option<TenantId>` are about a `TenantId`.
fn bare_type(field_type: &str) -> &str {
    let inner = field_type.strip_prefix("Option<").or_else(|| field_type.strip_prefix("Vec<"));
    inner.and_then(|inner| inner.strip_suffix('>')).map_or(field_type, bare_type)
}

/// Hides every text, number and truth value; what is in what, and how it is called, stays.
fn hide(value: &mut Value) {
    match value {
        Value::Null => {}
        Value::Bool(_) | Value::Number(_) | Value::String(_) => *value = HIDDEN.into(),
        Value::Array(elements) => elements.iter_mut().for_each(hide),
        Value::Object(members) => members.values_mut().for_each(hide),
    }
}

fn hide_members(value: &mut Value, kept: &[&str]) {
    match value {
        Value::Array(elements) => elements.iter_mut().for_each(|element| hide_members(element, kept)),
        Value::Object(members) => {
            members.iter_mut().filter(|(name, _)| !kept.contains(&name.as_str())).for_each(|(_, member)| hide(member));
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => hide(value),
    }
}

/// Numbers for names, in the order in which they occur.
#[derive(Default)]
struct Placeholders(HashMap<String, usize>);

impl Placeholders {
    fn of(&mut self, name: &str, noun: &str) -> String {
        let next = self.0.len() + 1;
        match self.0.get(name) {
            Some(number) => format!("{noun}-{number}"),
            None if next > NAMES_MAX => format!("{noun}-other"),
            None => {
                self.0.insert(name.to_owned(), next);
                format!("{noun}-{next}")
            }
        }
    }
}
