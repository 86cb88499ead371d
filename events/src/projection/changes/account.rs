//! Table `accounts`.

use super::{Before, Change};
use crate::{
    Account,
    projection::{Cell, Row, Table},
};

/// A row stands for as long as somebody is logged in.
pub(super) fn changes(stream: &str, before: &Before, after: &Account) -> Vec<Change> {
    let provider = stream.strip_prefix("account/").unwrap_or(stream).to_owned();
    let Some(login) = &after.login else {
        return if before.is_open { vec![Change::Close(Table::Accounts, provider)] } else { vec![] };
    };
    let row = Row {
        table: Table::Accounts,
        key: provider,
        cells: vec![
            Cell::text(&login.user),
            Cell::optional(login.organisation.as_ref()),
            login.expires_at.map_or(Cell::Null, |expires_at| Cell::Number(expires_at.millis())),
            Cell::text(&login.source),
            Cell::optional(login.api_url.as_ref()),
            Cell::text(&login.fields),
            Cell::text(&login.seal_id),
            Cell::text(&login.sealed),
        ],
    };
    vec![if before.is_open { Change::Replace(row) } else { Change::Open(row) }]
}
