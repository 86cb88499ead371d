//! Secrets of an app. Each change makes a new version of all of them.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::clock::Moment;
use crate::ids::digest_of;

#[derive(Debug, Clone, Default)]
pub(crate) struct Secrets {
    pub(crate) version: u64,
    values: BTreeMap<String, Secret>,
}

#[derive(Debug, Clone)]
struct Secret {
    value: String,
    created_at: Moment,
    updated_at: Moment,
}

impl Secrets {
    /// Sets each, or unsets it where there is no value. All together are one new version.
    pub(crate) fn change(&mut self, changes: BTreeMap<String, Option<String>>, now: Moment) {
        self.version += 1;
        for (name, value) in changes {
            let Some(value) = value else {
                self.values.remove(&name);
                continue;
            };
            let created_at = self.values.get(&name).map_or(now, |old| old.created_at);
            self.values.insert(name, Secret { value, created_at, updated_at: now });
        }
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.values.contains_key(name)
    }

    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.values.keys().map(String::as_str)
    }

    /// What a machine that begins now gets as variables.
    pub(crate) fn as_env(&self) -> BTreeMap<String, String> {
        self.values.iter().map(|(name, secret)| (name.clone(), secret.value.clone())).collect()
    }

    /// As `AppSecret` of the document; the value only when it is to be shown.
    pub(crate) fn view(&self, name: &str, show: bool) -> Option<Value> {
        let secret = self.values.get(name)?;
        let mut view = json!({
            "name": name, "digest": digest_of(&secret.value),
            "created_at": secret.created_at, "updated_at": secret.updated_at,
        });
        if show {
            view["value"] = json!(secret.value);
        }
        Some(view)
    }

    pub(crate) fn views(&self, show: bool) -> Vec<Value> {
        self.values.keys().filter_map(|name| self.view(name, show)).collect()
    }
}
