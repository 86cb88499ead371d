//! Rows of table `events` in the bytes of a page, as `SQLite`'s file format has them. Pure.
//!
//! See <https://sqlite.org/fileformat2.html>, "B-tree Pages" and "Record Format".

use crate::recorded::StoredEvent;

/// Length of the file's own header, which stands before that of the first page.
pub(super) const FILE_HEADER_BYTES: usize = 100;
/// First byte of a page that holds rows of a table.
const LEAF: u8 = 0x0d;
/// Bytes before the places of the rows.
const LEAF_HEADER_BYTES: usize = 8;

/// Where a row lies, and how long it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Cell {
    pub(super) rowid: i64,
    /// Bytes of the whole record.
    pub(super) bytes: usize,
    /// Where its bytes begin in the page, and how many of them are there.
    pub(super) start: usize,
    pub(super) here: usize,
    /// The page on which it goes on.
    pub(super) overflow: Option<u32>,
}

/// The rows of a page; nothing for any other page. `usable` is how much of a page holds data.
pub(super) fn cells(page: &[u8], is_first: bool, usable: usize, bytes_max: usize) -> Vec<Cell> {
    let header = if is_first { FILE_HEADER_BYTES } else { 0 };
    if page.get(header) != Some(&LEAF) {
        return vec![];
    }
    let count = u16_at(page, header + 3).unwrap_or_default();
    let place = |number: u16| u16_at(page, header + LEAF_HEADER_BYTES + 2 * usize::from(number));
    let cell = |number| cell(page, usize::from(place(number)?), usable).filter(|cell| cell.bytes <= bytes_max);
    (0..count).filter_map(cell).collect()
}

fn cell(page: &[u8], at: usize, usable: usize) -> Option<Cell> {
    let mut rest = Cursor { bytes: page, at };
    let bytes = usize::try_from(rest.varint()?).ok()?;
    let rowid = rest.varint()?;
    let start = rest.at;
    let here = local_bytes(bytes, usable);
    let overflow = if here < bytes {
        Some(u32::from_be_bytes(page.get(start + here..start + here + 4)?.try_into().ok()?))
    } else {
        None
    };
    (start + here <= page.len()).then_some(Cell { rowid, bytes, start, here, overflow })
}

/// How much of a record stays in its page.
fn local_bytes(bytes: usize, usable: usize) -> usize {
    let most = usable.saturating_sub(35);
    if bytes <= most {
        return bytes;
    }
    let least = (usable.saturating_sub(12) * 32 / 255).saturating_sub(23);
    let wanted = least + (bytes - least) % usable.saturating_sub(4).max(1);
    if wanted <= most { wanted } else { least }
}

/// The event that a record is, if it has the columns of one.
pub(super) fn event(rowid: i64, record: &[u8]) -> Option<StoredEvent> {
    let mut header = Cursor { bytes: record, at: 0 };
    let header_bytes = usize::try_from(header.varint()?).ok()?;
    let mut body = Cursor { bytes: record, at: header_bytes };
    let header = &mut Cursor { bytes: record.get(..header_bytes)?, at: header.at };
    // The key of the table is the row's own number.
    if header.varint()? != 0 {
        return None;
    }
    let body = &mut body;
    let event = StoredEvent {
        position: rowid,
        id: blob(header, body)?,
        stream: text(header, body)?,
        version: number(header, body)?,
        kind: text(header, body)?,
        schema: number(header, body)?,
        time: number(header, body)?,
        actor: text(header, body)?,
        host: text(header, body)?,
        cli: text(header, body)?,
        command: text(header, body)?,
        command_id: blob(header, body)?,
        correlation_id: blob(header, body)?,
        causation_id: optional_blob(header, body)?,
        payload: text(header, body)?,
        hash: blob(header, body)?,
    };
    (header.at == header.bytes.len()).then_some(event)
}

