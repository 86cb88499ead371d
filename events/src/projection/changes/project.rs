//! Tables `project` and `selection`: one row each at most.

use super::{Before, Change};
use crate::{
    ProjectEvent,
    projection::{Cell, Row, Table},
};

const LOG_KEY: &str = "log";
const SELECTED_KEY: &str = "selected";

pub(super) fn changes(event: &ProjectEvent, before: &Before) -> Vec<Change> {
    match event {
        ProjectEvent::ProjectInitialised { log_id } => {
            vec![Change::Open(Row { table: Table::Project, key: LOG_KEY.to_owned(), cells: vec![Cell::text(log_id)] })]
        }
        ProjectEvent::TenantSelected { tenant } => {
            let row = Row { table: Table::Selection, key: SELECTED_KEY.to_owned(), cells: vec![Cell::text(tenant)] };
            vec![if before.is_open { Change::Replace(row) } else { Change::Open(row) }]
        }
        ProjectEvent::TenantUnselected { .. } => vec![Change::Close(Table::Selection, SELECTED_KEY.to_owned())],
        ProjectEvent::RegistryImported { .. }
        | ProjectEvent::ProfilesImported { .. }
        | ProjectEvent::CommandUndone { .. }
        | ProjectEvent::CommandRedone { .. }
        | ProjectEvent::RegistrySynced { .. }
        | ProjectEvent::HandEditKept { .. }
        | ProjectEvent::CheckpointSigned { .. }
        | ProjectEvent::CheckpointWitnessed { .. } => vec![],
    }
}
