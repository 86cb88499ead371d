//! Grants: an event says what a plugin may do, and counts only with a MAC under a key of this user.
//!
//! So a project directory that arrives from elsewhere brings its history and no rights. The MAC names the project, and what
//! was taken back is remembered outside of it: an older copy of a project brings nothing back either.

use systemprompt_events::{Digest, Event, Grant, LogId, PluginCommand, PluginEvent, PluginId, PluginView, Stream};

use crate::error::{CliError, Exit};
use crate::ledger::Ledger;
use crate::vault::machine::MachineSecrets;
use crate::vault::master::{MasterKey, mac};
use crate::vault::{Vault, VaultError};

/// What is allowed to whom.
#[derive(Debug, Clone, Copy)]
pub struct Right<'a> {
    /// The plugin.
    pub id: &'a PluginId,
    /// Of its bytes.
    pub hash: &'a Digest,
    /// Where they came from, and the next version of them will.
    pub source: &'a str,
    /// The key that they were signed with.
    pub publisher: Option<&'a str>,
    /// What it may do.
    pub capabilities: &'a [String],
}

impl<'a> Right<'a> {
    /// What is recorded as allowed to a plugin, whichever of its bytes it was.
    fn recorded(view: &'a PluginView) -> Option<(Right<'a>, &'a str)> {
        let grant = view.grant.as_ref()?;
        let (hash, capabilities) = (&grant.hash, grant.capabilities.as_slice());
        let (source, publisher) = (view.source.as_str(), view.publisher.as_deref());
        Some((Right { id: &view.id, hash, source, publisher, capabilities }, &grant.mac))
    }
}

/// What this user allows in one project on this machine.
pub struct Grants {
    master: MasterKey,
    machine: MachineSecrets,
    log: LogId,
}

impl Grants {
    /// Those of a project.
    pub async fn of(ledger: &mut Ledger, vault: &Vault) -> Result<Grants, CliError> {
        let empty = || CliError::new(Exit::NotFound, "history-empty", "nothing has happened here yet");
        let log = ledger.log.log_id().await?.ok_or_else(empty)?;
        Ok(Grants { master: vault.master().clone(), machine: vault.machine().clone(), log })
    }

    /// The MAC of a grant that is given now, as hexadecimal digits.
    pub async fn give(&self, right: Right<'_>) -> Result<String, VaultError> {
        let mac = self.mac(right)?;
        self.machine.give_again(&mac).await?;
        Ok(mac)
    }

    /// Makes what is recorded of a plugin count for nothing, in whatever copy of the project.
    pub async fn take_back(&self, view: &PluginView) -> Result<(), VaultError> {
        match Right::recorded(view) {
            Some((right, claimed)) if self.is_mac_of(right, claimed)? => self.machine.take_back(claimed).await,
            Some(_) | None => Ok(()),
        }
    }

    /// The same of whatever was ever allowed to it in this project: a copy may be older than its last version.
    pub async fn take_all_back(&self, ledger: &mut Ledger, view: &PluginView) -> Result<(), CliError> {
        for event in ledger.log.stream(&Stream::Plugin(view.id.clone()).to_string()).await? {
            if let Event::Plugin(PluginEvent::CapabilitiesGranted { mac, .. }) = &event.event
                && is_mac(mac)
            {
                self.machine.take_back(mac).await?;
            }
        }
        Ok(())
    }

    /// Remembers what a command has changed that was decided by the history and not by a question.
    pub async fn follow(&self, before: &PluginView, command: &PluginCommand) -> Result<(), VaultError> {
        match command {
            PluginCommand::Grant { hash, capabilities, mac } => {
                self.take_back(before).await?;
                let grant = Grant { hash: *hash, capabilities: capabilities.clone(), mac: mac.clone() };
                let after = PluginView { grant: Some(grant), ..before.clone() };
                match Right::recorded(&after) {
                    Some((right, claimed)) if self.is_mac_of(right, claimed)? => self.machine.give_again(claimed).await,
                    Some(_) | None => Ok(()),
                }
            }
            PluginCommand::Revoke { .. } | PluginCommand::Remove => self.take_back(before).await,
            PluginCommand::Register { .. } | PluginCommand::RecordPublisher { .. } => Ok(()),
        }
    }

    /// What this user allowed the plugin that is recorded, whichever of its bytes it was; nothing where nobody did or it
    /// was somebody else.
    pub async fn ours(&self, view: &PluginView) -> Result<Option<Vec<String>>, VaultError> {
        let Some((right, claimed)) = Right::recorded(view) else { return Ok(None) };
        let counts = self.is_mac_of(right, claimed)? && !self.machine.is_taken_back(claimed).await?;
        Ok(counts.then(|| right.capabilities.to_vec()))
    }

