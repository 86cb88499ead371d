//! A picture of the history: one page that needs nothing but a browser, and what is said of it when it is written.
//!
//! `data` turns events and rows into what the page is drawn from, with its `lanes` and the bars of its `operations`;
//! `page` puts data, style and script into one file.

pub mod data;
mod lanes;
mod operations;
mod page;

pub use page::{MARK_WITHIN, is_ours, page};

use std::path::PathBuf;

use serde_json::{Value, json};

use super::{Paint, View};
use crate::text::shown;

/// A picture that was written.
pub struct Drawn {
    /// The file.
    pub file: PathBuf,
    /// Its size.
    pub bytes: usize,
    /// What is in it.
    pub counts: Counts,
}

/// What is in a picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counts {
    /// Events.
    pub events: usize,
    /// Events in the log.
    pub total: u64,
    /// Tenants with a lane.
    pub tenants: usize,
    /// Operations with a bar.
    pub operations: usize,
}

impl View for Drawn {
    fn schema(&self) -> &'static str {
        "systemprompt/history-picture/v1"
    }

    fn data(&self) -> Value {
        let Counts { events, total, tenants, operations } = self.counts;
        json!({
            "file": shown(&self.file), "bytes": self.bytes, "events": events, "events_in_log": total,
            "tenants": tenants, "operations": operations,
        })
    }

    fn text(&self, _paint: Paint) -> String {
        let Counts { events, total, tenants, operations } = self.counts;
        let shown = shown(&self.file);
        let left_out = if events as u64 == total { String::new() } else { format!(" of {total}") };
        let (events, tenants) = (some(events, &left_out, "event"), some(tenants, "", "tenant"));
        let operations = some(operations, "", "operation");
        format!("wrote {shown}: {events}, {tenants}, {operations}\nit needs no network: open it in a browser\n")
    }
}

/// So many of something: `1 event`, `2 of 7 events`.
fn some(number: usize, of: &str, what: &str) -> String {
    let plural = if number == 1 && of.is_empty() { "" } else { "s" };
    format!("{number}{of} {what}{plural}")
}

#[cfg(test)]
mod tests;
