//! Digests of tables, the same whether taken from stored rows or from a fold.
//!
//! Rows open and close in the order of events. A digest is taken over the openings (`valid_from`, key, cells) sorted by
//! position and key, and over the closings (`valid_to`, key) sorted likewise: both come sorted out of a fold and
//! out of an index, so that no table has to be held in memory.

use super::{Cell, Change, Row, Table};
use crate::{Digest, Position, digest::FieldHasher};

/// What identifies the content of one table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TableDigest {
    pub(crate) table: Table,
    pub(crate) rows: u64,
    pub(crate) digest: Digest,
}

/// Takes the digest of one table.
#[derive(Clone)]
pub(crate) struct TableHasher {
    table: Table,
    rows: u64,
    openings: FieldHasher,
    closings: FieldHasher,
}

impl TableHasher {
    pub(crate) fn new(table: Table) -> Self {
        Self { table, rows: 0, openings: FieldHasher::default(), closings: FieldHasher::default() }
    }

    /// One for each table, in the order of [`Table::ALL`].
    pub(crate) fn all() -> Vec<Self> {
        Table::ALL.into_iter().map(Self::new).collect()
    }

    /// Takes in what one event changed, whatever the table.
    pub(crate) fn apply(hashers: &mut [Self], position: Position, changes: &[Change]) {
        let mut sorted: Vec<_> = changes.iter().collect();
        sorted.sort_by_key(|change| change.target());
        for change in sorted {
            let (table, key) = change.target();
            let Some(hasher) = hashers.iter_mut().find(|hasher| hasher.table == table) else { continue };
            match change {
                Change::Open(row) => hasher.open(position.sql(), &row.key, &row.cells),
                Change::Replace(Row { cells, .. }) => {
                    hasher.close(position.sql(), key);
                    hasher.open(position.sql(), key, cells);
                }
                Change::Close(..) => hasher.close(position.sql(), key),
            }
        }
    }

    pub(crate) fn open(&mut self, valid_from: i64, key: &str, cells: &[Cell]) {
        self.rows += 1;
        self.openings.number(valid_from).bytes(key.as_bytes());
        for cell in cells {
            match cell {
                Cell::Text(text) => self.openings.fixed(b"t").bytes(text.as_bytes()),
                Cell::Number(number) => self.openings.fixed(b"n").number(*number),
                Cell::Null => self.openings.fixed(b"0"),
            };
        }
    }

    pub(crate) fn close(&mut self, valid_to: i64, key: &str) {
        self.closings.number(valid_to).bytes(key.as_bytes());
    }

    pub(crate) fn finish(self) -> TableDigest {
        let mut both = FieldHasher::default();
        both.fixed(self.openings.finish().as_bytes()).fixed(self.closings.finish().as_bytes());
        TableDigest { table: self.table, rows: self.rows, digest: both.finish() }
    }
}
