//! Versions of the tenants' secrets, as the program's log keeps them.

use std::collections::BTreeMap;

/// Versions by tenant and name.
#[derive(Clone, Debug, Default)]
pub(super) struct Versions {
    known: BTreeMap<(String, String), Version>,
    /// What the operation that runs has renewed: the version before.
    renewed: BTreeMap<(String, String), u32>,
    /// Values that came from elsewhere.
    values: BTreeMap<(String, String, u32), String>,
}

#[derive(Clone, Copy, Debug)]
struct Version {
    newest: u32,
    /// Numbers are not given twice, even where a version was withdrawn.
    given: u32,
}

impl Versions {
    pub(super) fn knows(&self, tenant: &str, name: &str) -> bool {
        self.known.contains_key(&(tenant.to_owned(), name.to_owned()))
    }

    pub(super) fn ensure(&mut self, tenant: String, name: &str) -> u32 {
        self.known.entry((tenant, name.to_owned())).or_insert(Version { newest: 1, given: 1 }).newest
    }

    /// The versions before and after; none where there is nothing to renew.
    pub(super) fn renew(&mut self, tenant: String, name: &str) -> Option<(u32, u32)> {
        let key = (tenant, name.to_owned());
        let version = self.known.get_mut(&key)?;
        if let Some(before) = self.renewed.get(&key) {
            return Some((*before, version.newest));
        }
        let before = version.newest;
        version.given += 1;
        version.newest = version.given;
        self.renewed.insert(key, before);
        Some((before, version.newest))
    }

    /// The version of a value that came from elsewhere: the one before the operation or one since, where that is the same, else
    /// the next.
    pub(super) fn keep(&mut self, tenant: String, name: &str, value: &str) -> u32 {
        let key = (tenant, name.to_owned());
        let of = |version: u32| (key.0.clone(), key.1.clone(), version);
        let known = self.known.get(&key).copied();
        if let Some(known) = known {
            let first = self.renewed.get(&key).copied().unwrap_or(known.newest);
            let has_it = |version: &u32| self.values.get(&of(*version)).is_some_and(|kept| kept == value);
            if let Some(version) = (first..=known.newest).rev().find(has_it) {
                return version;
            }
        }
        let next = known.map_or(1, |known| known.given + 1);
        self.values.insert(of(next), value.to_owned());
        if let Some(known) = known {
            self.renewed.entry(key.clone()).or_insert(known.newest);
        }
        self.known.insert(key, Version { newest: next, given: next });
        next
    }

    pub(super) fn settle(&mut self, succeeded: bool) {
        for (key, before) in std::mem::take(&mut self.renewed) {
            if let Some(version) = self.known.get_mut(&key).filter(|_| !succeeded) {
                version.newest = before;
            }
        }
    }
}