    fn is_mac_of(&self, right: Right<'_>, claimed: &str) -> Result<bool, VaultError> {
        let expected = self.mac(right)?;
        // Constant time: a MAC must not be guessed byte by byte.
        let differing = expected.bytes().zip(claimed.bytes()).fold(0, |differing, (a, b)| differing | (a ^ b));
        Ok(expected.len() == claimed.len() && differing == 0)
    }

    fn mac(&self, right: Right<'_>) -> Result<String, VaultError> {
        Ok(hex::encode(mac(&self.master.derive("grants")?, message(self.log, right).as_bytes())))
    }
}

/// Whether a text has the form of a MAC; histories from elsewhere may hold others.
fn is_mac(text: &str) -> bool {
    text.parse::<Digest>().is_ok()
}

/// Unambiguous, whatever the parts hold: each is a text of JSON.
fn message(log: LogId, right: Right<'_>) -> String {
    let Right { id, hash, source, publisher, capabilities } = right;
    let mut sorted = capabilities.to_vec();
    sorted.sort();
    let (log, id, hash) = (log.to_string(), id.as_str(), hash.to_string());
    serde_json::json!(["systemprompt/grant/v3", log, id, hash, source, publisher, sorted]).to_string()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn grants(dir: &Path, log: u128) -> Grants {
        let master = MasterKey::in_dir(dir.to_path_buf());
        let machine = MachineSecrets::new(dir.join("machine.db"), master.clone());
        Grants { master, machine, log: LogId::new(uuid::Uuid::from_u128(log)) }
    }

    fn view(mac: String) -> PluginView {
        let (capabilities, hash) = (vec!["docker".to_owned(), "journal".to_owned()], Digest::of(b"wasm"));
        PluginView {
            id: "acme".parse().unwrap(),
            version: "1.0.0".to_owned(),
            hash,
            world: String::new(),
            capabilities: capabilities.clone(),
            source: "/acme.wasm".to_owned(),
            description: systemprompt_events::Json::from_value(&serde_json::json!({})).unwrap(),
            publisher: Some("RWa".to_owned()),
            grant: Some(Grant { hash, capabilities, mac }),
            granted_at: None,
        }
    }

    async fn given(by: &Grants) -> PluginView {
        let unsigned = view(String::new());
        view(by.give(Right::recorded(&unsigned).unwrap().0).await.unwrap())
    }

    #[tokio::test]
    async fn a_grant_of_another_user_or_project_or_for_anything_else_does_not_count() {
        let dirs = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let mine = grants(dirs.0.path(), 1);
        let right = given(&mine).await;
        assert!(mine.ours(&right).await.unwrap().is_some());
        for other in [grants(dirs.1.path(), 1), grants(dirs.0.path(), 2)] {
            assert!(other.ours(&right).await.unwrap().is_none());
        }
        let grant = right.grant.clone().unwrap();
        let with = |grant: Grant| PluginView { grant: Some(grant), ..right.clone() };
        for other in [
            PluginView { id: "other".parse().unwrap(), ..right.clone() },
            PluginView { source: "/other.wasm".to_owned(), ..right.clone() },
            PluginView { publisher: Some("RWb".to_owned()), ..right.clone() },
            PluginView { publisher: None, ..right.clone() },
            PluginView { grant: None, ..right.clone() },
            with(Grant { hash: Digest::of(b"other"), ..grant.clone() }),
            with(Grant { capabilities: grant.capabilities[..1].to_vec(), ..grant.clone() }),
            with(Grant { mac: String::new(), ..grant.clone() }),
        ] {
            assert!(mine.ours(&other).await.unwrap().is_none(), "{other:?}");
        }
    }

    #[tokio::test]
    async fn what_was_taken_back_counts_again_only_when_it_is_given_again() {
        let dir = tempfile::tempdir().unwrap();
        let mine = grants(dir.path(), 1);
        let right = given(&mine).await;
        mine.take_back(&view(String::new())).await.unwrap();
        assert!(mine.ours(&right).await.unwrap().is_some(), "what somebody else gave is not what was taken back");
        mine.take_back(&right).await.unwrap();
        assert!(mine.ours(&right).await.unwrap().is_none());
        assert_eq!(given(&mine).await, right);
        assert!(mine.ours(&right).await.unwrap().is_some());
    }
}
