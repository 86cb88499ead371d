//! Who performs an operation.

use systemprompt_events::{Digest, PluginId};

use crate::plugin::catalog::Loaded;

/// Who performs an operation.
pub enum Performer<'a> {
    /// The provider that made what it is about.
    Plugin(&'a Loaded),
    /// The program itself, where nobody here made it.
    Program,
}

impl Performer<'_> {
    /// How events name it.
    pub fn id(&self) -> PluginId {
        match self {
            Performer::Plugin(plugin) => plugin.id.clone(),
            Performer::Program => PluginId::external(),
        }
    }

    /// Of its bytes; zero where it is not a plugin's.
    pub fn hash(&self) -> Digest {
        match self {
            Performer::Plugin(plugin) => plugin.hash,
            Performer::Program => Digest::ZERO,
        }
    }
}
