//! Digests of tables, the same whether taken from stored rows or from a fold.
//!
//! Rows open and close in the order of events. A digest is taken over the openings (`valid_from`, key, cells) sorted by
//! position and key, and over the closings (`valid_to`, key) sorted likewise: both come sorted out of a fold and
//! out of the table, so that no table has to be held in memory. A cell is a text: the first letter of its type (`i`, `t`),
//! its length in bytes, a colon and itself, or `n` for NULL; SQL can say that, too.

use sha2::{Digest as _, Sha256};

use super::{Cell, Change, Row, Table};
use crate::{Digest, Position};

/// What identifies the content of one table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TableDigest {
    pub(crate) table: Table,
    pub(crate) digest: Digest,
}

/// Takes the digest of one table.
#[derive(Clone)]
pub(crate) struct TableHasher {
    table: Table,
    openings: Sha256,
    closings: Sha256,
}

impl TableHasher {
    pub(crate) fn new(table: Table) -> Self {
        Self { table, openings: Sha256::new(), closings: Sha256::new() }
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
                Change::Open(row) => hasher.open(position, row),
                Change::Replace(row) => {
                    hasher.close(position, key);
                    hasher.open(position, row);
                }
                Change::Close(..) => hasher.close(position, key),
            }
        }
    }

    /// The cells of rows that opened, as SQL packed them.
    pub(crate) fn openings(&mut self, packed: &[u8]) {
        self.openings.update(packed);
    }

    /// The times and keys of rows that closed, as SQL packed them.
    pub(crate) fn closings(&mut self, packed: &[u8]) {
        self.closings.update(packed);
    }

    fn open(&mut self, valid_from: Position, row: &Row) {
        self.openings.update(packed('i', &valid_from.to_string()));
        self.openings.update(packed('t', &row.key));
        for cell in &row.cells {
            match cell {
                Cell::Text(text) => self.openings.update(packed('t', text)),
                Cell::Number(number) => self.openings.update(packed('i', &number.to_string())),
                Cell::Null => self.openings.update("n"),
            }
        }
    }

    fn close(&mut self, valid_to: Position, key: &str) {
        self.closings.update(packed('i', &valid_to.to_string()));
        self.closings.update(packed('t', key));
    }

    pub(crate) fn finish(self) -> TableDigest {
        let mut both = [[0; 32]; 2];
        both[0].copy_from_slice(&self.openings.finalize());
        both[1].copy_from_slice(&self.closings.finalize());
        TableDigest { table: self.table, digest: Digest::of(both.as_flattened()) }
    }
}

fn packed(letter: char, text: &str) -> String {
    format!("{letter}{}:{text}", text.len())
}
