//! Events of a plugin: stream `plugin/<id>`.

use crate::{Digest, Json, PluginId};

/// What can happen to a plugin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PluginEvent {
    /// It became known, or another version of it did.
    PluginRegistered {
        /// Its id.
        id: PluginId,
        /// Its version, as it says.
        version: String,
        /// Of its bytes.
        hash: Digest,
        /// The contract that it was built for.
        world: String,
        /// What it asks for.
        capabilities: Vec<String>,
        /// Where its bytes came from.
        source: String,
        /// What it says of itself.
        description: Json,
    },
    /// Somebody allowed it to do things on this machine.
    CapabilitiesGranted {
        /// Of the bytes that were allowed.
        hash: Digest,
        /// What was allowed.
        capabilities: Vec<String>,
        /// Proof that it was this user: without it a grant counts nothing.
        mac: String,
    },
    /// That is over.
    GrantRevoked {
        /// Of the bytes that were allowed.
        hash: Digest,
    },
    /// Its bytes were signed with a key, which those after them have to be signed with, too.
    PublisherRecorded {
        /// Public key, as the program `minisign` writes it: `RW…`.
        key: String,
    },
    /// It is not known any more, and allowed nothing.
    PluginRemoved {
        /// Of the bytes that were known last.
        hash: Digest,
    },
}
