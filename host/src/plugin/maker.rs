//! Who made a plugin, as far as that can be known: what is kept for it is kept for that one, and not for whatever has its id.

use std::fmt;

use systemprompt_events::{Digest, PluginId, PluginView};

use super::embedded;
use crate::error::CliError;
use crate::ledger::Ledger;
use crate::vault::shelf::Shelf;

/// Who made a plugin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Maker {
    /// Whoever made the program, which carries it.
    Program,
    /// Whoever has this key: every version of theirs is signed with it.
    Key(String),
    /// Nobody who is known, so that it is these very bytes.
    Unknown(Digest),
}

impl Maker {
    /// Of what came with a signature by this key, or with none.
    pub fn of_bytes(hash: Digest, publisher: Option<&str>) -> Maker {
        publisher.map_or(Maker::Unknown(hash), |key| Maker::Key(key.to_owned()))
    }

    /// Of what is recorded under an id, whether anybody allowed it or not.
    pub fn recorded(view: &PluginView) -> Maker {
        if embedded::component(&view.id).is_some() {
            return Maker::Program;
        }
        // What was allowed is what runs.
        let hash = view.grant.as_ref().map_or(view.hash, |grant| grant.hash);
        Self::of_bytes(hash, view.publisher.as_deref())
    }

    /// Of what has this id here; none where nothing has.
    pub async fn known(ledger: &mut Ledger, id: &PluginId) -> Result<Option<Maker>, CliError> {
        if embedded::component(id).is_some() {
            return Ok(Some(Maker::Program));
        }
        Ok(ledger.log.plugin(id).await?.as_ref().map(Maker::recorded))
    }

    /// Where its plugin of this id keeps secrets for all projects of this machine.
    pub fn shelf(&self, id: &PluginId) -> Shelf {
        match self {
            Maker::Program => Shelf::of_program(id),
            Maker::Key(_) | Maker::Unknown(_) => Shelf::of_maker(id, &self.to_string()),
        }
    }
}

impl fmt::Display for Maker {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Maker::Program => formatter.write_str("the program"),
            Maker::Key(key) => write!(formatter, "key:{key}"),
            Maker::Unknown(hash) => write!(formatter, "sha256:{hash}"),
        }
    }
}
