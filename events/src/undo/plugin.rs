//! The undo of a plugin's events.

use super::{Facet, UNKNOWN, Undo};
use crate::{Command, Digest, Grant, Plugin, PluginCommand, PluginEvent, PluginId};

/// Where the bytes of a plugin come from that is part of the program.
const EMBEDDED: &str = "embedded";

pub(super) fn undo(event: &PluginEvent, id: &PluginId, before: Option<&Plugin>) -> Undo {
    match (event, before) {
        (PluginEvent::PluginRegistered { .. }, _) => Undo::Remark { why: "to be known allows a plugin nothing" },
        (PluginEvent::PublisherRecorded { .. }, _) => Undo::Remark { why: "a signature allows a plugin nothing" },
        (PluginEvent::PluginRemoved { .. }, _) => {
            Undo::Irreversible { why: "its file is gone with it; install the file that you trust" }
        }
        (PluginEvent::CapabilitiesGranted { .. } | PluginEvent::GrantRevoked { .. }, None) => UNKNOWN,
        (PluginEvent::CapabilitiesGranted { .. } | PluginEvent::GrantRevoked { .. }, Some(plugin))
            if plugin.source == EMBEDDED =>
        {
            Undo::Remark { why: "what is part of the program is allowed without a question" }
        }
        (PluginEvent::CapabilitiesGranted { hash, .. }, Some(plugin)) => of_grant(*hash, id, plugin),
        (PluginEvent::GrantRevoked { .. }, Some(plugin)) if plugin.grant.is_none() => UNKNOWN,
        (PluginEvent::GrantRevoked { .. }, Some(plugin)) => {
            plugin.counting_grant().map_or(OTHER_BYTES, |grant| granting(id, grant))
        }
    }
}

const OTHER_BYTES: Undo =
    Undo::Irreversible { why: "it was allowed as other bytes, or from elsewhere; install the file that you trust" };

fn of_grant(granted: Digest, id: &PluginId, before: &Plugin) -> Undo {
    match (&before.grant, before.counting_grant()) {
        (None, _) => inverse(id, PluginCommand::Revoke { hash: granted }),
        (Some(_), Some(former)) if former.hash == granted => granting(id, former),
        (Some(_), _) => OTHER_BYTES,
    }
}

/// It was this user's, or it counts as little as it did.
fn granting(id: &PluginId, Grant { hash, capabilities, mac }: &Grant) -> Undo {
    let grant = PluginCommand::Grant { hash: *hash, capabilities: capabilities.clone(), mac: mac.clone() };
    inverse(id, grant)
}

fn inverse(id: &PluginId, command: PluginCommand) -> Undo {
    Undo::Inverse { commands: vec![Command::Plugin(id.clone(), command)], facet: Facet::Grant }
}
