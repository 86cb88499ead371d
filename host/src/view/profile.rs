//! Profiles: one, all, and what an edit changes.

use std::collections::BTreeMap;
use std::fmt::Write;

use serde_json::{Map, Value, json};
use systemprompt_events::{ProfileName, ProfileView};

use super::layout::{self, table};
use super::{Paint, View};
use crate::choice;
use crate::cli::Context;
use crate::error::CliError;
use crate::profile::difference::Difference;
use crate::profile::document;
use crate::project::{Project, profile_files};
use crate::text::one_line;

/// Characters of a field's name, or of its value, that are shown.
const SHOWN_MAX: usize = 200;

/// A profile with its settings.
pub struct Profile {
    registered: ProfileView,
    tenant_name: String,
    /// Whether it is the one in use in its tenant.
    active: bool,
    fields: BTreeMap<String, String>,
    /// Names of the secrets that count in it.
    secrets: Vec<String>,
    directory: String,
    happened: Option<&'static str>,
}

impl Profile {
    /// Reads it from the log.
    pub async fn load(
        project: &mut Project,
        name: &ProfileName,
        happened: Option<&'static str>,
    ) -> Result<Profile, CliError> {
        let profile = choice::profile::find(project, name.as_str()).await?;
        let tenant = choice::find(project, profile.tenant.as_str()).await?;
        let session = project.ledger().log.sessions(Some(&tenant.id)).await?.into_iter().next();
        let of_profile = |id| id == Some(profile.id);
        let secrets = project.ledger().log.user_secrets(Some(&tenant.id)).await?;
        let secrets = secrets.into_iter().filter(|secret| secret.profile.is_none() || of_profile(secret.profile));
        let mut secrets: Vec<_> = secrets.map(|secret| secret.key.to_string()).collect();
        secrets.sort();
        secrets.dedup();
        Ok(Profile {
            active: session.is_some_and(|session| of_profile(session.profile)),
            tenant_name: tenant.name.to_string(),
            fields: document::parse(&profile.text).map(|document| document.fields).unwrap_or_default(),
            secrets,
            directory: crate::text::shown(&project.dir.join(profile_files::PROFILES).join(name.as_str())),
            registered: profile,
            happened,
        })
    }
}

impl View for Profile {
    fn schema(&self) -> &'static str {
        "systemprompt/cloud-profile/v1"
    }

    fn data(&self) -> Value {
        let settings: Map<_, _> =
            self.fields.iter().map(|(field, value)| (field.clone(), Value::String(value.clone()))).collect();
        let mut data = summary(&self.registered, self.active);
        data.insert("settings".to_owned(), Value::Object(settings));
        data.insert("secrets".to_owned(), json!(self.secrets));
        data.insert("directory".to_owned(), json!(self.directory));
        data.extend(self.happened.map(|happened| ("happened".to_owned(), json!(happened))));
        Value::Object(data)
    }

    fn text(&self, paint: Paint) -> String {
        let mut text = String::new();
        if let Some(happened) = self.happened {
            let _always = writeln!(text, "{happened} profile `{}`\n", self.registered.name);
        }
        let active = if self.active { " (active)" } else { "" };
        let mut rows = vec![
            ("Profile", format!("{}{active}", self.registered.name)),
            ("Tenant", format!("{} ({})", self.tenant_name, self.registered.tenant)),
            ("Directory", self.directory.clone()),
            ("Secrets", self.secrets.join(", ")),
        ];
        if self.secrets.is_empty() {
            rows.pop();
        }
        text.push_str(&table(&rows, paint));
        text.push_str("Settings:\n");
        for (field, value) in &self.fields {
            let field = format!("  {}: ", one_line(field, SHOWN_MAX));
            text.push_str(&layout::hang(&field, &one_line(value, SHOWN_MAX), paint));
        }
        text
    }
}

fn summary(profile: &ProfileView, active: bool) -> Map<String, Value> {
    let value = json!({
        "id": profile.id.to_string(), "name": profile.name.as_str(), "tenant": profile.tenant.as_str(),
        "active": active, "created_at": profile.created_at.to_string(), "updated_at": profile.updated_at.to_string(),
    });
    match value {
        Value::Object(fields) => fields,
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => Map::new(),
    }
}

/// Profiles of one tenant, or of all.
pub struct Profiles {
    /// Oldest first: the profile, its tenant's name, whether it is in use there.
    pub profiles: Vec<(ProfileView, String, bool)>,
}

