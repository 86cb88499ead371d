//! What was ever stored can be read: one golden file for each type of event and schema version.

use std::{fs, path::PathBuf};

use proptest::{collection::vec, prelude::any, prop_assert_eq, proptest, sample::Index};
use serde_json::json;

use super::{DecodeError, EventKind, UPCASTS, Upcast, decode, encode, kind_of, kinds, lifted, understands};

fn fixture(kind: &EventKind, schema: u32) -> String {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(format!("fixtures/{}/v{schema}.json", kind.name));
    let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("no fixture at {}: {error}", path.display()));
    text.trim_end().to_owned()
}

#[test]
fn every_version_of_every_event_has_a_fixture_that_is_read() {
    for kind in kinds() {
        for schema in 1..=kind.schema {
            let payload = fixture(kind, schema);
            let event = decode(kind.name, schema, &payload).unwrap_or_else(|error| panic!("{}: {error}", kind.name));
            assert_eq!(kind_of(&event), kind.name);
        }
    }
}

#[test]
fn the_newest_version_is_written_byte_for_byte_as_it_was_read() {
    for kind in kinds() {
        let payload = fixture(kind, kind.schema);
        let encoded = encode(&decode(kind.name, kind.schema, &payload).unwrap()).unwrap();
        assert_eq!((encoded.kind, encoded.schema, encoded.payload), (kind.name, kind.schema, payload));
    }
}

#[test]
fn there_is_no_fixture_of_an_event_that_nobody_knows() {
    for entry in fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures")).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name().into_string().unwrap();
        let kind = kinds().find(|kind| kind.name == name).unwrap_or_else(|| panic!("fixture of unknown event {name}"));
        for version in fs::read_dir(entry.path()).unwrap() {
            let file = version.unwrap().file_name().into_string().unwrap();
            let schema = file.strip_prefix('v').and_then(|file| file.strip_suffix(".json")?.parse().ok());
            assert!(schema.is_some_and(|schema| understands(kind.name, schema)), "{name}/{file}");
        }
    }
}

#[test]
fn an_unknown_field_type_or_version_is_an_error_of_its_own() {
    assert!(matches!(decode("TenantTeleported", 1, "{}"), Err(DecodeError::Unknown { .. })));
    assert!(matches!(decode("UndoBegan", 2, r#"{"index":0}"#), Err(DecodeError::Unknown { schema: 2, .. })));
    assert!(matches!(decode("UndoBegan", 0, r#"{"index":0}"#), Err(DecodeError::Unknown { schema: 0, .. })));
    assert!(matches!(decode("UndoBegan", 1, r#"{"index":0,"x":1}"#), Err(DecodeError::Payload { .. })));
    assert!(matches!(
        decode("TenantSelected", 1, r#"{"tenant":"../x"}"#),
        Err(DecodeError::Field { field: "tenant", .. })
    ));
}

#[test]
fn a_document_in_an_event_has_its_limits_and_is_kept_in_canonical_form() {
    let stored = |result: &str| decode("OperationSucceeded", 1, &format!(r#"{{"result":{result}}}"#));
    for unread in ["1e400", "{", r#"{"a":1},"result":2"#, &("[".repeat(130) + &"]".repeat(130))] {
        assert!(matches!(stored(unread), Err(DecodeError::Payload { .. })), "{unread}");
    }
    for refused in ["9007199254740993", &("[".repeat(65) + &"]".repeat(65)), &format!("\"{}\"", "x".repeat(1 << 20))] {
        assert!(matches!(stored(refused), Err(DecodeError::Field { field: "result", .. })), "{refused:.20}");
    }
    let written = encode(&stored(r#"{ "b" : [ 1.0 ], "a" : "\u00e9" }"#).unwrap()).unwrap();
    assert_eq!(written.payload, r#"{"result":{"a":"é","b":[1]}}"#);
}

#[test]
fn kinds_have_names_of_their_own() {
    let mut names: Vec<_> = kinds().map(|kind| kind.name).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), kinds().count());
}

#[test]
fn an_old_payload_is_lifted_version_by_version_and_not_at_all_where_one_is_missing() {
    let upcasts = [
        Upcast { kind: "Made", from: 2, lift: |old| json!({ "third": old["second"] }) },
        Upcast { kind: "Made", from: 1, lift: |old| json!({ "second": old["first"] }) },
        Upcast { kind: "Other", from: 3, lift: |old| old },
    ];
    let first = json!({ "first": "kept" });
    assert_eq!(lifted(&upcasts, "Made", 1..3, first.clone()), Some(json!({ "third": "kept" })));
    assert_eq!(lifted(&upcasts, "Made", 3..3, first.clone()), Some(first.clone()));
    assert_eq!(lifted(&upcasts, "Made", 1..4, first), None);
}

#[test]
fn every_older_version_has_an_upcast_to_the_next_and_there_is_no_other() {
    let needed: Vec<_> = kinds().flat_map(|kind| (1..kind.schema).map(|from| (kind.name, from))).collect();
    let mut there: Vec<_> = UPCASTS.iter().map(|upcast| (upcast.kind, upcast.from)).collect();
    there.sort_by_key(|upcast| needed.iter().position(|needed| needed == upcast));
    assert_eq!(there, needed);
}

proptest! {
    /// From what is right, with any part of it replaced: close enough to be read far.
    #[test]
    fn whatever_stands_in_a_stored_event_is_an_answer_and_what_is_read_is_written_again(
        kind in any::<Index>(),
        (from, to) in (any::<Index>(), any::<Index>()),
        instead in vec(any::<char>(), 0..8),
        schema in 1..3_u32,
    ) {
        let all: Vec<_> = kinds().collect();
        let kind = kind.get(&all);
        let mut payload: Vec<char> = fixture(kind, kind.schema).chars().collect();
        let (from, to) = (from.index(payload.len()), to.index(payload.len()));
        payload.splice(from.min(to)..from.max(to), instead);
        let payload: String = payload.into_iter().collect();
        if let Ok(event) = decode(kind.name, schema, &payload) {
            let encoded = encode(&event).unwrap();
            prop_assert_eq!(decode(encoded.kind, encoded.schema, &encoded.payload).unwrap(), event);
        }
    }
}
