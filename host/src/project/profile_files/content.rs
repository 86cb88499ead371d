//! What the files of profiles and sessions say.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use systemprompt_events::template;
use systemprompt_events::{ProfileName, ProfileView, SecretKey, TenantView, Timestamp};
use zeroize::Zeroizing;

use super::{File, Project};
use crate::error::CliError;
use crate::ledger::AllSecrets;
use crate::session;

/// Directory of the profiles.
pub const PROFILES: &str = "profiles";
/// The sessions of all tenants.
pub const SESSIONS: &str = "sessions/index.json";
/// Fields of a tenant that its programs need.
const TENANT_FIELDS: [&str; 3] = ["database_url", "internal_database_url", "sync_token"];
/// Names under which the programs of a tenant have always looked for these.
const KNOWN_KEYS: [(&str, &str); 5] = [
    ("JWT_SECRET", "jwt_secret"),
    ("ANTHROPIC_API_KEY", "anthropic"),
    ("OPENAI_API_KEY", "openai"),
    ("GEMINI_API_KEY", "gemini"),
    ("GITHUB_TOKEN", "github"),
];
/// The secret that signs a profile's session tokens.
pub const JWT_SECRET: &str = "JWT_SECRET";

/// The secret that a field of `secrets.json` stands for. The error says why it cannot be one.
pub fn secret_key(field: &str) -> Result<SecretKey, String> {
    let known = KNOWN_KEYS.iter().find(|(_, name)| *name == field).map(|(key, _)| *key);
    // Some documents write `anthropic_api_key` where others write `anthropic`.
    let upper = field.to_ascii_uppercase();
    known.unwrap_or(&upper).parse().map_err(|error: systemprompt_events::InvalidSecretKey| error.to_string())
}

/// Where a profile's file lies, relative to the project.
pub fn profile_path(name: &ProfileName, file: &str) -> String {
    format!("{PROFILES}/{name}/{file}")
}

/// All files, as they should be.
pub(super) struct Wanted {
    pub(super) files: Vec<File>,
    /// Whether this user has the keys to all that they hold. Without, only those that hold no secrets are here.
    pub(super) is_complete: bool,
}

/// All files, as they should be.
pub(super) async fn wanted(project: &mut Project) -> Result<Wanted, CliError> {
    let vault = project.vault.clone();
    let profiles = project.ledger().log.profiles().await?;
    if profiles.is_empty() && !project.dir.join(SESSIONS).exists() {
        return Ok(Wanted { files: Vec::new(), is_complete: true });
    }
    let tenants: BTreeMap<_, _> =
        project.ledger().log.tenants().await?.into_iter().map(|tenant| (tenant.id.clone(), tenant)).collect();
    let values = project.ledger().all_secrets(&vault).await?;
    let (mut files, mut keys, mut is_complete) = (Vec::new(), BTreeMap::new(), true);
    let mut by_tenant = BTreeMap::new();
    for profile in &profiles {
        let text = profile.text.clone().into_bytes();
        files.push(File { name: profile_path(&profile.name, "profile.yaml"), content: text, is_peoples: true });
        if !by_tenant.contains_key(&profile.tenant) {
            let opened = project.ledger().opened_user_secrets(&vault, &profile.tenant).await?;
            by_tenant.insert(profile.tenant.clone(), opened);
        }
        let Some(Some(opened)) = by_tenant.get(&profile.tenant) else {
            is_complete = false;
            continue;
        };
        let tenant = tenants.get(&profile.tenant);
        if tenant.is_some_and(|tenant| !values.broken_in(tenant).is_empty()) {
            is_complete = false;
            continue;
        }
        let own = opened.for_profile(profile.id);
        let content = secrets(tenant, &values, &own);
        files.push(File { name: profile_path(&profile.name, "secrets.json"), content, is_peoples: false });
        keys.extend(own.into_iter().find(|(key, _)| key.as_str() == JWT_SECRET).map(|(_, key)| (profile.id, key)));
    }
    if is_complete {
        let content = index(project, &profiles, &keys).await?;
        files.push(File { name: SESSIONS.to_owned(), content, is_peoples: false });
    }
    Ok(Wanted { files, is_complete })
}

/// A profile's `secrets.json`. A secret whose key is not here, as in a copied project, is left out.
fn secrets(tenant: Option<&TenantView>, values: &AllSecrets, own: &BTreeMap<SecretKey, Zeroizing<String>>) -> Vec<u8> {
    let mut fields = Map::new();
    for field in TENANT_FIELDS {
        let filled = tenant.and_then(|tenant| tenant_field(tenant, field, values));
        fields.extend(filled.map(|value| (field.to_owned(), Value::String(value))));
    }
    for (key, value) in own {
        let known = KNOWN_KEYS.iter().find(|(known, _)| *known == key.as_str());
        let name = known.map_or_else(|| key.to_string(), |(_, name)| (*name).to_owned());
        fields.insert(name, Value::String(value.to_string()));
    }
    format!("{:#}\n", Value::Object(fields)).into_bytes()
}

/// A field of what the provider returned, with its secrets filled in.
pub fn tenant_field(tenant: &TenantView, field: &str, values: &AllSecrets) -> Option<String> {
    let Value::Object(resources) = tenant.resources.value() else { return None };
    let text = resources.get(field)?.as_str()?;
    template::fill(text, |secret| values.value(&tenant.id, secret)).ok().flatten()
}

/// `sessions/index.json`: the sessions by tenant, and which one is active.
async fn index(
    project: &mut Project,
    profiles: &[ProfileView],
    keys: &BTreeMap<systemprompt_events::ProfileId, Zeroizing<String>>,
) -> Result<Vec<u8>, CliError> {
    let selected = project.ledger().log.selected().await?;
    let sessions = project.ledger().log.sessions(None).await?;
    let profile_of = |id| profiles.iter().find(|profile| Some(profile.id) == id);
    let mut records = Map::new();
    for session in &sessions {
        let Some(profile) = profile_of(session.profile) else { continue };
        let secret = keys.get(&profile.id).map(|secret| secret.as_str());
        let record = session::record(session, &profile.name, secret);
        records.extend(record.map(|record| (format!("tenant_{}", session.tenant), record)));
    }
    let active = sessions.iter().find(|session| selected.as_ref() == Some(&session.tenant));
    let active_key = active.map(|session| format!("tenant_{}", session.tenant)).filter(|key| records.contains_key(key));
    let updated_at = sessions.iter().map(|session| session.changed_at).max().unwrap_or(Timestamp::from_millis(0));
    let mut index = json!({ "version": 1, "sessions": records, "updated_at": updated_at.to_seconds_text() });
    if let (Some(key), Value::Object(index)) = (active_key, &mut index) {
        index.insert("active_key".to_owned(), Value::String(key));
        let name = active.and_then(|session| profile_of(session.profile)).map(|profile| profile.name.to_string());
        index.extend(name.map(|name| ("active_profile_name".to_owned(), Value::String(name))));
    }
    Ok(format!("{index:#}\n").into_bytes())
}
