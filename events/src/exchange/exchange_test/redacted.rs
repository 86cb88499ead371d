//! What a redacted export hides, and what it shows.

use super::*;

#[test]
fn the_same_user_and_machine_have_one_placeholder_and_what_says_which_stays() {
    let mut events = [sample(), sample(), sample()].concat();
    for (place, (position, actor)) in events.iter_mut().zip([(1, "ada"), (2, "bob"), (3, "ada")]) {
        (place.position, place.actor) = (position, actor.into());
    }
    let file = export(&events, ExchangeFormat::Ndjson, true);
    let lines: Vec<serde_json::Value> = file.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let actors: Vec<_> = lines[1..4].iter().map(|line| line["actor"].as_str().unwrap()).collect();
    assert_eq!(actors, ["user-1", "user-2", "user-1"]);
    assert_eq!((&lines[0]["redacted"], &lines[0]["head"], &lines[1]["hash"]), (&true.into(), &().into(), &().into()));
    assert_eq!(lines[1]["payload"], payload_with(r#"{"database_url":"[redacted]","port":"[redacted]"}"#));
    assert!(!file.contains("private"), "{file}");
}

#[test]
fn of_every_type_of_event_only_what_is_known_to_be_harmless_is_shown() {
    for kind in crate::codec::kinds() {
        let mut events = sample();
        let fields = kind.fields.iter().map(|(name, _)| ((*name).to_owned(), "private".into()));
        events[0].kind = kind.name.into();
        events[0].payload = serde_json::Value::Object(fields.collect()).to_string();
        let file = export(&events, ExchangeFormat::Ndjson, true);
        let line: serde_json::Value = serde_json::from_str(file.lines().nth(1).unwrap()).unwrap();
        let payload: serde_json::Value = serde_json::from_str(line["payload"].as_str().unwrap()).unwrap();
        for (name, field_type) in kind.fields {
            let is_shown = payload[name] == "private";
            let is_free = ["String", "Vec<String>", "Json", "Option<Json>", "Failure"].contains(field_type);
            let is_listed = ["kind", "version", "world", "capabilities"].contains(name);
            assert!(!is_shown || !is_free || is_listed, "{}: {name} is shown", kind.name);
        }
    }
}

#[test]
fn what_is_redacted_is_not_read_as_a_history() {
    for format in ExchangeFormat::ALL {
        let file = export(&sample(), format, true);
        assert!(matches!(read(file.as_bytes()), Err(ReadError::Redacted)), "{format}");
    }
}