impl Profiles {
    /// Reads them from the log; those of one tenant where one is named.
    pub async fn load(context: &Context, project: &mut Project) -> Result<Profiles, CliError> {
        let candidates = choice::Candidates::read(context, project, None).await?;
        let named = candidates.flag.or(candidates.variable);
        let only = match named {
            Some(named) => Some(choice::find(project, &named).await?.id),
            None => None,
        };
        let log = &mut project.ledger().log;
        let (profiles, sessions, tenants) = (log.profiles().await?, log.sessions(None).await?, log.tenants().await?);
        let wanted = profiles.into_iter().filter(|profile| only.as_ref().is_none_or(|only| profile.tenant == *only));
        let rows = wanted.map(|profile| {
            let session = sessions.iter().find(|session| session.tenant == profile.tenant);
            let active = session.is_some_and(|session| session.profile == Some(profile.id));
            let tenant = tenants.iter().find(|tenant| tenant.id == profile.tenant);
            let name = tenant.map_or_else(|| profile.tenant.to_string(), |tenant| tenant.name.to_string());
            (profile, name, active)
        });
        Ok(Profiles { profiles: rows.collect() })
    }
}

impl View for Profiles {
    fn schema(&self) -> &'static str {
        "systemprompt/cloud-profile-list/v1"
    }

    fn data(&self) -> Value {
        let all = self.profiles.iter().map(|(profile, tenant, active)| {
            let mut fields = summary(profile, *active);
            fields.insert("tenant_name".to_owned(), json!(tenant));
            Value::Object(fields)
        });
        json!({ "profiles": all.collect::<Vec<_>>(), "total": self.profiles.len() })
    }

    fn text(&self, paint: Paint) -> String {
        let width = self.profiles.iter().map(|(profile, ..)| profile.name.as_str().len()).max().unwrap_or(0);
        let mut text = String::from("Profiles\n");
        for (profile, tenant, active) in &self.profiles {
            let mark = if *active { "(active) " } else { "" };
            let columns = format!("  {:<width$}   ", profile.name.as_str());
            text.push_str(&layout::hang(&columns, &format!("{mark}{tenant} ({})", profile.tenant), paint));
        }
        if self.profiles.is_empty() {
            let none = "none yet; to create one, run `systemprompt cloud profile create local`";
            text.push_str(&layout::hang("  ", none, paint));
        }
        text
    }
}

/// What an edit changes in a profile.
pub struct Edited {
    /// Which profile.
    pub name: ProfileName,
    /// Field by field.
    pub differences: Vec<Difference>,
    /// Whether anything changed, be it a comment.
    pub changed: bool,
    /// Where an edit in the file was to be dropped: whether there was one.
    pub dropped: Option<bool>,
}

impl Edited {
    /// An edit that changes nothing.
    pub fn nothing(profile: &ProfileView) -> Edited {
        Edited { name: profile.name.clone(), differences: Vec::new(), changed: false, dropped: None }
    }

    /// The differences, a line each.
    pub fn lines(&self) -> Vec<String> {
        let safe = |text: &str| one_line(text, SHOWN_MAX);
        let shown =
            |value: &Option<String>| value.as_ref().map_or("not set".to_owned(), |value| format!("`{}`", safe(value)));
        let line =
            |one: &Difference| format!("{}: {} becomes {}", safe(&one.field), shown(&one.before), shown(&one.after));
        if self.changed && self.differences.is_empty() {
            return vec!["only comments or the layout differ".to_owned()];
        }
        self.differences.iter().map(line).collect()
    }
}

impl View for Edited {
    fn schema(&self) -> &'static str {
        "systemprompt/cloud-profile-edit/v1"
    }

    fn data(&self) -> Value {
        let differences = self.differences.iter().map(
            |difference| json!({ "field": difference.field, "before": difference.before, "after": difference.after }),
        );
        json!({
            "name": self.name.as_str(), "changed": self.changed, "differences": differences.collect::<Vec<_>>(),
        })
    }

    fn text(&self, paint: Paint) -> String {
        if let Some(dropped) = self.dropped {
            let told =
                if dropped { "what was edited in the file is dropped; " } else { "nothing was edited in the file; " };
            return layout::hang("", &format!("{told}profile `{}` is as it was recorded", self.name), paint);
        }
        if !self.changed {
            return layout::hang("", &format!("profile `{}` is as it was", self.name), paint);
        }
        let lines = self.lines();
        let lines = lines.iter().map(|line| layout::hang("  ", line, paint));
        std::iter::once(format!("changed profile `{}`\n", self.name)).chain(lines).collect()
    }
}
