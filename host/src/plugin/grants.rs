//! Grants: an event says what a plugin may do, and counts only with a MAC under a key of this user.
//!
//! So a project directory that arrives from elsewhere brings its history and no rights.

use systemprompt_events::{Digest, PluginId, PluginView};

use crate::vault::VaultError;
use crate::vault::master::{MasterKey, mac};

/// What is allowed to whom.
#[derive(Debug, Clone, Copy)]
pub struct Right<'a> {
    /// The plugin.
    pub id: &'a PluginId,
    /// Of its bytes.
    pub hash: &'a Digest,
    /// The key that they were signed with.
    pub publisher: Option<&'a str>,
    /// What it may do.
    pub capabilities: &'a [String],
}

/// The MAC of a grant, as hexadecimal digits.
pub fn sign(master: &MasterKey, right: Right<'_>) -> Result<String, VaultError> {
    Ok(hex::encode(mac(&master.derive("grants")?, message(right).as_bytes())))
}

/// Whether this user made the grant on this machine.
pub fn is_ours(master: &MasterKey, right: Right<'_>, claimed: &str) -> Result<bool, VaultError> {
    let expected = sign(master, right)?;
    // Constant time: a MAC must not be guessed byte by byte.
    let differing = expected.bytes().zip(claimed.bytes()).fold(0, |differing, (a, b)| differing | (a ^ b));
    Ok(expected.len() == claimed.len() && differing == 0)
}

/// What this user allowed the plugin that is recorded, whichever of its bytes it was; nothing where nobody did or it
/// was somebody else.
pub fn ours(master: &MasterKey, view: &PluginView) -> Result<Option<Vec<String>>, VaultError> {
    let Some(grant) = &view.grant else { return Ok(None) };
    let (hash, capabilities) = (&grant.hash, grant.capabilities.as_slice());
    let right = Right { id: &view.id, hash, publisher: view.publisher.as_deref(), capabilities };
    Ok(is_ours(master, right, &grant.mac)?.then(|| grant.capabilities.clone()))
}

/// Unambiguous: none of the parts can hold a line break, and what was not signed has a message of another kind.
fn message(right: Right<'_>) -> String {
    let Right { id, hash, publisher, capabilities } = right;
    let mut sorted = capabilities.to_vec();
    sorted.sort();
    let capabilities = sorted.join("\n");
    match publisher {
        None => format!("systemprompt/grant/v1\n{id}\n{hash}\n{capabilities}"),
        Some(key) => format!("systemprompt/grant/v2\n{id}\n{hash}\n{key}\n{capabilities}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_grant_of_another_user_or_for_another_plugin_or_publisher_does_not_count() {
        let dirs = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let mine = MasterKey::in_dir(dirs.0.path().to_path_buf());
        let theirs = MasterKey::in_dir(dirs.1.path().to_path_buf());
        let (id, native, hash, other) =
            ("docker".parse().unwrap(), "native".parse().unwrap(), Digest::of(b"wasm"), Digest::of(b"other"));
        let capabilities = ["docker".to_owned(), "journal".to_owned()];
        let right = Right { id: &id, hash: &hash, publisher: Some("RWa"), capabilities: &capabilities };
        let made = sign(&mine, right).unwrap();
        assert!(is_ours(&mine, right, &made).unwrap());
        assert!(!is_ours(&theirs, right, &made).unwrap());
        assert!(!is_ours(&mine, Right { id: &native, ..right }, &made).unwrap());
        assert!(!is_ours(&mine, Right { hash: &other, ..right }, &made).unwrap());
        assert!(!is_ours(&mine, Right { publisher: Some("RWb"), ..right }, &made).unwrap());
        assert!(!is_ours(&mine, Right { publisher: None, ..right }, &made).unwrap());
        assert!(!is_ours(&mine, Right { capabilities: &capabilities[..1], ..right }, &made).unwrap());
        assert!(!is_ours(&mine, right, "").unwrap());
    }
}
