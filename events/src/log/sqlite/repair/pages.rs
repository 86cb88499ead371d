//! The pages of a damaged file and of its WAL, read without `SQLite`: where its own way to an event is broken, the event
//! may still lie somewhere. Which of what is found is the right one, its hash tells.

use std::{
    collections::HashMap,
    fs::File,
    io::{self, Read as _, Seek as _, SeekFrom},
    path::Path,
};

use super::record::{self, Cell};
use crate::{Digest, codec::PAYLOAD_BYTES_MAX, recorded::StoredEvent};

/// What we make, and `SQLite`'s own choice.
const PAGE_BYTES: usize = 4096;
const WAL_HEADER_BYTES: u64 = 32;
const FRAME_HEADER_BYTES: u64 = 24;
/// A record is an event's payload and little else.
const RECORD_BYTES_MAX: usize = PAYLOAD_BYTES_MAX + (1 << 20);

/// Every row that may be an event, by position.
pub(super) struct Pages {
    log: File,
    wal: Option<File>,
    page_bytes: usize,
    usable: usize,
    /// Newest frame of each page.
    frames: HashMap<u32, u64>,
    rows: Vec<Row>,
}

/// Where a row is.
struct Row {
    position: i64,
    page: Place,
    cell: Cell,
}

/// Where a page is.
#[derive(Clone, Copy)]
enum Place {
    Log(u64),
    Wal(u64),
}

impl Pages {
    /// Looks through the whole file.
    pub(super) fn read(path: &Path) -> io::Result<Self> {
        let mut log = File::open(path)?;
        let mut wal_path = path.as_os_str().to_owned();
        wal_path.push("-wal");
        let wal = match File::open(&wal_path) {
            Ok(wal) => Some(wal),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(error),
        };
        let (page_bytes, usable) = sizes(&mut log)?;
        let mut pages = Self { log, wal, page_bytes, usable, frames: HashMap::new(), rows: vec![] };
        pages.read_wal()?;
        pages.read_log()?;
        pages.rows.sort_by_key(|row| row.position);
        Ok(pages)
    }

    fn read_log(&mut self) -> io::Result<()> {
        let pages = self.log.metadata()?.len() / self.page_bytes as u64;
        for number in 0..pages {
            let place = Place::Log(number * self.page_bytes as u64);
            let page = self.page(place)?;
            self.note(place, &page, number == 0);
        }
        Ok(())
    }

    fn read_wal(&mut self) -> io::Result<()> {
        let Some(wal) = &mut self.wal else { return Ok(()) };
        let frame_bytes = FRAME_HEADER_BYTES + self.page_bytes as u64;
        let frames = wal.metadata()?.len().saturating_sub(WAL_HEADER_BYTES) / frame_bytes;
        for frame in 0..frames {
            let start = WAL_HEADER_BYTES + frame * frame_bytes;
            let mut number = [0; 4];
            if let Some(wal) = &mut self.wal {
                wal.seek(SeekFrom::Start(start))?;
                wal.read_exact(&mut number)?;
            }
            let number = u32::from_be_bytes(number);
            let place = Place::Wal(start + FRAME_HEADER_BYTES);
            self.frames.insert(number, start + FRAME_HEADER_BYTES);
            let page = self.page(place)?;
            self.note(place, &page, number == 1);
        }
        Ok(())
    }

    fn note(&mut self, place: Place, page: &[u8], is_first: bool) {
        let cells = record::cells(page, is_first, self.usable, RECORD_BYTES_MAX);
        self.rows.extend(cells.into_iter().map(|cell| Row { position: cell.rowid, page: place, cell }));
    }

    fn page(&mut self, place: Place) -> io::Result<Vec<u8>> {
        let (file, start) = match (place, &mut self.wal) {
            (Place::Wal(start), Some(wal)) => (wal, start),
            (Place::Log(start) | Place::Wal(start), _) => (&mut self.log, start),
        };
        let mut page = vec![0; self.page_bytes];
        file.seek(SeekFrom::Start(start))?;
        file.read_exact(&mut page)?;
        Ok(page)
    }

    /// The event at a position whose hash follows from `previous`.
    pub(super) fn event_after(&mut self, position: i64, previous: &Digest) -> Option<StoredEvent> {
        let first = self.rows.partition_point(|row| row.position < position);
        let found = self.rows[first..].iter().take_while(|row| row.position == position);
        let places: Vec<_> = found.map(|row| (row.page, row.cell)).collect();
        places.into_iter().find_map(|(page, cell)| {
            let stored = record::event(position, &self.record(page, cell).ok()?)?;
            (stored.hash == stored.hash_after(previous).as_bytes()).then_some(stored)
        })
    }

    /// A whole record: what is in its page, and where it goes on.
    fn record(&mut self, place: Place, cell: Cell) -> io::Result<Vec<u8>> {
        let page = self.page(place)?;
        let mut record = page[cell.start..cell.start + cell.here].to_vec();
        let mut next = cell.overflow;
        while let Some(number) = next.filter(|number| *number > 0 && record.len() < cell.bytes) {
            let place = match self.frames.get(&number) {
                Some(frame) => Place::Wal(*frame),
                None => Place::Log((u64::from(number) - 1) * self.page_bytes as u64),
            };
            let page = self.page(place)?;
            let (link, content) = page.split_at(4);
            let wanted = (cell.bytes - record.len()).min(self.usable.saturating_sub(4)).min(content.len());
            record.extend_from_slice(&content[..wanted]);
            next = link.try_into().ok().map(u32::from_be_bytes);
        }
        if record.len() == cell.bytes { Ok(record) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
    }
}

/// How large a page is, and how much of it holds data, from the file's header where that makes sense.
fn sizes(log: &mut File) -> io::Result<(usize, usize)> {
    let mut header = [0; record::FILE_HEADER_BYTES];
    let read = log.read(&mut header)?;
    let page_bytes = match u16::from_be_bytes([header[16], header[17]]) {
        1 => 1 << 16,
        bytes if bytes >= 512 && bytes.is_power_of_two() && read == header.len() => usize::from(bytes),
        _ => PAGE_BYTES,
    };
    let reserved = usize::from(header[20]);
    Ok((page_bytes, if reserved < 64 { page_bytes - reserved } else { page_bytes }))
}
