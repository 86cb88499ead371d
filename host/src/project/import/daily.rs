//! Taking in the profiles and sessions that an incumbent left: what is in order, with a word about what is not.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::Path;

use serde_json::Value;
use systemprompt_events::{
    Command, Digest, FileState, Position, ProfileCommand, ProfileId, ProfileName, ProjectCommand, SecretKey,
    SessionCommand, SessionId, TenantId, Timestamp,
};

use super::super::{Project, profile_files};
use super::Known;
use crate::env;
use crate::error::{CliError, Exit};
use crate::ledger::user_secrets::{self, Scope};
use crate::profile::document;
use crate::secret_input;
use crate::text::one_line;
use crate::vault;

/// More profiles than anybody has.
const PROFILES_MAX: usize = 200;
/// Larger than any file of secrets or sessions.
const BYTES_MAX: u64 = 1 << 20;
/// Characters of a signing secret that is missing.
const JWT_SECRET_LENGTH: u32 = 64;
/// What `secrets.json` repeats of its tenant.
const OF_TENANT: [&str; 3] = ["database_url", "internal_database_url", "sync_token"];

/// What is taken in, and what is left out.
#[derive(Default)]
struct Import {
    commands: Vec<Command>,
    profiles: BTreeMap<ProfileName, (ProfileId, TenantId)>,
    sessions: Vec<TenantId>,
    refused: Vec<String>,
    found: usize,
}

/// The commands that take in what lies in `profiles/` and `sessions/`, for these tenants; none where nothing does.
///
/// Files that hold secrets are copied before they are written anew. Nothing is destroyed.
pub async fn take_in(project: &mut Project, tenants: &[Known]) -> Result<Vec<Command>, CliError> {
    let mut import = Import::default();
    for name in directories(&project.dir.join(profile_files::PROFILES)) {
        import.found += 1;
        if let Err(reason) = take_profile(project, &mut import, &name, tenants).await? {
            import.refused.push(format!("{}/{}: {reason}", profile_files::PROFILES, one_line(&name, 60)));
        }
    }
    take_sessions(project, &mut import).await?;
    import.refused.extend(not_ours(&project.dir));
    if import.found == 0 && import.sessions.is_empty() && import.refused.is_empty() {
        return Ok(Vec::new());
    }
    let (profiles, sessions) = (import.profiles.len(), import.sessions.len());
    let session_word = if sessions == 1 { "session" } else { "sessions" };
    project.notices.push(format!("took in {profiles} of {} profiles and {sessions} {session_word}", import.found));
    project.notices.extend(import.refused.iter().map(|reason| format!("left out {reason}")));
    let profiles = import.profiles.into_values().map(|(id, _)| id).collect();
    let record = ProjectCommand::RecordProfilesImport { profiles, sessions: import.sessions, refused: import.refused };
    import.commands.push(Command::Project(record));
    Ok(import.commands)
}

/// What another program has there that means nothing here. It is left as it is.
fn not_ours(dir: &Path) -> impl Iterator<Item = String> {
    let table = [
        ("credentials.json", "a login to a cloud, and there are none here"),
        ("docker", "containers of another program, which nothing here starts or stops"),
    ];
    let lies_there = |name: &str| fs::symlink_metadata(dir.join(name)).is_ok();
    let found: Vec<_> = table.into_iter().filter(|(name, _)| lies_there(name)).collect();
    found.into_iter().map(|(name, what)| format!("{name}: it holds {what}; it is left as it is"))
}

/// Names of the directories below one, in order; what cannot be read is as good as not there.
fn directories(dir: &Path) -> Vec<String> {
    let entries = fs::read_dir(dir).into_iter().flatten().flatten();
    let dirs = entries.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()));
    let mut names: Vec<_> = dirs.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names.truncate(PROFILES_MAX);
    names
}

