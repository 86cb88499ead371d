//! Tables `plugins` and `grants`.

use super::{Before, Change};
use crate::{
    Plugin, PluginEvent,
    projection::{Cell, Row, Table},
};

/// `after`: none where the plugin is not known any more.
pub(super) fn changes(event: &PluginEvent, stream: &str, before: &Before, after: Option<&Plugin>) -> Vec<Change> {
    let key = stream.strip_prefix("plugin/").unwrap_or(stream).to_owned();
    let known = || after.map(row).map(|row| if before.is_open { Change::Replace(row) } else { Change::Open(row) });
    match event {
        PluginEvent::PluginRegistered { .. } | PluginEvent::PublisherRecorded { .. } => known().into_iter().collect(),
        PluginEvent::CapabilitiesGranted { hash, capabilities, mac } => {
            let cells = vec![Cell::text(hash), Cell::list(capabilities), Cell::text(mac)];
            let row = Row { table: Table::Grants, key, cells };
            vec![if before.is_granted { Change::Replace(row) } else { Change::Open(row) }]
        }
        PluginEvent::GrantRevoked { .. } => vec![Change::Close(Table::Grants, key)],
        PluginEvent::PluginRemoved { .. } => {
            let grant = before.is_granted.then(|| Change::Close(Table::Grants, key.clone()));
            grant.into_iter().chain([Change::Close(Table::Plugins, key)]).collect()
        }
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
            Cell::optional(plugin.publisher.as_ref()),
        ],
    }
}
