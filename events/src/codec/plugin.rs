//! Stored twins of a plugin's events.

use crate::{Digest, Json, PluginEvent, PluginId};

twins! {
    PluginEvent in "plugin/<id>" {
        PluginRegistered @ 1 "The plugin became known, or another version of it did." {
            id: PluginId,
            version: String,
            hash: Digest,
            world: String,
            capabilities: Vec<String>,
            source: String,
            description: Json,
        }
        CapabilitiesGranted @ 1 "Somebody allowed the plugin to do things on this machine." {
            hash: Digest,
            capabilities: Vec<String>,
            mac: String,
        }
        GrantRevoked @ 1 "What the plugin had been allowed, it is not any more." { hash: Digest }
        PublisherRecorded @ 1 "The plugin was signed with a key, and will have to be signed with it." { key: String }
        PluginRemoved @ 1 "The plugin is not known any more, and allowed nothing." { hash: Digest }
    }
}