/// The inner error says why it is left out.
async fn take_profile(
    project: &mut Project,
    import: &mut Import,
    directory: &str,
    tenants: &[Known],
) -> Result<Result<(), String>, CliError> {
    let name = match directory.parse::<ProfileName>() {
        Ok(name) => name,
        Err(error) => return Ok(Err(error.to_string())),
    };
    let text = match text(project, &name) {
        Ok(text) => text,
        Err(reason) => return Ok(Err(reason)),
    };
    let document = match document::parse(&text) {
        Ok(document) => document,
        Err(problems) => {
            let problems: Vec<_> = problems.iter().map(ToString::to_string).collect();
            let meant = meant(project, &name, tenants).map(|tenant| {
                format!("; its database is that of tenant `{tenant}`: write that as `cloud.tenant_id`, then run `systemprompt cloud profile create {name} --tenant {tenant}`")
            });
            let meant = meant.filter(|_| problems == ["`cloud.tenant_id` is missing"]).unwrap_or_default();
            return Ok(Err(format!("profile.yaml is not in order: {}{meant}", problems.join("; "))));
        }
    };
    if document.name != name {
        return Ok(Err(format!("profile.yaml calls it `{}`", document.name)));
    }
    let Some(tenant) = tenants.iter().find(|tenant| tenant.id == document.tenant) else {
        return Ok(Err(format!("its tenant `{}` is not here", document.tenant)));
    };
    let id = ProfileId::new(env::fresh_uuid());
    let create = ProfileCommand::Create { name: name.clone(), tenant: document.tenant.clone(), text };
    import.commands.push(Command::Profile(id, create));
    let scope = Scope { tenant: document.tenant.clone(), profile: Some(id) };
    if let Some(own) = own_database_url(project, &name)
        && tenant.database_url.as_ref().is_some_and(|url| *url != own)
    {
        let file = profile_files::profile_path(&name, "secrets.json");
        import.refused.push(format!("`database_url` of {file}: it differs from its tenant's, which counts"));
    }
    take_secrets(project, import, &name, &scope).await?;
    import.profiles.insert(name, (id, document.tenant));
    Ok(Ok(()))
}

/// The URL of a database that a profile's file of secrets holds.
fn own_database_url(project: &Project, name: &ProfileName) -> Option<String> {
    let path = project.dir.join(profile_files::profile_path(name, "secrets.json"));
    let secrets: Value = serde_json::from_slice(&crate::files::read_regular(&path, BYTES_MAX).ok()?).ok()?;
    secrets["database_url"].as_str().map(ToOwned::to_owned)
}

/// The one tenant whose database a profile uses that names no tenant.
fn meant(project: &Project, name: &ProfileName, tenants: &[Known]) -> Option<TenantId> {
    let own = own_database_url(project, name)?;
    let mut same = tenants.iter().filter(|tenant| tenant.database_url.as_ref() == Some(&own));
    let tenant = same.next()?;
    same.next().is_none().then(|| tenant.id.clone())
}

fn text(project: &Project, name: &ProfileName) -> Result<String, String> {
    let path = project.dir.join(profile_files::profile_path(name, "profile.yaml"));
    let content = crate::files::read_regular(&path, document::BYTES_MAX as u64);
    let content = content.map_err(|error| {
        let is_missing = error.kind() == io::ErrorKind::NotFound;
        if is_missing {
            "there is no profile.yaml in it".to_owned()
        } else {
            format!("profile.yaml cannot be read: {error}")
        }
    })?;
    String::from_utf8(content).map_err(|_| "profile.yaml is not a text".to_owned())
}

/// The secrets of a profile's `secrets.json`, and a signing secret where there is none.
async fn take_secrets(
    project: &mut Project,
    import: &mut Import,
    name: &ProfileName,
    scope: &Scope,
) -> Result<(), CliError> {
    let file = profile_files::profile_path(name, "secrets.json");
    let mut has_signing_secret = false;
    for (field, value) in secrets(project, import, &file).await? {
        let key = match profile_files::secret_key(&field) {
            Ok(key) => key,
            Err(reason) => {
                import.refused.push(format!("a field of {file}: {reason}"));
                continue;
            }
        };
        // What this program would not let anybody set, nobody brings along either.
        if let Err(error) = secret_input::check(&key, &value) {
            import.refused.push(format!("a field of {file}: {}", error.message));
            continue;
        }
        has_signing_secret |= key.as_str() == profile_files::JWT_SECRET;
        import.commands.push(user_secrets::set(&project.vault, scope, &key, &value).await?);
    }
    if !has_signing_secret {
        let key: SecretKey = profile_files::JWT_SECRET.parse().expect("BUG: the name of a secret is valid");
        let value = vault::generate(JWT_SECRET_LENGTH)?;
        import.commands.push(user_secrets::set(&project.vault, scope, &key, &value).await?);
    }
    Ok(())
}

