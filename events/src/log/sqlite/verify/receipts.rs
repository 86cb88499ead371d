//! Whether the receipts are those of the events: one for each request, from its first event to its last.

use sqlx::{Row as _, SqliteConnection};

use crate::Digest;

/// Receipts a round, packed into one text.
const RECEIPTS_PER_ROUND: i64 = 2_000;

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
    const ROUND: &str = "SELECT group_concat(concat(hex(command_id), ' ', first, ' ', last), ';'), max(command_id) \
        FROM (SELECT command_id, first, last FROM receipts WHERE command_id > ?1 ORDER BY command_id LIMIT ?2)";
    let mut sum = ReceiptSum::default();
    let mut last: Vec<u8> = vec![];
    loop {
        let row = sqlx::query(ROUND).bind(last).bind(RECEIPTS_PER_ROUND).fetch_one(&mut *connection).await?;
        let Some(packed) = row.try_get::<Option<String>, _>(0)? else { return Ok(sum) };
        for receipt in packed.split(';') {
            let unreadable = || sqlx::Error::Decode(format!("a receipt cannot be read: `{receipt}`").into());
            let (command_id, first, last) = parse(receipt).ok_or_else(unreadable)?;
            sum.add(&command_id, first, last);
        }
        last = row.try_get(1)?;
    }
}

fn parse(receipt: &str) -> Option<(Vec<u8>, i64, i64)> {
    let mut words = receipt.split(' ');
    let command_id = hex::decode(words.next()?).ok()?;
    Some((command_id, words.next()?.parse().ok()?, words.next()?.parse().ok()?))
}
