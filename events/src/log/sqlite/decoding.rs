//! The events of a query: where they are many, a thread of its own decodes them while the next ones are looked for. Either
//! takes as long as the other.

use std::{
    io, mem, panic,
    path::Path,
    sync::mpsc::{Receiver, SyncSender, sync_channel},
    thread::{self, ScopedJoinHandle},
};

use sqlx::SqliteConnection;

use super::{
    direct::{Direct, sqlx_error},
    row::unreadable,
    scan::event,
    sql_error::log_error,
};
use crate::{
    LogError, Position, Recorded,
    recorded::{LastProvenance, Rows},
};

/// Events that are handed over at once. So few are decoded where they are found: they are not worth a thread.
const EVENTS_PER_BATCH: usize = 256;
/// The same in bytes, which may be many.
const BYTES_PER_BATCH: usize = 1 << 20;
/// Batches that wait.
const BATCHES: usize = 4;

/// The events of a query over all columns.
pub(super) async fn events(
    connection: &mut SqliteConnection,
    path: &Path,
    sql: &str,
    arguments: impl rusqlite::Params + Send,
) -> Result<Vec<Recorded>, LogError> {
    let direct = Direct::lock(connection).await.map_err(log_error(path))?;
    let failed = |error| log_error(path)(sqlx_error(error));
    let mut statement = direct.prepare(sql).map_err(failed)?;
    let mut found = Found { rows: statement.query(arguments).map_err(failed)?, path };
    let (mut batch, mut decoder) = (Rows::default(), Decoder::default());
    let more = found.next_into(&mut batch);
    decoder.take(&batch)?;
    if more? { on_a_thread(&mut found, decoder) } else { Ok(decoder.events) }
}

fn on_a_thread(found: &mut Found<'_, '_>, decoder: Decoder) -> Result<Vec<Recorded>, LogError> {
    thread::scope(|scope| {
        let (sender, batches) = sync_channel(BATCHES);
        let work = move || decoder.take_all(&batches);
        let decoding = thread::Builder::new().name("log-decodes".to_owned()).spawn_scoped(scope, work);
        let decoding = decoding.map_err(|error: io::Error| log_error(found.path)(error.into()))?;
        let ended = hand_over(found, &sender);
        drop(sender);
        let events = ScopedJoinHandle::join(decoding).unwrap_or_else(|panicked| panic::resume_unwind(panicked));
        // What was handed over came before what could not be.
        events.and_then(|events| ended.map(|()| events))
    })
}

/// Ends early where nobody takes it any more, who then knows why.
fn hand_over(found: &mut Found<'_, '_>, sender: &SyncSender<Rows>) -> Result<(), LogError> {
    let mut batch = Rows::default();
    loop {
        let more = found.next_into(&mut batch);
        if sender.send(mem::take(&mut batch)).is_err() || !more? {
            return Ok(());
        }
    }
}

struct Found<'a, 'b> {
    rows: rusqlite::Rows<'a>,
    path: &'b Path,
}

impl Found<'_, '_> {
    /// Adds the next events; says whether there may be more. Those before an error are added, too.
    fn next_into(&mut self, batch: &mut Rows) -> Result<bool, LogError> {
        while batch.len() < EVENTS_PER_BATCH && batch.text_bytes() < BYTES_PER_BATCH {
            let row = self.rows.next().map_err(|error| log_error(self.path)(sqlx_error(error)))?;
            let Some(row) = row else { return Ok(false) };
            batch.push(&event(row).map_err(|event| unreadable(event.position, event.error))?);
        }
        Ok(true)
    }
}

#[derive(Default)]
struct Decoder {
    events: Vec<Recorded>,
    last: LastProvenance,
}

impl Decoder {
    fn take(&mut self, batch: &Rows) -> Result<(), LogError> {
        for row in batch.iter() {
            let position = Position::from_sql(row.position);
            let event = row.decode(&mut self.last).map_err(|error| unreadable(position, error))?;
            self.events.push(event);
        }
        Ok(())
    }

    fn take_all(mut self, batches: &Receiver<Rows>) -> Result<Vec<Recorded>, LogError> {
        for batch in batches {
            self.take(&batch)?;
        }
        Ok(self.events)
    }
}