/// Fields and values of a file of secrets, which is kept as it was. What the tenant has already is left out.
async fn secrets(project: &mut Project, import: &mut Import, file: &str) -> Result<Vec<(String, String)>, CliError> {
    let Some(content) = keep(project, file).await? else { return Ok(Vec::new()) };
    let Ok(Value::Object(fields)) = serde_json::from_slice(&content) else {
        import.refused.push(format!("{file}: it is no JSON object"));
        return Ok(Vec::new());
    };
    let own = fields.into_iter().filter(|(field, _)| !OF_TENANT.contains(&field.as_str()));
    let texts = own.filter_map(|(field, value)| value.as_str().map(|value| (field, value.to_owned())));
    Ok(texts.filter(|(_, value)| !value.is_empty()).collect())
}

async fn take_sessions(project: &mut Project, import: &mut Import) -> Result<(), CliError> {
    let file = profile_files::SESSIONS;
    let Some(content) = keep(project, file).await? else { return Ok(()) };
    let Ok(index) = serde_json::from_slice::<Value>(&content) else {
        import.refused.push(format!("{file}: it is no JSON"));
        return Ok(());
    };
    let Some(sessions) = index["sessions"].as_object() else { return Ok(()) };
    let mut keys = BTreeMap::new();
    for (key, record) in sessions.iter().take(PROFILES_MAX) {
        match session(import, record) {
            Ok((tenant, command)) if !import.sessions.contains(&tenant) => {
                keys.insert(key.clone(), tenant.clone());
                import.sessions.push(tenant.clone());
                import.commands.push(Command::Session(tenant, command));
            }
            Ok(_) => import.refused.push(format!("session `{}`: its tenant has one already", one_line(key, 60))),
            Err(reason) => import.refused.push(format!("session `{}`: {reason}", one_line(key, 60))),
        }
    }
    if let Some(tenant) = index["active_key"].as_str().and_then(|key| keys.remove(key)) {
        import.commands.push(Command::Project(ProjectCommand::SelectTenant { tenant }));
    }
    Ok(())
}

/// The session of a record. The profile says which tenant it is of, whatever key the session has.
fn session(import: &Import, record: &Value) -> Result<(TenantId, SessionCommand), String> {
    let name = record["profile_name"].as_str().unwrap_or_default();
    let known = name.parse::<ProfileName>().ok().and_then(|name| import.profiles.get(&name));
    let Some((profile, tenant)) = known else {
        return Err(format!("its profile `{}` was not taken in", one_line(name, 60)));
    };
    let moment = record["expires_at"].as_str().unwrap_or_default().parse::<Timestamp>();
    let expires_at = moment.map_err(|error| error.to_string())?;
    let user = ["user_email", "user_id"].iter().find_map(|field| record[field].as_str()).unwrap_or("unknown");
    let start = SessionCommand::Start {
        id: SessionId::new(env::fresh_uuid()),
        user: one_line(user, 100),
        profile: *profile,
        expires_at,
    };
    Ok((tenant.clone(), start))
}

/// The content of a file that will be written anew, which is copied first and then counts as ours.
async fn keep(project: &mut Project, file: &str) -> Result<Option<Vec<u8>>, CliError> {
    let path = project.dir.join(file);
    let failed = |error: &io::Error| {
        let message = format!("could not take in {}", crate::text::shown(&path));
        CliError::new(Exit::Failed, "file-failed", message).because(error)
    };
    let content = match crate::files::read_regular(&path, BYTES_MAX) {
        Ok(content) => content,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(failed(&error)),
    };
    let digest = Digest::of(&content);
    let stem = file.strip_suffix(".json").unwrap_or(file);
    let kept = project.dir.join(format!("{stem}.imported-{}.json", &digest.to_string()[..12]));
    crate::files::replace(&kept, &content).map_err(|error| failed(&error))?;
    let state = FileState { digest, stamp: String::new(), position: Position::FIRST };
    project.ledger().log.set_file_state(file, state).await?;
    Ok(Some(content))
}
