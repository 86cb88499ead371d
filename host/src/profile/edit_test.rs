//! What setting and unsetting a field does to a text, byte for byte.

use super::*;

const TEXT: &str = "# ours\nname: local # the name\ntarget: local\n\ncloud:\n  tenant_id: local_1\n\n# last words\n";

#[test]
fn a_field_that_is_set_changes_in_its_place() {
    let text = TEXT.replace("target: local\n", "server:\n  port: 80 # low\n  host: h\n");
    let edited = set(&text, "server.port", "8080").unwrap();
    assert_eq!(edited, text.replace("80 # low", "8080 # low"));
    assert_eq!(set(&text, "server.host", "a b: c").unwrap(), text.replace("host: h", "host: \"a b: c\""));
}

#[test]
fn a_new_field_joins_its_group_and_a_new_group_comes_last() {
    let one = set(TEXT, "cloud.validation", "strict").unwrap();
    assert_eq!(one, TEXT.replace("local_1\n", "local_1\n  validation: strict\n"));
    let two = set(TEXT, "server.content_negotiation.enabled", "true").unwrap();
    let added = "local_1\nserver:\n  content_negotiation:\n    enabled: true\n";
    assert_eq!(two, TEXT.replace("local_1\n", added));
    assert_eq!(set(TEXT, "display_name", "Ours").unwrap(), TEXT.replace("local_1\n", "local_1\ndisplay_name: Ours\n"));
}

#[test]
fn a_field_that_is_unset_goes_with_its_group_if_that_is_empty() {
    let one = set(TEXT, "server.port", "8080").unwrap();
    assert_eq!(unset(&one, "server.port").unwrap(), TEXT);
    assert_eq!(unset(TEXT, "server.port").unwrap(), TEXT);
}

#[test]
fn lists_are_set_whole() {
    let one = set(TEXT, "server.cors_allowed_origins", "http://a, http://b").unwrap();
    assert!(one.contains("  cors_allowed_origins: [\"http://a\", \"http://b\"]\n"), "{one}");
    assert!(set(&one, "server.cors_allowed_origins", "x").unwrap().contains("origins: [\"x\"]\n"));
}

#[test]
fn what_is_not_allowed_is_refused_with_what_is() {
    assert!(matches!(set(TEXT, "server.port", "0"), Err(EditError::NotAllowed { .. })));
    assert!(matches!(set(TEXT, "server.prot", "1"), Err(EditError::Unknown { meant: Some("server.port"), .. })));
    assert!(matches!(set(TEXT, "name", "x"), Err(EditError::Fixed { .. })));
    assert!(matches!(set(TEXT, "cloud.tenant_id", "x"), Err(EditError::Fixed { .. })));
    let group = set(TEXT, "server", "x").unwrap_err().to_string();
    assert_eq!(group, "`server` is a group of fields; name one of them, as in `server.host`");
    let group = unset(TEXT, "cloud").unwrap_err().to_string();
    assert_eq!(group, "`cloud` is a group of fields; name one of them, as in `cloud.credentials_path`");
    assert!(matches!(unset(TEXT, "rate_limits"), Err(EditError::Group { such: None, .. })));
    for number in ["+80", "080", "8e1", " 80"] {
        assert!(set(TEXT, "server.port", number).is_err(), "{number}");
    }
    for number in ["+1", "01", "-01.5"] {
        assert!(set(TEXT, "rate_limits.a", number).is_err(), "{number}");
    }
    assert!(set(TEXT, "rate_limits.a", "0.5").is_ok());
}

#[test]
fn what_another_reader_may_take_for_something_else_is_quoted() {
    for value in ["True", "No", "null", "NULL", "y", "N", "on", "~", "12", "1.5", "0x1F", "inf", "", "a: b"] {
        let edited = set(TEXT, "display_name", value);
        let expected = format!("display_name: \"{value}\"\n");
        let unsettable = value.is_empty() || value == "~" || value == "null";
        assert!(if unsettable { edited.is_err() } else { edited.as_ref().unwrap().contains(&expected) }, "{edited:?}");
    }
    let escape = set(TEXT, "display_name", "\u{1b}]0;x\u{7}\u{9b}").unwrap();
    assert!(escape.contains("display_name: \"\\u001b]0;x\\u0007\\u009b\"\n"), "{escape}");
}

#[test]
fn ordinary_layouts_are_edited_as_they_are() {
    let block =
        "name: local\ncloud:\n  tenant_id: local_1\nserver:\n  cors_allowed_origins:\n    - http://a\n    - http://b\n";
    let four = "name: local\ncloud:\n    tenant_id: local_1\nserver:\n    port: 80\n";
    let text = "name: local\ncloud:\n  tenant_id: local_1\ndisplay_name: |\n  one\n  two\n";
    let windows = "name: local\r\ncloud:\r\n  tenant_id: local_1\r\nserver:\r\n  port: 80\r\n";
    let table = [
        (block, "server.port", "80", format!("{block}  port: 80\n")),
        (block.trim_end(), "server.port", "80", format!("{block}  port: 80\n")),
        (block, "runtime.no_color", "true", format!("{block}runtime:\n  no_color: true\n")),
        (
            block,
            "server.cors_allowed_origins",
            "x",
            block.replace("origins:\n    - http://a\n    - http://b\n", "origins: [\"x\"]\n"),
        ),
        (four, "server.host", "h", format!("{four}    host: h\n")),
        (four, "cloud.validation", "warn", four.replace("local_1\n", "local_1\n    validation: warn\n")),
        (
            four,
            "server.content_negotiation.enabled",
            "true",
            format!("{four}    content_negotiation:\n        enabled: true\n"),
        ),
        (four, "site.name", "x", format!("{four}site:\n    name: x\n")),
        (text, "server.port", "80", format!("{text}server:\n  port: 80\n")),
        (text, "display_name", "One", text.replace("|\n  one\n  two\n", "One\n")),
        (windows, "server.host", "h", format!("{windows}  host: h\r\n")),
        (windows, "server.port", "81", windows.replace("80", "81")),
        (windows, "site.name", "x", format!("{windows}site:\r\n  name: x\r\n")),
    ];
    for (before, field, value, after) in table {
        assert_eq!(set(before, field, value).as_ref(), Ok(&after), "{field}={value} in {before}");
    }
    let gone = "name: local\ncloud:\n  tenant_id: local_1\n";
    assert_eq!(unset(block, "server.cors_allowed_origins").unwrap(), gone);
    assert_eq!(unset(text, "display_name").unwrap(), gone);
    assert_eq!(unset(windows, "server.port").unwrap(), gone.replace('\n', "\r\n"));
    let noted = block.replace("- http://b", "- http://b # theirs");
    let noted = noted.replace("- http://a", "- http://a # ours");
    assert!(matches!(set(&noted, "server.cors_allowed_origins", "x"), Err(EditError::ByHand { .. })));
}

#[test]
fn what_only_a_person_can_change_is_left_to_one() {
    let flow = "name: local\nserver: { port: 80 }\ncloud: { tenant_id: local_1 }\n";
    assert_eq!(set(flow, "server.port", "81").unwrap(), flow.replace("80", "81"));
    assert!(matches!(set(flow, "server.host", "x"), Err(EditError::ByHand { .. })));
    assert!(matches!(unset(flow, "server.port"), Err(EditError::ByHand { .. })));
}
