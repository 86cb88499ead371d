//! Projections: what is true, as tables that say from which position to which each row held.
//!
//! A row is open while its `valid_to` is NULL. An event closes rows and opens others, in its own transaction; nothing
//! is overwritten, so that the state at any position is a where-clause. All of it follows from the events alone.

mod changes;
mod digest;
mod fold;
mod table;

pub(crate) use digest::{Packed, TableDigest, TableHasher};
pub(crate) use fold::{Began, Fold, FoldError, Folded};
pub(crate) use table::{Cell, Row, Table};

/// What one event does to one row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Change {
    /// There was no open row of this key.
    Open(Row),
    /// The open row of this key gives way to this one.
    Replace(Row),
    /// The open row of this key ends.
    Close(Table, String),
}

impl Change {
    /// The table, and the key in it.
    pub(crate) fn target(&self) -> (Table, &str) {
        match self {
            Self::Open(row) | Self::Replace(row) => (row.table, &row.key),
            Self::Close(table, key) => (*table, key),
        }
    }
}
