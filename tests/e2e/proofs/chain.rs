//! Somebody who can write the log and knows how it is chained: changes events, and makes every hash right again.

use serde_json::Value;
use sha2::{Digest, Sha256};
use systemprompt_tests::{LogFile, Sandbox};

/// Columns that are hashed, in their order; those of numbers, and those of texts and ids.
const COLUMNS: [(&str, bool); 15] = [
    ("position", true),
    ("id", false),
    ("stream", false),
    ("version", true),
    ("type", false),
    ("schema", true),
    ("time", true),
    ("actor", false),
    ("host", false),
    ("cli", false),
    ("command", false),
    ("command_id", false),
    ("correlation_id", false),
    ("causation_id", false),
    ("payload", false),
];

/// An open log whose chain is computed anew when it is closed.
pub(super) struct Rewritten(LogFile);

impl Rewritten {
    /// Without the triggers that would refuse.
    pub(super) fn open(sandbox: &Sandbox) -> Rewritten {
        let mut log = LogFile::open(&sandbox.file("log.db"));
        log.drop_triggers();
        Rewritten(log)
    }

    /// Runs statements.
    #[track_caller]
    pub(super) fn run(&mut self, sql: &str) {
        self.0.run(sql);
    }

    /// Changes the payload of the events of a type.
    #[track_caller]
    pub(super) fn edit(&mut self, kind: &str, edit: impl Fn(&mut Value)) {
        for payload in self.0.texts(&format!("select payload from events where type = '{kind}'")) {
            let mut value = serde_json::from_str(&payload).expect("a payload is JSON");
            edit(&mut value);
            let (before, after) = (hex::encode(payload), hex::encode(value.to_string()));
            let set = format!("update events set payload = cast(x'{after}' as text)");
            self.0.run(&format!("{set} where payload = cast(x'{before}' as text)"));
        }
    }

    /// Makes every hash, the head, the receipts and the list of types those of the events.
    pub(super) fn close(mut self) {
        let mut hash = [0_u8; 32];
        let mut last = 0;
        for row in self.0.texts(&hashed()) {
            let (position, data) = row.split_once(' ').expect("two words");
            let data = hex::decode(data).expect("BUG: hexadecimal");
            hash = Sha256::new().chain_update(hash).chain_update(data).finalize().into();
            self.0.run(&format!("update events set hash = x'{}' where position = {position}", hex::encode(hash)));
            last = position.parse().expect("a number");
        }
        let head = hex::encode(hash);
        self.0.run(&format!(
            "update chain set position = {last}, hash = x'{head}'; delete from receipts where last > {last};
             delete from kinds where type not in (select type from events)"
        ));
        self.0.close();
    }
}

/// A query for position and hashed fields of each event, in hexadecimal, as `docs/decisions/leaves.md` describes them.
fn hashed() -> String {
    let field = |(column, is_number): &(&str, bool)| {
        if *is_number {
            format!("printf('%016X', {column})")
        } else {
            format!("printf('%016X', coalesce(octet_length({column}), 0)) || hex({column})")
        }
    };
    let fields: Vec<_> = COLUMNS.iter().map(field).collect();
    format!("select position || ' ' || {} from events order by position", fields.join(" || "))
}
