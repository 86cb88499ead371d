//! Many events that are handed on together: their texts in one piece of memory and their bytes in another, where each
//! by itself would have a dozen pieces, taken by one thread and given back by the next.

use super::{EventRow, StoredEvent};

/// Events one after the other.
#[derive(Debug, Default)]
pub(crate) struct Rows {
    texts: String,
    bytes: Vec<u8>,
    cells: Vec<StoredEvent<Span, Span>>,
}

/// Where a cell stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Span {
    start: usize,
    end: usize,
}

impl Rows {
    /// Adds a copy of an event.
    pub(crate) fn push(&mut self, row: &EventRow<'_>) {
        let Self { texts, bytes, cells } = self;
        cells.push(row.map(
            |text| {
                let start = texts.len();
                texts.push_str(text);
                Span { start, end: texts.len() }
            },
            |blob| {
                let start = bytes.len();
                bytes.extend_from_slice(blob);
                Span { start, end: bytes.len() }
            },
        ));
    }

    /// An event; none behind the last one.
    pub(crate) fn get(&self, index: usize) -> Option<EventRow<'_>> {
        let Self { texts, bytes, cells } = self;
        Some(cells.get(index)?.map(|span| &texts[span.start..span.end], |span| &bytes[span.start..span.end]))
    }

    /// The last one, if there is any.
    pub(crate) fn last(&self) -> Option<EventRow<'_>> {
        self.len().checked_sub(1).and_then(|index| self.get(index))
    }

    /// All of them.
    pub(crate) fn iter(&self) -> impl Iterator<Item = EventRow<'_>> {
        (0..self.len()).map_while(|index| self.get(index))
    }

    /// How many there are.
    pub(crate) const fn len(&self) -> usize {
        self.cells.len()
    }

    /// Whether there are none.
    pub(crate) const fn is_empty(&self) -> bool {
        self.cells.is_empty()
    }

    /// How long their texts are.
    pub(crate) const fn text_bytes(&self) -> usize {
        self.texts.len()
    }
}
