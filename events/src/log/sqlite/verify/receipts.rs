//! Whether the receipts are those of the events: one for each request, from its first event to its last.

use sqlx::SqliteConnection;

use super::super::direct::{Direct, sqlx_error};
use crate::Digest;

/// A set of receipts as a number: the sum of the hashes of its members, whatever their order. Requests come in the order
/// of positions and receipts in that of their ids, and neither has to be sorted to be compared.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct ReceiptSum {
    count: u64,
    lanes: [u64; 4],
}

impl ReceiptSum {
    fn add(&mut self, command_id: &[u8], first: i64, last: i64) {
        self.count += 1;
        let bytes = [command_id, &first.to_be_bytes(), &last.to_be_bytes()].concat();
        for (lane, bytes) in self.lanes.iter_mut().zip(Digest::of(&bytes).as_bytes().chunks_exact(8)) {
            let mut word = [0; 8];
            word.copy_from_slice(bytes);
            *lane = lane.wrapping_add(u64::from_be_bytes(word));
        }
    }

    /// How many there are.
    pub(super) const fn count(&self) -> u64 {
        self.count
    }
}

/// The requests that the events are of, taken in event by event.
#[derive(Default)]
pub(super) struct Requests {
    open: Option<(Vec<u8>, i64, i64)>,
    sum: ReceiptSum,
}

impl Requests {
    /// The next event.
    pub(super) fn take(&mut self, command_id: &[u8], position: i64) {
        match &mut self.open {
            Some((open, _, last)) if open.as_slice() == command_id => *last = position,
            _ => {
                self.close();
                self.open = Some((command_id.to_vec(), position, position));
            }
        }
    }

    fn close(&mut self) {
        if let Some((command_id, first, last)) = self.open.take() {
            self.sum.add(&command_id, first, last);
        }
    }

    /// After the last event.
    pub(super) fn sum(mut self) -> ReceiptSum {
        self.close();
        self.sum
    }
}

/// The receipts that are stored.
pub(super) async fn stored(connection: &mut SqliteConnection) -> Result<ReceiptSum, sqlx::Error> {
    let direct = Direct::lock(connection).await?;
    let sum = || {
        let mut sum = ReceiptSum::default();
        let mut statement = direct.prepare("SELECT command_id, first, last FROM receipts")?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            sum.add(row.get_ref(0)?.as_blob()?, row.get(1)?, row.get(2)?);
        }
        Ok(sum)
    };
    sum().map_err(sqlx_error)
}
