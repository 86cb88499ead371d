//! Digests of tables, the same whether taken from stored rows or from a fold.
//!
//! Rows open and close in the order of events. A digest is taken over the openings (`valid_from`, key, cells) sorted by
//! position and key, and over the closings (`valid_to`, key) sorted likewise: both come sorted out of a fold and
//! out of the table, so that no table has to be held in memory. A cell is a text: the first letter of its type (`i`, `t`),
//! its length in bytes, a colon and itself, or `n` for NULL.

use std::io::Write as _;

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
pub(crate) struct TableHasher {
    table: Table,
    openings: Cells,
    closings: Cells,
}

impl TableHasher {
    pub(crate) fn new(table: Table) -> Self {
        Self { table, openings: Cells::default(), closings: Cells::default() }
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

    /// The next cell of the rows that opened: position, key, and the row's own.
    pub(crate) fn opening(&mut self, cell: Packed<'_>) {
        self.openings.add(cell);
    }

    /// The next cell of the rows that closed: position and key.
    pub(crate) fn closing(&mut self, cell: Packed<'_>) {
        self.closings.add(cell);
    }

    fn open(&mut self, valid_from: Position, row: &Row) {
        self.opening(Packed::Number(valid_from.sql()));
        self.opening(Packed::Text(row.key.as_bytes()));
        for cell in &row.cells {
            self.opening(match cell {
                Cell::Text(text) => Packed::Text(text.as_bytes()),
                Cell::Number(number) => Packed::Number(*number),
                Cell::Null => Packed::Null,
            });
        }
    }

    fn close(&mut self, valid_to: Position, key: &str) {
        self.closing(Packed::Number(valid_to.sql()));
        self.closing(Packed::Text(key.as_bytes()));
    }

    pub(crate) fn finish(self) -> TableDigest {
        let both = [self.openings.finish(), self.closings.finish()];
        TableDigest { table: self.table, digest: Digest::of(both.as_flattened()) }
    }
}

/// A cell as it goes into a digest.
#[derive(Clone, Copy)]
pub(crate) enum Packed<'a> {
    Text(&'a [u8]),
    Number(i64),
    Null,
    /// Of a type that no cell of ours has.
    Other,
}

/// Cells one after the other. Those of a few rows are hashed at once, which is faster than one by one.
#[derive(Default)]
struct Cells {
    hasher: Sha256,
    waiting: Vec<u8>,
}

/// Bytes that wait to be hashed.
const WAITING_BYTES: usize = 16 << 10;

impl Cells {
    fn add(&mut self, cell: Packed<'_>) {
        match cell {
            Packed::Text(text) => {
                self.letter_and_length('t', text.len());
                self.waiting.extend_from_slice(text);
            }
            Packed::Number(number) => {
                let digits = number.to_string();
                self.letter_and_length('i', digits.len());
                self.waiting.extend_from_slice(digits.as_bytes());
            }
            Packed::Null => self.waiting.push(b'n'),
            Packed::Other => self.waiting.push(b'?'),
        }
        if self.waiting.len() >= WAITING_BYTES {
            self.hash();
        }
    }

    fn letter_and_length(&mut self, letter: char, length: usize) {
        // A `Vec` takes whatever is written to it.
        let _ = write!(self.waiting, "{letter}{length}:");
    }

    fn hash(&mut self) {
        self.hasher.update(&self.waiting);
        self.waiting.clear();
    }

    fn finish(mut self) -> [u8; 32] {
        self.hash();
        self.hasher.finalize().into()
    }
}
