//! Grants: an event says what a plugin may do, and counts only with a MAC under a key of this user.
//!
//! So a project directory that arrives from elsewhere brings its history and no rights.

use systemprompt_events::{Digest, PluginId};

use crate::vault::VaultError;
use crate::vault::master::{MasterKey, mac};

/// The MAC of a grant, as hexadecimal digits.
pub fn sign(master: &MasterKey, id: &PluginId, hash: &Digest, capabilities: &[String]) -> Result<String, VaultError> {
    Ok(hex::encode(mac(&master.derive("grants")?, message(id, hash, capabilities).as_bytes())))
}

/// Whether this user made the grant on this machine.
pub fn is_ours(
    master: &MasterKey,
    id: &PluginId,
    hash: &Digest,
    capabilities: &[String],
    claimed: &str,
) -> Result<bool, VaultError> {
    let expected = sign(master, id, hash, capabilities)?;
    // Constant time: a MAC must not be guessed byte by byte.
    let differing = expected.bytes().zip(claimed.bytes()).fold(0, |differing, (a, b)| differing | (a ^ b));
    Ok(expected.len() == claimed.len() && differing == 0)
}

/// Unambiguous: none of the parts can hold a line break.
fn message(id: &PluginId, hash: &Digest, capabilities: &[String]) -> String {
    let mut sorted = capabilities.to_vec();
    sorted.sort();
    format!("systemprompt/grant/v1\n{id}\n{hash}\n{}", sorted.join("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_grant_of_another_user_or_for_another_plugin_does_not_count() {
        let dirs = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let mine = MasterKey::in_dir(dirs.0.path().to_path_buf());
        let theirs = MasterKey::in_dir(dirs.1.path().to_path_buf());
        let (id, hash) = ("docker".parse().unwrap(), Digest::of(b"wasm"));
        let capabilities = ["docker".to_owned(), "journal".to_owned()];
        let made = sign(&mine, &id, &hash, &capabilities).unwrap();
        assert!(is_ours(&mine, &id, &hash, &capabilities, &made).unwrap());
        assert!(!is_ours(&theirs, &id, &hash, &capabilities, &made).unwrap());
        assert!(!is_ours(&mine, &"native".parse().unwrap(), &hash, &capabilities, &made).unwrap());
        assert!(!is_ours(&mine, &id, &Digest::of(b"other"), &capabilities, &made).unwrap());
        assert!(!is_ours(&mine, &id, &hash, &capabilities[..1], &made).unwrap());
        assert!(!is_ours(&mine, &id, &hash, &capabilities, "").unwrap());
    }
}
