//! A leaf of the tree: one event as it is stored, without what was before it, so that it is proved without the log.

use serde::{Deserialize, Serialize};

use crate::{Digest, Timestamp, digest::Fields, recorded::StoredEvent};

/// The columns of an event as they are stored, to the byte. Ids are in hexadecimal.
///
/// The data of its leaf are all of them, in this order: a number as 8 bytes, most significant first, two's complement; a
/// text or an id as its length in bytes, as such a number, and its bytes; no causation as an empty id.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EventColumns {
    /// Its place in the log, from 1: it is the leaf at this place, less 1.
    pub position: i64,
    /// Its id.
    pub id: String,
    /// The stream that it belongs to.
    pub stream: String,
    /// Its place in the stream.
    pub version: i64,
    /// Its type's name.
    #[serde(rename = "type")]
    pub kind: String,
    /// Schema version of its payload.
    pub schema: i64,
    /// When it happened, in milliseconds since 1970.
    pub time: i64,
    /// Who did it.
    pub actor: String,
    /// On which machine.
    pub host: String,
    /// With which program.
    pub cli: String,
    /// What was typed, a list of texts in JSON.
    pub command: String,
    /// The request that it is part of.
    pub command_id: String,
    /// What belongs together across requests.
    pub correlation_id: String,
    /// The event that led to it.
    pub causation_id: Option<String>,
    /// What happened, in JSON.
    pub payload: String,
}

impl EventColumns {
    pub(crate) fn of(stored: &StoredEvent) -> Self {
        Self {
            position: stored.position,
            id: hex::encode(&stored.id),
            stream: stored.stream.clone(),
            version: stored.version,
            kind: stored.kind.clone(),
            schema: stored.schema,
            time: stored.time,
            actor: stored.actor.clone(),
            host: stored.host.clone(),
            cli: stored.cli.clone(),
            command: stored.command.clone(),
            command_id: hex::encode(&stored.command_id),
            correlation_id: hex::encode(&stored.correlation_id),
            causation_id: stored.causation_id.as_ref().map(hex::encode),
            payload: stored.payload.clone(),
        }
    }

    /// The hash of its leaf.
    pub fn leaf(&self) -> Result<Digest, InvalidColumns> {
        let mut fields = Fields::default();
        self.stored()?.write(&mut fields);
        Ok(fields.leaf())
    }

    /// The place of its leaf in the tree, from 0; none if its position cannot be one.
    pub fn index(&self) -> Option<u64> {
        u64::try_from(self.position).ok()?.checked_sub(1)
    }

    /// When it happened.
    pub fn happened_at(&self) -> Timestamp {
        Timestamp::from_millis(self.time)
    }

    fn stored(&self) -> Result<StoredEvent, InvalidColumns> {
        let id = |text: &str, column| hex::decode(text).map_err(|_| InvalidColumns { column });
        Ok(StoredEvent {
            position: self.position,
            id: id(&self.id, "id")?,
            stream: self.stream.clone(),
            version: self.version,
            kind: self.kind.clone(),
            schema: self.schema,
            time: self.time,
            actor: self.actor.clone(),
            host: self.host.clone(),
            cli: self.cli.clone(),
            command: self.command.clone(),
            command_id: id(&self.command_id, "command_id")?,
            correlation_id: id(&self.correlation_id, "correlation_id")?,
            causation_id: self.causation_id.as_ref().map(|text| id(text, "causation_id")).transpose()?,
            payload: self.payload.clone(),
            hash: vec![],
        })
    }
}

/// Columns that are not those of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("column `{column}` is not in hexadecimal")]
pub struct InvalidColumns {
    /// The first that is not.
    pub column: &'static str,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn columns() -> EventColumns {
        serde_json::from_str(
            r#"{"position":1,"id":"00ff","stream":"project","version":1,"type":"T","schema":1,"time":-1,"actor":"a",
                "host":"h","cli":"c","command":"[]","command_id":"01","correlation_id":"02","causation_id":null,
                "payload":"{}"}"#,
        )
        .unwrap()
    }

    #[test]
    fn the_data_of_a_leaf_are_the_columns_in_their_order_each_text_after_its_length() {
        let mut data = vec![0];
        data.extend(
            hex::decode(concat!(
                "0000000000000001",
                "000000000000000200ff",
                "000000000000000770726f6a656374",
                "0000000000000001",
                "000000000000000154",
                "0000000000000001",
                "ffffffffffffffff",
                "000000000000000161",
                "000000000000000168",
                "000000000000000163",
                "00000000000000025b5d",
                "000000000000000101",
                "000000000000000102",
                "0000000000000000",
                "00000000000000027b7d",
            ))
            .unwrap(),
        );
        assert_eq!(columns().leaf(), Ok(Digest::of(&data)));
        assert_eq!(columns().index(), Some(0));
    }

    #[test]
    fn every_column_is_in_the_leaf() {
        let leaf = columns().leaf().unwrap();
        let changes: [fn(&mut EventColumns); 15] = [
            |columns| columns.position = 2,
            |columns| columns.id = "00fe".into(),
            |columns| columns.stream = "projecu".into(),
            |columns| columns.version = 2,
            |columns| columns.kind = "U".into(),
            |columns| columns.schema = 2,
            |columns| columns.time = 0,
            |columns| columns.actor = "b".into(),
            |columns| columns.host = "i".into(),
            |columns| columns.cli = "d".into(),
            |columns| columns.command = "{}".into(),
            |columns| columns.command_id = "03".into(),
            |columns| columns.correlation_id = "03".into(),
            |columns| columns.causation_id = Some("03".into()),
            |columns| columns.payload = "[]".into(),
        ];
        for change in changes {
            let mut other = columns();
            change(&mut other);
            assert_ne!(other.leaf(), Ok(leaf), "{other:?}");
        }
    }

    #[test]
    fn an_id_that_is_not_in_hexadecimal_is_named() {
        let changed = EventColumns { command_id: "0".into(), ..columns() };
        assert_eq!(changed.leaf(), Err(InvalidColumns { column: "command_id" }));
    }
}
