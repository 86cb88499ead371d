//! A plugin: which bytes are known under its id, and what this user allowed them.

use crate::{Corrupt, Digest, Json, PluginCommand, PluginEvent, PluginId, Refusal};

/// The state of a plugin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plugin {
    /// Its id.
    pub id: PluginId,
    /// Its version, as it says.
    pub version: String,
    /// Of its bytes.
    pub hash: Digest,
    /// The contract that it was built for.
    pub world: String,
    /// What it asks for.
    pub capabilities: Vec<String>,
    /// Where its bytes came from.
    pub source: String,
    /// What it says of itself.
    pub description: Json,
    /// The key that it was signed with, as `minisign` writes it; none as long as it was not signed.
    pub publisher: Option<String>,
    /// What was allowed last; it counts only for the bytes that it names.
    pub grant: Option<Grant>,
    /// Where they came from then, and the key that they were signed with: it counts for that alone, too.
    pub(crate) granted_as: Option<(String, Option<String>)>,
}

impl Plugin {
    /// What was allowed to what is known now.
    pub(crate) fn counting_grant(&self) -> Option<&Grant> {
        let Self { source, publisher, .. } = self;
        let is_the_same = self.granted_as.as_ref().is_some_and(|(from, by)| (from, by) == (source, publisher));
        self.grant.as_ref().filter(|grant| is_the_same && grant.hash == self.hash)
    }
}

/// What a user allowed a plugin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    /// Of the bytes that were allowed.
    pub hash: Digest,
    /// What was allowed.
    pub capabilities: Vec<String>,
    /// Proof that it was this user.
    pub mac: String,
}

pub(super) fn decide(
    plugin: Option<&Plugin>,
    id: &PluginId,
    command: PluginCommand,
) -> Result<Vec<PluginEvent>, Refusal> {
    match command {
        PluginCommand::Register { version, hash, world, capabilities, source, description } => {
            let known = plugin.is_some_and(|known| {
                (&known.version, known.hash, &known.world, &known.capabilities, &known.source, &known.description)
                    == (&version, hash, &world, &capabilities, &source, &description)
            });
            if known {
                return Ok(vec![]);
            }
            let id = id.clone();
            Ok(vec![PluginEvent::PluginRegistered { id, version, hash, world, capabilities, source, description }])
        }
        PluginCommand::Grant { hash, capabilities, mac } => {
            let plugin = plugin.ok_or_else(|| Refusal::NoSuchPlugin { id: id.to_string() })?;
            if plugin.hash != hash {
                return Err(Refusal::HashChanged { given: hash, now: plugin.hash });
            }
            if let Some(capability) = capabilities.iter().find(|capability| !plugin.capabilities.contains(capability)) {
                return Err(Refusal::NotAsked { capability: capability.clone() });
            }
            let grant = Grant { hash, capabilities, mac };
            if plugin.grant.as_ref() == Some(&grant) {
                return Ok(vec![]);
            }
            let Grant { hash, capabilities, mac } = grant;
            Ok(vec![PluginEvent::CapabilitiesGranted { hash, capabilities, mac }])
        }
        PluginCommand::Revoke { hash } => {
            let plugin = plugin.ok_or_else(|| Refusal::NoSuchPlugin { id: id.to_string() })?;
            let granted = plugin.grant.as_ref().is_some_and(|grant| grant.hash == hash);
            Ok(if granted { vec![PluginEvent::GrantRevoked { hash }] } else { vec![] })
        }
        PluginCommand::RecordPublisher { key } => {
            let plugin = plugin.ok_or_else(|| Refusal::NoSuchPlugin { id: id.to_string() })?;
            let known = plugin.publisher.as_ref() == Some(&key);
            Ok(if known { vec![] } else { vec![PluginEvent::PublisherRecorded { key }] })
        }
        PluginCommand::Remove => {
            let plugin = plugin.ok_or_else(|| Refusal::NoSuchPlugin { id: id.to_string() })?;
            Ok(vec![PluginEvent::PluginRemoved { hash: plugin.hash }])
        }
    }
}

pub(super) fn evolve(plugin: Option<Plugin>, event: &PluginEvent) -> Result<Option<Plugin>, Corrupt> {
    if let PluginEvent::PluginRegistered { id, version, hash, world, capabilities, source, description } = event {
        let known = plugin.map(|known| (known.publisher, known.grant, known.granted_as));
        let (publisher, grant, granted_as) = known.unwrap_or_default();
        return Ok(Some(Plugin {
            id: id.clone(),
            version: version.clone(),
            hash: *hash,
            world: world.clone(),
            capabilities: capabilities.clone(),
            source: source.clone(),
            description: description.clone(),
            publisher,
            grant,
            granted_as,
        }));
    }
    let cannot = |state| Corrupt { event: crate::codec::plugin_kind(event), aggregate: "the plugin", state };
    let mut plugin = plugin.ok_or_else(|| cannot("unknown"))?;
    match event {
        PluginEvent::PluginRegistered { .. } => {}
        PluginEvent::CapabilitiesGranted { hash, capabilities, mac } => {
            plugin.grant = Some(Grant { hash: *hash, capabilities: capabilities.clone(), mac: mac.clone() });
            plugin.granted_as = Some((plugin.source.clone(), plugin.publisher.clone()));
        }
        PluginEvent::GrantRevoked { hash } => match plugin.grant {
            Some(grant) if grant.hash == *hash => plugin.grant = None,
            Some(_) | None => return Err(cannot("not granted")),
        },
        PluginEvent::PublisherRecorded { key } => plugin.publisher = Some(key.clone()),
        PluginEvent::PluginRemoved { hash } if *hash == plugin.hash => return Ok(None),
        PluginEvent::PluginRemoved { .. } => return Err(cannot("of other bytes")),
    }
    Ok(Some(plugin))
}

#[cfg(test)]
#[path = "plugin_test.rs"]
mod tests;
