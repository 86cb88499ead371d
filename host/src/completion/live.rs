//! What an argument can name here and now: tenants, profiles, regions, plugins, types of events.

use std::ffi::OsStr;
use std::path::Path;

use clap_complete::engine::CompletionCandidate;
use serde_json::Value;
use systemprompt_events::{PluginView, TenantSummary, codec};

use crate::env::Env;
use crate::plugin::embedded;
use crate::project::{self, Project};

/// A kind of thing that an argument names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Live {
    /// A tenant, by name or id.
    Tenant,
    /// A profile, by name.
    Profile,
    /// A plugin, by id.
    Plugin,
    /// A region of a provider or of a tenant.
    Region,
    /// Where a tenant runs.
    TenantType,
    /// A type of event.
    EventType,
}

impl Live {
    /// What an argument of the command at `path` names, judged by the name that its value has in the help.
    pub fn of(path: &[&str], value: &str) -> Option<Live> {
        match (path, value) {
            (["plugin", ..], "ID") | (_, "PROVIDER" | "PLUGIN") => Some(Live::Plugin),
            // What something new is to be called is nothing that there is.
            (["cloud", "tenant", "create"], "ID") | (["cloud", "profile", "create"], "NAME") => None,
            (_, "ID" | "TENANT") => Some(Live::Tenant),
            (["cloud", "profile", ..], "NAME") | (_, "PROFILE") => Some(Live::Profile),
            (_, "REGION") => Some(Live::Region),
            (["history", ..], "TYPE") => Some(Live::EventType),
            (_, "TYPE") => Some(Live::TenantType),
            _ => None,
        }
    }

    /// What begins as it was typed. Nothing where nothing can be read: this is no place to complain.
    pub fn candidates(self, typed: &OsStr, project: Option<&Path>) -> Vec<CompletionCandidate> {
        let Some(typed) = typed.to_str() else { return Vec::new() };
        let mut found = self.all(typed, project);
        found.retain(|(value, _)| value.starts_with(typed));
        let candidate = |(value, help): (String, String)| {
            let help = (!help.is_empty()).then(|| crate::text::one_line(&help, HELP_CHARS_MAX).into());
            CompletionCandidate::new(value).help(help)
        };
        found.into_iter().map(candidate).collect()
    }

    /// Values, each with words about it.
    fn all(self, typed: &str, project: Option<&Path>) -> Vec<(String, String)> {
        match self {
            Live::Tenant => {
                let ask = async |project: &mut Project| project.ledger().log.tenant_summaries_like(typed).await;
                tenants(&read(project, ask), typed)
            }
            Live::Profile => {
                let profiles = read(project, async |project| project.ledger().log.profiles().await);
                profiles.into_iter().map(|profile| (profile.name.to_string(), profile.tenant.to_string())).collect()
            }
            Live::Plugin => plugins(&read(project, async |project| project.ledger().log.plugins().await)),
            Live::Region => {
                let mut regions = regions(&read(project, async |project| project.ledger().log.plugins().await));
                let tenants = read(project, async |project| project.ledger().log.tenant_summaries().await);
                let inhabited = tenants.iter().filter_map(|tenant| tenant.region.as_ref());
                regions.extend(inhabited.map(|region| (region.to_string(), String::new())));
                // Of those that name the same region, one with words about it.
                regions.sort_by(|one, other| one.0.cmp(&other.0).then(other.1.cmp(&one.1)));
                regions.dedup_by(|next, kept| next.0 == kept.0);
                regions
            }
            Live::TenantType => {
                vec![("local".into(), "on this machine".into()), ("cloud".into(), "on managed infrastructure".into())]
            }
            Live::EventType => codec::kinds().map(|kind| (kind.name.to_owned(), kind.meaning.to_owned())).collect(),
        }
    }
}

/// As much as fits beside a value.
const HELP_CHARS_MAX: usize = 60;

/// Names first; ids too as soon as something was typed, for there are as many and nobody types one from memory.
fn tenants(tenants: &[TenantSummary], typed: &str) -> Vec<(String, String)> {
    let about = |tenant: &TenantSummary, other: &str| match &tenant.region {
        Some(region) => format!("{} in {region}, {other}", tenant.tenant_type),
        None => format!("{}, {other}", tenant.tenant_type),
    };
    let names = tenants.iter().map(|tenant| (tenant.name.to_string(), about(tenant, tenant.id.as_str())));
    let ids = tenants.iter().map(|tenant| (tenant.id.to_string(), about(tenant, tenant.name.as_str())));
    let ids = ids.filter(|_| !typed.is_empty());
    names.chain(ids).collect()
}

fn plugins(recorded: &[PluginView]) -> Vec<(String, String)> {
    let title = |plugin: &PluginView| {
        let description: Value = plugin.description.value();
        (plugin.id.to_string(), description["title"].as_str().unwrap_or_default().to_owned())
    };
    let mut all: Vec<_> = recorded.iter().map(title).collect();
    for id in embedded::ids() {
        if !all.iter().any(|(known, _)| known == id.as_str()) {
            all.push((id.to_string(), String::new()));
        }
    }
    all.sort();
    all
}

/// As the providers that the project knows described them when they were recorded.
fn regions(recorded: &[PluginView]) -> Vec<(String, String)> {
    let of_plugin = |plugin: &PluginView| {
        let description: Value = plugin.description.value();
        let regions = description["regions"].as_array().cloned().unwrap_or_default();
        let text = |region: &Value, key: &str| region[key].as_str().unwrap_or_default().to_owned();
        regions.into_iter().map(move |region| (text(&region, "code"), text(&region, "title"))).collect::<Vec<_>>()
    };
    recorded.iter().flat_map(of_plugin).collect()
}

/// What the project's log says, if there is a project and it can be read; nothing is mended for it.
fn read<T, E>(named: Option<&Path>, ask: impl AsyncFnOnce(&mut Project) -> Result<Vec<T>, E>) -> Vec<T> {
    let look = async {
        let env = Env::read().ok()?;
        let mut project = project::open_untouched(&env, named).await.ok()??;
        ask(&mut project).await.ok()
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.ok().and_then(|runtime| runtime.block_on(look)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_argument_is_known_by_the_name_of_its_value() {
        assert_eq!(Live::of(&["cloud", "tenant", "show"], "ID"), Some(Live::Tenant));
        assert_eq!(Live::of(&["plugin", "show"], "ID"), Some(Live::Plugin));
        assert_eq!(Live::of(&["cloud", "tenant", "create"], "TYPE"), Some(Live::TenantType));
        assert_eq!(Live::of(&["history", "log"], "TYPE"), Some(Live::EventType));
        assert_eq!(Live::of(&["cloud", "tenant", "create"], "ID"), None);
        assert_eq!(Live::of(&["plugin", "install"], "FILE"), None);
        assert_eq!(Live::of(&["cloud", "profile", "show"], "NAME"), Some(Live::Profile));
        assert_eq!(Live::of(&["cloud", "profile", "create"], "NAME"), None);
    }

    #[test]
    fn the_types_of_events_are_offered_with_what_they_mean() {
        let found = Live::EventType.candidates(OsStr::new("TenantC"), None);
        assert!(found.iter().all(|candidate| candidate.get_value().to_string_lossy().starts_with("TenantC")));
        assert!(
            found.iter().any(|candidate| candidate.get_value() == "TenantCreated" && candidate.get_help().is_some())
        );
    }
}
