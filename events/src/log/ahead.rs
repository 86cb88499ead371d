//! Reading a file ahead of whoever takes its events in, on threads of their own: one reads the events, one decodes and hashes
//! them. Each takes as long as all that is done with them afterwards, and neither needs to know what was before.

use std::{
    io::{self, BufRead},
    mem, panic,
    sync::mpsc::{Receiver, SyncSender, sync_channel},
    thread::{self, JoinHandle},
    vec,
};

use super::intake::Seen;
use crate::{
    Digest, ReadError, Reader,
    recorded::{EventRow, Rows},
};

/// Events that are handed over at once: each time may wake a thread.
const EVENTS_PER_BATCH: usize = 256;
/// The same in bytes, which may be many.
const BYTES_PER_BATCH: usize = 1 << 20;
/// Batches that wait behind either thread: together as much as is written at once, so that reading goes on meanwhile.
const BATCHES: usize = 20;

/// Events of the file, or why there are no more.
type Batch<T> = Result<T, ReadError>;

/// Events, and what can be seen of each by itself.
struct Looked {
    rows: Rows,
    seen: vec::IntoIter<Seen>,
}

/// An event of the file, and what can be seen of it by itself.
pub(crate) struct Read<'a> {
    pub(crate) row: EventRow<'a>,
    pub(crate) seen: Seen,
}

/// The events of a file, one after the other.
pub(crate) struct Ahead {
    batches: Receiver<Batch<Looked>>,
    batch: Looked,
    threads: Vec<JoinHandle<()>>,
}

impl Ahead {
    /// Begins to read. The threads end when the file does, or when nobody takes its events any more.
    pub(crate) fn of<R: BufRead + Send + 'static>(reader: Reader<R>) -> Result<Self, ReadError> {
        let (to_looker, unseen) = sync_channel(BATCHES);
        let (to_taker, batches) = sync_channel(BATCHES);
        let threads = vec![
            spawn("import-reads", move || read(reader, &to_looker))?,
            spawn("import-looks", move || look(&unseen, &to_taker))?,
        ];
        Ok(Self { batches, batch: Looked { rows: Rows::default(), seen: vec![].into_iter() }, threads })
    }

    /// The next event; none after the last one, when all that the file says of itself was found to hold.
    pub(crate) fn next(&mut self) -> Result<Option<Read<'_>>, ReadError> {
        while self.batch.seen.len() == 0 {
            let Ok(batch) = self.batches.recv() else {
                // A thread that panicked was not at the end.
                for thread in self.threads.drain(..) {
                    thread.join().unwrap_or_else(|panicked| panic::resume_unwind(panicked));
                }
                return Ok(None);
            };
            self.batch = batch?;
        }
        let Looked { rows, seen } = &mut self.batch;
        let index = rows.len() - seen.len();
        Ok(rows.get(index).zip(seen.next()).map(|(row, seen)| Read { row, seen }))
    }
}

fn spawn(name: &str, work: impl FnOnce() + Send + 'static) -> io::Result<JoinHandle<()>> {
    thread::Builder::new().name(name.to_owned()).spawn(work)
}

/// Hands over what the file holds, and then the error if there is one. Nobody may be there any more who takes it.
fn read<R: BufRead>(mut reader: Reader<R>, sender: &SyncSender<Batch<Rows>>) {
    let mut rows = Rows::default();
    loop {
        match reader.next_into(&mut rows) {
            Ok(true) if rows.len() < EVENTS_PER_BATCH && rows.text_bytes() < BYTES_PER_BATCH => {}
            Ok(true) => {
                if sender.send(Ok(mem::take(&mut rows))).is_err() {
                    return;
                }
            }
            ended => {
                let _taken = sender.send(Ok(rows));
                if let Err(error) = ended {
                    let _taken = sender.send(Err(error));
                }
                return;
            }
        }
    }
}

fn look(unseen: &Receiver<Batch<Rows>>, sender: &SyncSender<Batch<Looked>>) {
    let mut previous = Digest::ZERO;
    let mut look = |row: EventRow<'_>| {
        let seen = Seen::of(&row, previous);
        // If it is what was recorded, this is its hash; if not, it will not be taken.
        previous = row.hash.try_into().map_or(Digest::ZERO, Digest::from_bytes);
        seen
    };
    for batch in unseen {
        let seen = batch.map(|rows| Looked { seen: rows.iter().map(&mut look).collect::<Vec<_>>().into_iter(), rows });
        if sender.send(seen).is_err() {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::{BufReader, Cursor, Error, Read as _};

    use super::*;

    /// A file that breaks off with an error of the system instead of an end.
    fn broken(text: &str) -> impl BufRead + Send + 'static {
        struct Broken;
        impl std::io::Read for Broken {
            fn read(&mut self, _: &mut [u8]) -> std::io::Result<usize> {
                Err(Error::other("broken"))
            }
        }
        BufReader::new(Cursor::new(text.to_owned()).chain(Broken))
    }

    #[test]
    fn an_error_comes_after_the_events_before_it_and_an_end_is_no_error() {
        let header = r#"{"systemprompt":"log-export","version":1,"log_id":"0190a000-0000-7000-8000-000000000001","from":1,"to":2,"count":2,"previous":null,"head":null,"redacted":false}"#;
        let line = r#"{"position":1,"id":"0190a000-0000-7000-8000-000000000002","stream":"project","version":1,"type":"X","schema":1,"time":1,"actor":"a","host":"h","cli":"c","command":"[]","command_id":"0190a000-0000-7000-8000-000000000003","correlation_id":"0190a000-0000-7000-8000-000000000003","causation_id":null,"payload":"{}","hash":"0000000000000000000000000000000000000000000000000000000000000000"}"#;
        let mut ahead = Ahead::of(Reader::open(broken(&format!("{header}\n{line}\n"))).unwrap()).unwrap();
        assert_eq!(ahead.next().unwrap().unwrap().row.position, 1);
        assert!(matches!(ahead.next(), Err(ReadError::Io { .. })));
        assert!(ahead.next().unwrap().is_none());
    }
}
