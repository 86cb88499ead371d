//! `credentials.json`: who is logged in, and with what, for the programs of tenants. A projection, with mode 0600.

use std::fs;
use std::io;
use std::path::Path;

use serde_json::{Map, Value, json};
use systemprompt_events::{AccountView, Digest, FileState, Timestamp};
use zeroize::Zeroizing;

use super::Project;
use super::registry_file::{could_not, keep_aside, lock, stamp};
use crate::account::{self, DEFAULT_PROVIDER, server};
use crate::error::CliError;
use crate::plugin::maker::Maker;

/// Name of the file in the project directory.
pub const NAME: &str = "credentials.json";
/// A file that is larger than this is not one of ours.
const BYTES_MAX: u64 = 1 << 20;

/// Brings the file up to date. What somebody else wrote in its place is kept aside.
pub async fn sync(project: &mut Project) -> Result<(), CliError> {
    let noted = project.ledger().log.file_state(NAME).await?;
    let mut accounts = project.ledger().log.accounts(None).await?;
    // With an administrator's URL no program of a tenant has anything to do.
    accounts.retain(|account| !server::is_named_by(&account.login));
    // Others would need a file each; programs read one.
    accounts.sort_by_key(|account| account.provider.as_str() != DEFAULT_PROVIDER);
    let Some(account) = accounts.into_iter().next() else {
        return if noted.is_some() { remove(project).await } else { Ok(()) };
    };
    let path = project.dir.join(NAME);
    let is_fresh = noted
        .as_ref()
        .is_some_and(|noted| noted.position == account.position && stamp(&path).as_ref() == Some(&noted.stamp));
    if is_fresh {
        return Ok(());
    }
    // Without its key, as in a project that was copied from elsewhere, there is nothing to write.
    let Some(text) = render(project, &account).await? else { return Ok(()) };
    let _lock = lock(project)?;
    if let Some(content) = read(&path)? {
        let found = Digest::of(&content);
        let is_ours = found == Digest::of(text.as_bytes()) || noted.is_some_and(|noted| noted.digest == found);
        if !is_ours {
            keep_aside(project, &path, NAME, &content, found).await?;
        }
    }
    crate::files::replace(&path, text.as_bytes()).map_err(|error| could_not("write", &path, &error))?;
    let stamp = stamp(&path).unwrap_or_default();
    let state = FileState { digest: Digest::of(text.as_bytes()), stamp, position: account.position };
    Ok(project.ledger().log.set_file_state(NAME, state).await?)
}

/// Removes the file, if it is ours.
pub async fn remove(project: &mut Project) -> Result<(), CliError> {
    let path = project.dir.join(NAME);
    let Some(noted) = project.ledger().log.file_state(NAME).await? else { return Ok(()) };
    match read(&path)? {
        Some(content) if Digest::of(&content) == noted.digest => {
            fs::remove_file(&path).map_err(|error| could_not("remove", &path, &error))
        }
        Some(_) | None => Ok(()),
    }
}

/// The file as it should be; none where what was logged in with cannot be read here.
async fn render(project: &mut Project, account: &AccountView) -> Result<Option<Zeroizing<String>>, CliError> {
    let vault = project.vault.clone();
    let Some(maker) = Maker::known(project.ledger(), &account.provider).await? else { return Ok(None) };
    let opened = match account::load(project.ledger(), &vault, &account.provider, &maker).await {
        Ok(Some(opened)) => opened,
        Ok(None) => return Ok(None),
        // Where its requests go was not allowed here, or it was not given to this plugin: neither is writing it.
        Err(error) if ["not-allowed-here", "login-of-another"].contains(&error.code.as_str()) => return Ok(None),
        Err(error) => return Err(error),
    };
    // Where the user said. What the log says of the provider's own destinations may be somebody else's, and whoever reads
    // this file would send the token there.
    let api_url = opened.api_url.as_ref().map(ToString::to_string);
    let mut fields = Map::new();
    fields.extend(opened.plain.into_iter().map(|(name, value)| (name.replace('-', "_"), Value::from(value))));
    let secret = opened.secret.iter();
    fields.extend(secret.map(|(name, value)| (name.as_str().replace('-', "_"), Value::from(value.as_str()))));
    let login = &account.login;
    let known = json!({
        "provider": account.provider.as_str(),
        "api_url": api_url,
        "authenticated_at": account.since.to_seconds_text(),
        "user_email": login.user,
        "organisation": login.organisation,
        "expires_at": login.expires_at.map(Timestamp::to_seconds_text),
    });
    if let Value::Object(known) = known {
        fields.extend(known);
    }
    let text = serde_json::to_string_pretty(&fields).expect("BUG: an object of JSON has a text");
    Ok(Some(Zeroizing::new(text + "\n")))
}

fn read(path: &Path) -> Result<Option<Vec<u8>>, CliError> {
    match crate::files::read_regular(path, BYTES_MAX) {
        Ok(content) => Ok(Some(content)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(could_not("read", path, &error)),
    }
}
