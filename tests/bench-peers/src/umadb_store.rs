//! UmaDB's storage engine, without its server: each event has an id and its stream as a tag.

use std::hint::black_box;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::Value;
use umadb_core::db::UmaDb;
use umadb_core::mvcc::{Mvcc, StorageOptions};
use umadb_dcb::{DcbEvent, DcbEventStoreSync as _};
use uuid::Uuid;

use crate::Outcome;
use crate::events::Event;

pub(crate) fn append(file: &Path, events: &[Event], batch: usize) -> Outcome<Duration> {
    let store = open(file)?;
    let batches: Vec<Vec<DcbEvent>> = events.chunks(batch).map(|batch| batch.iter().map(given).collect()).collect();
    let begun = Instant::now();
    for batch in batches {
        store.append(batch, None, None)?;
    }
    Ok(begun.elapsed())
}

pub(crate) fn load(file: &Path) -> Outcome<Duration> {
    let store = open(file)?;
    let begun = Instant::now();
    for event in store.read(None, None, false, None)? {
        black_box(serde_json::from_slice::<Value>(&event?.event.data)?);
    }
    Ok(begun.elapsed())
}

fn open(file: &Path) -> Outcome<UmaDb> {
    let options = StorageOptions::default().db_path(file);
    Ok(UmaDb::from_arc(Arc::new(Mvcc::new(false, options)?)))
}

fn given(event: &Event) -> DcbEvent {
    DcbEvent {
        event_type: event.kind.clone(),
        tags: vec![event.stream.clone()],
        data: event.payload.clone().into_bytes(),
        uuid: Some(Uuid::now_v7()),
        metadata: Vec::new(),
    }
}
