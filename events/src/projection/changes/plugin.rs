//! Tables `plugins` and `grants`.

use super::{Before, Change};
use crate::{
    Plugin, PluginEvent,
    projection::{Cell, Row, Table},
};

pub(super) fn changes(event: &PluginEvent, before: &Before, after: &Plugin) -> Vec<Change> {
    match event {
        PluginEvent::PluginRegistered { .. } => {
            let row = row(after);
            vec![if before.is_open { Change::Replace(row) } else { Change::Open(row) }]
        }
        PluginEvent::CapabilitiesGranted { hash, capabilities, mac } => {
            let cells = vec![Cell::text(hash), Cell::list(capabilities), Cell::text(mac)];
            let row = Row { table: Table::Grants, key: after.id.to_string(), cells };
            vec![if before.is_granted { Change::Replace(row) } else { Change::Open(row) }]
        }
        PluginEvent::GrantRevoked { .. } => vec![Change::Close(Table::Grants, after.id.to_string())],
    }
}

fn row(plugin: &Plugin) -> Row {
    Row {
        table: Table::Plugins,
        key: plugin.id.to_string(),
        cells: vec![
            Cell::text(&plugin.version),
            Cell::text(&plugin.hash),
            Cell::text(&plugin.world),
            Cell::list(&plugin.capabilities),
            Cell::text(&plugin.source),
            Cell::text(&plugin.description),
        ],
    }
}
