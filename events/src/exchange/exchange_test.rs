//! What holds for every export: it reads back byte for byte, a cut or a changed byte is noticed, and hostile input is
//! an error.

#[path = "exchange_test/redacted.rs"]
mod redacted;

use std::io::{self, BufRead, BufReader, Read};

use proptest::{
    collection::vec,
    prelude::{Just, Strategy, any, prop},
    prop_assert, prop_assert_eq, prop_oneof, proptest,
    sample::Index,
};

use super::*;
use crate::recorded::{Rows, StoredEvent};

/// A second of every day until the year 9999: what RFC 3339 can write.
const MILLIS_MAX: i64 = 253_402_300_799_999;

fn text() -> impl Strategy<Value = String> {
    prop_oneof!["[ -~]{0,20}", any::<String>(), Just("\u{0}\u{1b}[31m\u{9b}\u{2028}\u{202e}\"\\/é𝄞".to_owned()),]
}

/// Canonical JSON, other JSON, and what is none.
fn payload() -> impl Strategy<Value = String> {
    prop_oneof![
        Just(r#"{"name":"acme","numbers":[1,2.5,-0.001,1e+21],"text":"é\n"}"#.to_owned()),
        Just(r#"{ "b": 1, "a": 1.0 }"#.to_owned()),
        Just("{\"a\":1,\"a\":2}".to_owned()),
        text(),
    ]
}

fn events() -> impl Strategy<Value = Vec<StoredEvent>> {
    let ids = (any::<[u8; 16]>(), any::<[u8; 16]>(), any::<[u8; 16]>(), prop::option::of(any::<[u8; 16]>()));
    let texts = (text(), "[A-Z][A-Za-z]{0,10}", text(), text(), text(), text());
    let numbers = (0..=i64::MAX, 0..=i64::from(u32::MAX), 0..=MILLIS_MAX);
    vec((ids, texts, numbers, payload()), 1..6).prop_map(|events| {
        let mut previous = Digest::ZERO;
        let events = (1..).zip(events).map(|(position, (ids, texts, numbers, payload))| {
            let ((id, command_id, correlation_id, causation_id), (version, schema, time)) = (ids, numbers);
            let (stream, kind, actor, host, cli, command) = texts;
            let mut event = StoredEvent {
                position,
                id: Vec::from(id),
                stream,
                version,
                kind,
                schema,
                time,
                actor,
                host,
                cli,
                command,
                command_id: Vec::from(command_id),
                correlation_id: Vec::from(correlation_id),
                causation_id: causation_id.map(Vec::from),
                payload,
                hash: vec![],
            };
            previous = event.hash_after(&previous);
            event.hash = previous.as_bytes().to_vec();
            event
        });
        events.collect()
    })
}

fn extent(events: &[StoredEvent]) -> Extent {
    Extent {
        log_id: "0198f3c2-0000-7000-8000-000000000001".parse().unwrap(),
        from: Position::FIRST,
        to: Position::new(events.len() as u64).unwrap(),
        previous: Digest::ZERO,
        head: Digest::from_bytes(events.last().unwrap().hash.clone().try_into().unwrap()),
    }
}

fn export(events: &[StoredEvent], format: ExchangeFormat, is_redacted: bool) -> String {
    let mut writer = Writer::new(format, extent(events), is_redacted);
    let mut file = writer.begin();
    for event in events {
        file.push_str(&writer.event(event.clone()).unwrap());
    }
    file + &writer.end()
}

fn read(input: impl BufRead) -> Result<Vec<StoredEvent>, ReadError> {
    let mut reader = Reader::open(input)?;
    let mut rows = Rows::default();
    while reader.next_into(&mut rows)? {}
    Ok(rows.iter().map(|row| row.to_stored()).collect())
}

fn formats() -> impl Strategy<Value = ExchangeFormat> {
    prop::sample::select(ExchangeFormat::ALL.to_vec())
}

fn payload_with(resources: &str) -> String {
    let tenant = r#""id":"local_19bff27604c","name":"acme","provider":"external","region":null"#;
    format!(r#"{{{tenant},"resources":{resources},"tenant_type":"local"}}"#)
}

/// One event with everything that there can be.
fn sample() -> Vec<StoredEvent> {
    let mut event = StoredEvent {
        position: 1,
        id: vec![1; 16],
        stream: "tenant/local_19bff27604c".into(),
        version: 1,
        kind: "TenantAdopted".into(),
        schema: 1,
        time: 1_769_940_000_123,
        actor: "ada (uid 1000)".into(),
        host: "laptop".into(),
        cli: "systemprompt 0.1.0".into(),
        command: r#"["systemprompt","cloud","tenant","create","--name","private-argument"]"#.into(),
        command_id: vec![2; 16],
        correlation_id: vec![3; 16],
        causation_id: Some(vec![4; 16]),
        payload: payload_with(r#"{"database_url":"postgres://private-url","port":5432}"#),
        hash: vec![],
    };
    event.hash = event.hash_after(&Digest::ZERO).as_bytes().to_vec();
    vec![event]
}

proptest! {
    #[test]
    fn every_export_reads_back_byte_for_byte(events in events(), format in formats()) {
        let file = export(&events, format, false);
        prop_assert_eq!(read(file.as_bytes()).unwrap(), events);
    }

    #[test]
    fn a_file_that_is_cut_off_anywhere_is_not_whole(events in events(), format in formats(), cut in any::<Index>()) {
        let file = export(&events, format, false);
        // Without its last line break it is whole.
        let cut = cut.index(file.len() - 1);
        let outcome = read(&file.as_bytes()[..cut]);
        prop_assert!(outcome.is_err(), "{outcome:?}");
    }

    #[test]
    fn a_changed_byte_is_noticed_or_changes_no_event(events in events(), at in any::<Index>(), to in any::<u8>()) {
        let file = export(&events, ExchangeFormat::Ndjson, false);
        let mut bytes = file.into_bytes();
        let at = at.index(bytes.len());
        bytes[at] = to;
        if let Ok(found) = read(bytes.as_slice()) {
            prop_assert_eq!(found, events);
        }
    }

    #[test]
    fn whatever_is_read_is_an_answer(bytes in vec(any::<u8>(), 0..400)) {
        let _any_answer = read(bytes.as_slice());
    }

    #[test]
    fn whatever_is_put_into_an_export_is_an_answer(
        events in events(),
        format in formats(),
        at in any::<Index>(),
        drop in 0..20_usize,
        bytes in prop_oneof![
            vec(any::<u8>(), 0..20),
            Just(b"null".to_vec()),
            Just(b"{[\"".to_vec()),
            Just(b"1e999".to_vec()),
        ],
    ) {
        let mut file = export(&events, format, false).into_bytes();
        let at = at.index(file.len());
        let end = file.len().min(at + drop);
        file.splice(at..end, bytes);
        let _any_answer = read(file.as_slice());
    }

    #[test]
    fn a_redacted_event_says_nothing_private_whatever_its_type(payload in payload(), private in "private-[a-z]{8}") {
        let mut events = sample();
        events[0].kind = "OfTheFuture".into();
        let inner = serde_json::json!({ "c": private, "d": 17_042 });
        events[0].payload = serde_json::json!({ "a": [private], "b": inner, "e": payload }).to_string();
        events[0].actor = private.clone();
        events[0].host = private.clone();
        events[0].command = serde_json::json!(["systemprompt", private]).to_string();
        for format in ExchangeFormat::ALL {
            let file = export(&events, format, true);
            prop_assert!(!file.contains(&private) && !file.contains(":17042"), "{file}");
        }
    }
}

#[test]
fn a_cloud_event_has_the_attributes_that_others_know_it_by() {
    let file = export(&sample(), ExchangeFormat::CloudEvents, false);
    let event: serde_json::Value = serde_json::from_str(&file).unwrap();
    let expected = serde_json::json!({
        "specversion": "1.0",
        "id": "01010101-0101-0101-0101-010101010101",
        "source": "urn:systemprompt:log:0198f3c2-0000-7000-8000-000000000001",
        "type": "io.systemprompt.TenantAdopted",
        "subject": "tenant/local_19bff27604c",
        "time": "2026-02-01T10:00:00.123Z",
        "recordedtime": "2026-02-01T10:00:00.123Z",
        "datacontenttype": "application/json",
        "dataschema": "urn:systemprompt:event:TenantAdopted:1",
        "sequence": "00000000000000000001",
        "correlationid": "03030303-0303-0303-0303-030303030303",
        "causationid": "04040404-0404-0404-0404-040404040404",
        "authtype": "user",
        "authid": "ada (uid 1000)",
        "host": "laptop",
        "cli": "systemprompt 0.1.0",
        "command": r#"["systemprompt","cloud","tenant","create","--name","private-argument"]"#,
        "commandid": "02020202-0202-0202-0202-020202020202",
        "streamversion": "1",
        "hash": hex::encode(&sample()[0].hash),
        "exportcount": "1",
        "data": {
            "id": "local_19bff27604c", "name": "acme", "provider": "external", "region": null, "tenant_type": "local",
            "resources": { "database_url": "postgres://private-url", "port": 5432 },
        },
    });
    assert_eq!(event, expected);
    let names = event.as_object().unwrap().keys().filter(|name| *name != "data_base64");
    for name in names {
        assert!(name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit()), "{name}");
    }
}

#[test]
fn cloud_events_that_another_program_laid_out_anew_are_the_same_events() {
    let file = export(&sample(), ExchangeFormat::CloudEventsBatch, false);
    let mut batch: serde_json::Value = serde_json::from_str(&file).unwrap();
    batch[0]["traceparent"] = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01".into();
    let laid_out = serde_json::to_string_pretty(&batch).unwrap();
    assert_eq!(read(laid_out.as_bytes()).unwrap(), sample());
}

#[test]
fn a_document_without_an_end_is_given_up_and_not_held() {
    for beginning in ["{", "[{\"a\":\"", "[{"] {
        let endless = BufReader::new(beginning.as_bytes().chain(io::repeat(b'a')));
        assert!(matches!(read(endless), Err(ReadError::TooLong { document: 1 })), "{beginning}");
    }
    let spaces = BufReader::new(io::repeat(b' ').take(1 << 20));
    assert!(matches!(read(spaces), Err(ReadError::Empty)));
}

#[test]
fn nesting_without_an_end_is_an_error() {
    for file in ["{\"a\":".repeat(100_000), format!("[{}", "{\"a\":[".repeat(100_000)), "[".repeat(100_000)] {
        assert!(read(file.as_bytes()).is_err());
    }
}

#[test]
fn a_file_of_a_newer_format_says_so() {
    let file = export(&sample(), ExchangeFormat::Ndjson, false).replacen("\"version\":1", "\"version\":2,\"new\":1", 1);
    assert!(matches!(read(file.as_bytes()), Err(ReadError::Newer { found: 2, known: 1 })));
}

#[test]
fn documents_of_two_logs_are_no_history() {
    let file = export(&sample(), ExchangeFormat::CloudEvents, false).replace(",\"exportcount\":\"1\"", "");
    let other = file.replace("000000000001", "000000000002");
    let outcome = read((file + &other).as_bytes());
    assert!(matches!(outcome, Err(ReadError::Document { document: 2, .. })), "{outcome:?}");
}
