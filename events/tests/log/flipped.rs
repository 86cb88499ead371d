//! A bit or a byte of a log's file is another one: what verifying makes of it.

use crate::damage::filled;
use crate::opening::meddle;
use crate::support::TestLog;

/// A filled log of which nothing stands beside its file, and the file's bytes.
async fn in_one_file() -> (TestLog, Vec<u8>) {
    let mut test = filled().await;
    let path = test.path();
    meddle(&path, "PRAGMA wal_checkpoint(TRUNCATE)").await;
    test.log = systemprompt_events::SqliteLog::open(&path).await.unwrap();
    let original = std::fs::read(&path).unwrap();
    (test, original)
}

/// Whatever byte of the file is flipped, verifying answers, with a fault or an error, and never panics.
#[tokio::test]
async fn a_flipped_byte_anywhere_in_the_file_is_no_panic() {
    let (test, original) = in_one_file().await;
    let flipped = test.directory.path().join("flipped.db");
    let mut found = 0;
    for place in (0..original.len()).step_by(97) {
        let mut bytes = original.clone();
        bytes[place] ^= 0x55;
        std::fs::write(&flipped, bytes).unwrap();
        let Ok(mut log) = systemprompt_events::SqliteLog::open_read_only(&flipped).await else { continue };
        found += usize::from(!log.verify().await.is_ok_and(|verification| verification.faults.is_empty()));
    }
    assert!(found > 0);
}

/// The number at the beginning of some bytes, as `SQLite` writes it (a varint of <https://sqlite.org/fileformat2.html>), and
/// its length.
fn varint(bytes: &[u8]) -> (usize, usize) {
    let length = bytes.iter().position(|byte| byte & 0x80 == 0).unwrap() + 1;
    (bytes[..length].iter().fold(0, |number, byte| number << 7 | usize::from(byte & 0x7f)), length)
}

/// What `SQLite` itself never reads of a leaf page of events: the type of each row's `position`, which is the row's number
/// and therefore stands before the row's cells.
fn ignored(page: &[u8]) -> Vec<usize> {
    let rows = usize::from(u16::from_be_bytes([page[3], page[4]]));
    let pointers = page[8..8 + 2 * rows].chunks_exact(2);
    let starts = pointers.map(|pointer| usize::from(u16::from_be_bytes([pointer[0], pointer[1]])));
    // The sizes of a row and of its header, and between them its number, stand before the first type.
    starts.map(|start| (0..3).fold(start, |place, _| place + varint(&page[place..]).1)).collect()
}

/// Where the pages of events hold rows, as places in the file, without those that are [`ignored`].
async fn rows_of_events(path: &std::path::Path, file: &[u8]) -> Vec<usize> {
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(path).read_only(true);
    let mut connection = sqlx::ConnectOptions::connect(&options).await.unwrap();
    let sql = "SELECT pgoffset, pgsize FROM dbstat WHERE name = 'events' AND pagetype = 'leaf'";
    let pages: Vec<(i64, i64)> = sqlx::query_as(sql).fetch_all(&mut connection).await.unwrap();
    let rows = |(offset, size): (i64, i64)| {
        let (begin, size) = (usize::try_from(offset).unwrap(), usize::try_from(size).unwrap());
        let page = &file[begin..begin + size];
        // A page's header says at 5 where its rows begin; they go to its end.
        let first = usize::from(u16::from_be_bytes([page[5], page[6]]));
        let ignored = ignored(page);
        (first..size).filter(move |place| !ignored.contains(place)).map(move |place| begin + place)
    };
    pages.into_iter().flat_map(rows).collect()
}

/// No verification of so few events takes as long.
const LONG: std::time::Duration = std::time::Duration::from_mins(1);

#[tokio::test]
async fn a_flipped_bit_in_any_byte_of_an_event_is_found() {
    let (test, original) = in_one_file().await;
    let flipped = test.directory.path().join("flipped.db");
    let rows = rows_of_events(&test.path(), &original).await;
    assert!(rows.len() > 3_000);
    for place in rows {
        let mut bytes = original.clone();
        bytes[place] ^= 1 << (place % 8);
        std::fs::write(&flipped, bytes).unwrap();
        let Ok(mut log) = systemprompt_events::SqliteLog::open_read_only(&flipped).await else { continue };
        let verified = tokio::time::timeout(LONG, log.verify()).await.unwrap_or_else(|_| panic!("byte {place} hangs"));
        assert!(!verified.is_ok_and(|verification| verification.faults.is_empty()), "byte {place} went unnoticed");
    }
}