fn number(header: &mut Cursor<'_>, body: &mut Cursor<'_>) -> Option<i64> {
    let bytes = match header.varint()? {
        8 => return Some(0),
        9 => return Some(1),
        kind @ 1..=4 => usize::try_from(kind).ok()?,
        5 => 6,
        6 => 8,
        _ => return None,
    };
    let bytes = body.take(bytes)?;
    let sign = if bytes.first()? & 0x80 == 0 { 0 } else { -1 };
    Some(bytes.iter().fold(sign, |number, byte| number << 8 | i64::from(*byte)))
}

fn text(header: &mut Cursor<'_>, body: &mut Cursor<'_>) -> Option<String> {
    let kind = usize::try_from(header.varint()?).ok()?;
    if kind < 13 || kind % 2 == 0 {
        return None;
    }
    String::from_utf8(body.take((kind - 13) / 2)?.to_vec()).ok()
}

fn blob(header: &mut Cursor<'_>, body: &mut Cursor<'_>) -> Option<Vec<u8>> {
    optional_blob(header, body)?
}

#[expect(clippy::option_option, reason = "the outer one: no such cell; the inner one: a cell without a value")]
fn optional_blob(header: &mut Cursor<'_>, body: &mut Cursor<'_>) -> Option<Option<Vec<u8>>> {
    let kind = usize::try_from(header.varint()?).ok()?;
    match kind {
        0 => Some(None),
        kind if kind >= 12 && kind % 2 == 0 => Some(Some(body.take((kind - 12) / 2)?.to_vec())),
        _ => None,
    }
}

/// A place in bytes that may end anywhere.
struct Cursor<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Cursor<'a> {
    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let end = self.at.checked_add(count)?;
        let taken = self.bytes.get(self.at..end)?;
        self.at = end;
        Some(taken)
    }

    /// A number of one to nine bytes: seven bits of each, eight of the ninth.
    fn varint(&mut self) -> Option<i64> {
        let mut number: u64 = 0;
        for _ in 0..8 {
            let byte = *self.take(1)?.first()?;
            number = number << 7 | u64::from(byte & 0x7f);
            if byte & 0x80 == 0 {
                return Some(number.cast_signed());
            }
        }
        let byte = *self.take(1)?.first()?;
        Some((number << 8 | u64::from(byte)).cast_signed())
    }
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_be_bytes(bytes.get(at..at + 2)?.try_into().ok()?))
}

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, prelude::any, proptest};

    use super::*;

    proptest! {
        #[test]
        fn whatever_a_page_holds_is_an_answer(mut page in vec(any::<u8>(), 0..600), is_leaf in any::<bool>()) {
            if let (true, Some(first)) = (is_leaf, page.first_mut()) {
                *first = LEAF;
            }
            for cell in cells(&page, false, 512, 1 << 20) {
                let _any_answer = event(cell.rowid, &page[cell.start..cell.start + cell.here]);
            }
        }

        #[test]
        fn whatever_a_record_holds_is_an_answer(record in vec(any::<u8>(), 0..200)) {
            let _any_answer = event(1, &record);
        }
    }

    #[test]
    fn numbers_are_of_any_length_and_sign() {
        let read =
            |kind: u8, body: &[u8]| number(&mut Cursor { bytes: &[kind], at: 0 }, &mut Cursor { bytes: body, at: 0 });
        assert_eq!(read(8, &[]), Some(0));
        assert_eq!(read(9, &[]), Some(1));
        assert_eq!(read(1, &[0xff]), Some(-1));
        assert_eq!(read(2, &[0x01, 0x00]), Some(256));
        assert_eq!(read(5, &[0, 0, 0, 0, 1, 1]), Some(257));
        assert_eq!(read(6, &[0x80, 0, 0, 0, 0, 0, 0, 0]), Some(i64::MIN));
        assert_eq!(read(6, &[0]), None);
        assert_eq!(Cursor { bytes: &[0x81, 0x00], at: 0 }.varint(), Some(128));
        assert_eq!(Cursor { bytes: &[0xff; 9], at: 0 }.varint(), Some(-1));
    }
}
