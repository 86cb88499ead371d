//! Taking a file's events in on a thread of its own, which makes the next transaction while the last one is written.

use std::{
    io::BufRead,
    panic,
    sync::mpsc::{Receiver, SyncSender, sync_channel},
    thread::{Builder, JoinHandle},
};

use super::{Ahead, Bulk, Chunk, Head, ImportError, Intake, LogId, ReadError, Reader, differs, take};

/// Transactions that wait to be written, besides the one that is written and the one that is made: each is large.
const CHUNKS: usize = 0;

/// What the next transaction writes, or why there is none. Nothing after an error.
pub(super) struct Taking {
    taken: Receiver<Result<Taken, ImportError>>,
    thread: Option<JoinHandle<()>>,
}

/// What the next transaction writes.
pub(super) struct Taken {
    pub(super) chunk: Chunk,
    /// Where the log ends then.
    pub(super) end: Head,
}

impl Taking {
    /// Begins to read. What is before the file's first event was taken in already; the log ends at `head`.
    pub(super) fn begin<R: BufRead + Send + 'static>(
        reader: Reader<R>,
        intake: Intake,
        bulk: Bulk,
        head: Head,
    ) -> Result<Self, ReadError> {
        let (sender, taken) = sync_channel(CHUNKS);
        let log = reader.log_id();
        let ahead = Ahead::of(reader)?;
        let mut work = Taker { intake, bulk, head, log, sender };
        let run = move || {
            if let Err(error) = work.run(ahead) {
                // Nobody may be there any more who hears it.
                let _heard = work.sender.send(Err(error));
            }
        };
        let thread = Builder::new().name("import-takes".to_owned()).spawn(run)?;
        Ok(Self { taken, thread: Some(thread) })
    }
}

impl Iterator for Taking {
    type Item = Result<Taken, ImportError>;

    fn next(&mut self) -> Option<Self::Item> {
        let taken = self.taken.recv().ok();
        if let Some(thread) = self.thread.take_if(|_| taken.is_none()) {
            // A thread that panicked was not at the end.
            thread.join().unwrap_or_else(|panicked| panic::resume_unwind(panicked));
        }
        taken
    }
}

struct Taker {
    intake: Intake,
    bulk: Bulk,
    head: Head,
    log: LogId,
    sender: SyncSender<Result<Taken, ImportError>>,
}

impl Taker {
    /// Goes through the file, which was checked before, and may be another one now.
    fn run(&mut self, mut ahead: Ahead) -> Result<(), ImportError> {
        while let Some(read) = ahead.next()? {
            let before = *self.intake.head();
            let (row, changes) = take(&mut self.intake, read, self.log)?;
            let now = self.intake.head();
            if now.position <= self.head.position {
                if now.position == self.head.position && now.hash != self.head.hash {
                    return Err(differs(&row));
                }
                self.bulk.pass(&row);
                continue;
            }
            // Between two requests, so that what is here after a crash is a history that could have ended there.
            if self.bulk.is_full() && !self.bulk.goes_on(&row) && !self.hand_over(before) {
                return Ok(());
            }
            self.bulk.add(&row, changes);
        }
        if !self.bulk.is_empty() {
            self.hand_over(*self.intake.head());
        }
        Ok(())
    }

    /// Whether anybody took it.
    fn hand_over(&mut self, end: Head) -> bool {
        self.sender.send(Ok(Taken { chunk: self.bulk.cut(), end })).is_ok()
    }
}
