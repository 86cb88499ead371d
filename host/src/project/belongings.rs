//! What goes with a tenant when it is deleted, and which files that somebody put aside are left then.

use std::fs;

use systemprompt_events::{ProfileName, TenantId};

use super::{Project, profile_files, registry_file};
use crate::error::CliError;
use crate::text::shown;

/// What belongs to a tenant beside its database.
pub struct Belongings {
    /// Its profiles.
    pub profiles: Vec<ProfileName>,
    /// Whether somebody is logged in.
    pub has_session: bool,
}

impl Belongings {
    /// Reads them from the log.
    pub async fn of(project: &mut Project, tenant: &TenantId) -> Result<Belongings, CliError> {
        let log = &mut project.ledger().log;
        let profiles = log.profiles().await?.into_iter().filter(|profile| profile.tenant == *tenant);
        let profiles = profiles.map(|profile| profile.name).collect();
        let session = log.sessions(Some(tenant)).await?.into_iter().next();
        Ok(Belongings { profiles, has_session: session.is_some_and(|session| session.login.is_some()) })
    }

    /// As part of a sentence: ``its profiles `a`, `b` and its session``. None where there is nothing.
    pub fn in_words(&self) -> Option<String> {
        let names: Vec<_> = self.profiles.iter().map(|name| format!("`{name}`")).collect();
        let profiles = match names.len() {
            0 => None,
            1 => Some(format!("its profile {}", names[0])),
            _ => Some(format!("its profiles {}", names.join(", "))),
        };
        match (profiles, self.has_session) {
            (Some(profiles), true) => Some(format!("{profiles} and its session")),
            (Some(profiles), false) => Some(profiles),
            (None, true) => Some("its session".to_owned()),
            (None, false) => None,
        }
    }

    /// Files that are left after the deletion and may hold secrets of it: copies that were put aside, and what else lies
    /// in the directories of its profiles.
    pub fn left(&self, project: &Project, tenant: &TenantId) -> Vec<String> {
        let mut left: Vec<_> =
            self.profiles.iter().flat_map(|profile| profile_files::left_in(project, profile)).collect();
        let sessions = project.dir.join(profile_files::SESSIONS);
        let entries = sessions.parent().and_then(|dir| fs::read_dir(dir).ok()).into_iter().flatten().flatten();
        let is_copy = |name: &str| name.starts_with("index.imported-") || name.starts_with("index.edited-");
        let copies = entries.map(|entry| entry.path()).filter(|path| {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            is_copy(&name) && registry_file::names(path, tenant)
        });
        left.extend(copies.map(|path| shown(&path)));
        left.sort();
        left
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_belongs_to_a_tenant_is_part_of_a_sentence() {
        let words = |profiles: &[&str], has_session| {
            let profiles = profiles.iter().map(|name| name.parse().unwrap()).collect();
            Belongings { profiles, has_session }.in_words()
        };
        assert_eq!(words(&["a", "b"], true).as_deref(), Some("its profiles `a`, `b` and its session"));
        assert_eq!(words(&["a"], false).as_deref(), Some("its profile `a`"));
        assert_eq!(words(&[], true).as_deref(), Some("its session"));
        assert_eq!(words(&[], false), None);
    }
}
