//! Tables `sessions` and `shells`.

use super::{Before, Change};
use crate::{
    Session, Shell, ShellEvent,
    projection::{Cell, Row, Table},
};

/// A row stands for as long as there is something to know: a profile, or somebody who works.
pub(super) fn changes(stream: &str, before: &Before, after: &Session) -> Vec<Change> {
    let tenant = stream.strip_prefix("session/").unwrap_or(stream);
    if after.profile.is_none() && after.login.is_none() {
        return if before.is_open { vec![Change::Close(Table::Sessions, tenant.to_owned())] } else { vec![] };
    }
    let login = after.login.as_ref();
    let row = Row {
        table: Table::Sessions,
        key: tenant.to_owned(),
        cells: vec![
            Cell::optional(after.profile.as_ref()),
            Cell::optional(login.map(|login| login.id).as_ref()),
            Cell::optional(login.map(|login| &login.user)),
            login.map_or(Cell::Null, |login| Cell::Number(login.expires_at.millis())),
        ],
    };
    vec![if before.is_open { Change::Replace(row) } else { Change::Open(row) }]
}

pub(super) fn shell_changes(event: &ShellEvent, stream: &str, before: &Before, after: &Shell) -> Vec<Change> {
    let id = stream.strip_prefix("shell/").unwrap_or(stream);
    match (event, &after.place) {
        (ShellEvent::ShellSwitched { .. }, Some((tenant, profile))) => {
            let cells = vec![Cell::text(tenant), Cell::optional(profile.as_ref())];
            let row = Row { table: Table::Shells, key: id.to_owned(), cells };
            vec![if before.is_open { Change::Replace(row) } else { Change::Open(row) }]
        }
        (ShellEvent::ShellLeft, _) => vec![Change::Close(Table::Shells, id.to_owned())],
        (ShellEvent::ShellSwitched { .. }, None) => vec![],
    }
}
