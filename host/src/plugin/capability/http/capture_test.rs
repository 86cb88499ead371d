//! What is taken out of an answer, and what is not.

use super::*;

fn captures(list: &[(&str, &str)]) -> Vec<Capture> {
    let capture = |(pointer, secret): &(&str, &str)| Capture {
        pointer: (*pointer).to_owned(),
        secret: secret.parse().expect("it is a name"),
    };
    list.iter().map(capture).collect()
}

fn code(failure: &Failure) -> &str {
    match failure {
        Failure::Refused(detail)
        | Failure::Retryable(detail)
        | Failure::Ambiguous(detail)
        | Failure::Broken(detail)
        | Failure::Cancelled(detail) => &detail.code,
    }
}

const PASSWORD: &str = "rXnKyqT7o2wFq9";

#[test]
fn a_request_without_captures_has_none_whatever_else_its_ext_says() {
    for ext in [None, Some("{}"), Some(r#"{"later":1}"#), Some(r#"{"capture":[]}"#), Some("[]")] {
        assert_eq!(wanted(ext).expect("it is fine"), [], "{ext:?}");
    }
}

#[test]
fn a_capture_names_a_place_and_a_secret_of_the_tenants_own() {
    let ext = r#"{"capture":[{"pointer":"/data/password","secret":"db-password"}]}"#;
    assert_eq!(wanted(Some(ext)).expect("it is fine"), captures(&[("/data/password", "db-password")]));
    let nine = format!("[{}]", [r#"{"pointer":"/a","secret":"b"}"#; 9].join(","));
    for (list, why) in [
        (r#"[{"pointer":"/a","secret":"other-tenant/db-password"}]"#, "secret-name"),
        (r#"[{"pointer":"/a","secret":"{{secret:b@1}}"}]"#, "secret-name"),
        (r#"[{"pointer":"/a","secret":""}]"#, "secret-name"),
        (r#"[{"pointer":"a","secret":"b"}]"#, "http-capture"),
        (r#"[{"pointer":"","secret":"b"}]"#, "http-capture"),
        (r#"[{"pointer":"/a","secret":"b","tenant":"another"}]"#, "http-capture"),
        (r#"[{"pointer":"/a","secret":"b"},{"pointer":"/a","secret":"c"}]"#, "http-capture"),
        (r#"[{"pointer":"/a","secret":"b"},{"pointer":"/c","secret":"b"}]"#, "http-capture"),
        (r#"{"pointer":"/a","secret":"b"}"#, "http-capture"),
        (nine.as_str(), "http-capture"),
    ] {
        let refusal = wanted(Some(&format!(r#"{{"capture":{list}}}"#))).expect_err(list);
        assert_eq!(code(&refusal), why, "{list}");
    }
    assert_eq!(code(&wanted(Some("no JSON")).expect_err("it is none")), "http-capture");
}

#[test]
fn a_value_is_taken_out_of_the_answer_and_nothing_else_is() {
    let body = format!(r#"{{"data":{{"username":"fly-user","password":"{PASSWORD}"}},"n":7}}"#);
    let wanted = captures(&[("/data/password", "db-password")]);
    let (document, found) = taken(&body, &wanted).expect("it is there");
    assert_eq!(document.to_string(), r#"{"data":{"password":"***","username":"fly-user"},"n":7}"#);
    assert_eq!(found.len(), 1);
    assert_eq!((found[0].0, found[0].1.as_str()), (&wanted[0], PASSWORD));
}

#[test]
fn a_value_may_have_the_characters_that_stand_for_themselves_in_a_url_and_no_others() {
    let place = captures(&[("/password", "db-password")]);
    let printable = (0x20..0x7f_u8).map(char::from);
    let kept: String = printable
        .filter(|character| {
            let body = serde_json::json!({ "password": format!("{character}{PASSWORD}") }).to_string();
            taken(&body, &place).is_ok()
        })
        .collect();
    let letters: String = ('A'..='Z').chain('a'..='z').collect();
    assert_eq!(kept, format!("+-.0123456789={}_{}~", &letters[..26], &letters[26..]));
    let url =
        url::Url::parse(&format!("postgres://fly-user:{kept}@direct.c1.flympg.net:5432/fly-db")).expect("it is one");
    // This parser escapes the one character that it need not escape; whoever logs in reads escapes.
    let password = url.password().map(|password| password.replace("%3D", "="));
    assert_eq!((password.as_deref(), url.host_str()), (Some(kept.as_str()), Some("direct.c1.flympg.net")));
}

#[test]
fn an_answer_without_the_value_or_with_none_that_could_be_kept_is_a_failure_that_repeats_nothing_of_it() {
    let place = captures(&[("/data/password", "db-password")]);
    let long = "x".repeat(257);
    for (value, why) in [
        ("null".to_owned(), "http-capture-missing"),
        ("17".to_owned(), "http-capture-missing"),
        (format!(r#"["{PASSWORD}"]"#), "http-capture-missing"),
        (r#""short""#.to_owned(), "http-capture-unfit"),
        (format!(r#""{long}""#), "http-capture-unfit"),
        (r#""with@a:colon/inside""#.to_owned(), "http-capture-unfit"),
        (r#""of/base+64==""#.to_owned(), "http-capture-unfit"),
        (r#""with%2Fpercent""#.to_owned(), "http-capture-unfit"),
        (r#""two\nlines-of-it""#.to_owned(), "http-capture-unfit"),
        (r#""{{secret:other@1}}""#.to_owned(), "http-capture-unfit"),
    ] {
        let failure = taken(&format!(r#"{{"data":{{"password":{value}}}}}"#), &place).expect_err(&value);
        assert_eq!(code(&failure), why, "{value}");
        assert!(!format!("{failure:?}").contains(value.trim_matches('"')), "{failure:?}");
    }
    for body in ["", "<html>", "[]", r#"{"data":"x"}"#, r#"{"data":{}}"#] {
        assert_eq!(code(&taken(body, &place).expect_err(body)), "http-capture-missing", "{body}");
    }
}

#[test]
fn a_refusal_shows_nothing_in_the_place_of_the_value_either() {
    let place = captures(&[("/data/password", "db-password")]);
    let body = format!(r#"{{"data":{{"password":"{PASSWORD}"}}}}"#);
    assert_eq!(blanked(body, &place), r#"{"data":{"password":"***"}}"#);
    for other in ["<html>", r#"{"error": "no such user"}"#] {
        assert_eq!(blanked(other.to_owned(), &place), other);
    }
}
