//! What differs between two versions of a profile, field by field, as people compare settings.

use std::collections::{BTreeMap, BTreeSet};

/// Every field that is set and what it holds.
pub type Fields = BTreeMap<String, String>;

/// A field that differs; none stands for not set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The keys that lead to it, joined by dots.
    pub field: String,
    /// What it held.
    pub before: Option<String>,
    /// What it holds.
    pub after: Option<String>,
}

/// The fields that differ, by name. None: only comments or the layout do.
pub fn between(before: &Fields, after: &Fields) -> Vec<Difference> {
    let fields: BTreeSet<_> = before.keys().chain(after.keys()).collect();
    let differing = fields.into_iter().filter(|field| before.get(*field) != after.get(*field));
    differing
        .map(|field| Difference {
            field: field.clone(),
            before: before.get(field).cloned(),
            after: after.get(field).cloned(),
        })
        .collect()
}
