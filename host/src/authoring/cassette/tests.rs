//! What leads where in a cassette, what is forgotten, and what is never written.

use serde_json::json;

use super::*;

fn asked(method: &str, path: &str) -> Asked {
    Asked { method: method.to_owned(), url: format!("https://api.example.com{path}"), body: None }
}

#[expect(clippy::unnecessary_wraps, reason = "an answer may be a failure as well")]
fn answered(body: &str) -> Result<Response, Failure> {
    Ok(Response { status: 200, headers: Vec::new(), body: body.to_owned(), ext: None })
}

fn body(cassette: &Cassette, at: Place, path: &str) -> Option<String> {
    Some(cassette.follow(at, &asked("GET", path))?.1.expect("an answer").body)
}

#[test]
fn the_same_requests_lead_to_the_same_place_and_part_where_they_differ() {
    let mut cassette = Cassette::default();
    let first = cassette.add(0, asked("GET", "/a"), &answered("one")).unwrap();
    let then = cassette.add(first, asked("GET", "/a"), &answered("two")).unwrap();
    assert_eq!(cassette.add(0, asked("GET", "/a"), &answered("one")).unwrap(), first);
    let gone = cassette.add(first, asked("DELETE", "/a"), &answered("gone")).unwrap();
    assert_eq!((cassette.changes(then), cassette.changes(gone)), (0, 1));
    assert_eq!(
        (body(&cassette, 0, "/a").as_deref(), body(&cassette, first, "/a").as_deref()),
        (Some("one"), Some("two"))
    );
    assert_eq!((cassette.exchanges.len(), cassette.depth(then)), (3, 2));
    assert_eq!(body(&cassette, then, "/a"), None);
    assert_eq!(cassette.expected(first), ["GET https://api.example.com/a", "DELETE https://api.example.com/a"]);
}

#[test]
fn what_followed_on_another_answer_is_forgotten_and_nothing_else() {
    let mut cassette = Cassette::default();
    let first = cassette.add(0, asked("GET", "/a"), &answered("1")).unwrap();
    cassette.add(first, asked("GET", "/b"), &answered("2")).unwrap();
    let other = cassette.add(0, asked("GET", "/c"), &answered("3")).unwrap();
    cassette.add(other, asked("GET", "/d"), &answered("4")).unwrap();
    let anew = cassette.add(0, asked("GET", "/a"), &answered("other")).unwrap();
    assert_eq!(body(&cassette, 0, "/a").as_deref(), Some("other"));
    assert_eq!(body(&cassette, anew, "/b"), None);
    let (other, _) = cassette.follow(0, &asked("GET", "/c")).unwrap();
    assert_eq!(body(&cassette, other, "/d").as_deref(), Some("4"));
}

#[test]
fn a_body_is_the_same_however_its_fields_are_ordered() {
    let with = |body: &str| Asked { body: Some(body.into()), ..asked("POST", "/a") };
    let mut cassette = Cassette::default();
    cassette.add(0, with(r#"{"a": 1, "b": "{{secret:x@1}}"}"#), &answered("ok")).unwrap();
    assert!(cassette.follow(0, &with(r#"{"b":"{{secret:x@1}}","a":1}"#)).is_some());
    assert!(cassette.follow(0, &with(r#"{"b":"{{secret:x@1}}","a":2}"#)).is_none());
}

#[test]
fn a_cassette_is_the_same_after_it_was_written_and_read() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("cassettes/fly.json");
    let mut cassette = Cassette::read_or_begin(&path).unwrap();
    cassette.keep(0, vec![]);
    let at = cassette.add(0, asked("GET", "/a"), &answered(r#"{"state": "ready"}"#)).unwrap();
    let at = cassette.add(at, asked("GET", "/b"), &Err(Failure::ambiguous("http-timeout", "no answer"))).unwrap();
    cassette.keep(at, vec!["app a".to_owned()]);
    cassette.write(&path, &[]).unwrap();
    assert_eq!(Cassette::read(&path).unwrap(), cassette);
}

#[test]
fn a_secret_is_never_written() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("fly.json");
    let mut cassette = Cassette::default();
    cassette.add(0, asked("GET", "/a?token=hunter22"), &answered("{}")).unwrap();
    assert_eq!(cassette.write(&path, &["hunter22"]).unwrap_err().code, "cassette-secret");
    assert!(!path.exists());
}

#[test]
fn what_is_no_cassette_is_said_to_be_none() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("fly.json");
    let exchange = |number: usize, after: usize| {
        json!({ "number": number, "after": after, "request": { "method": "GET", "url": "https://a.example" },
                "answer": { "response": { "status": 200, "headers": [], "body": { "text": "" } } } })
    };
    let document = |format: &str, exchanges: Value| json!({ "format": format, "exchanges": exchanges }).to_string();
    let format = "systemprompt/cassette/v1";
    for bad in [
        "{".to_owned(),
        document("other", json!([])),
        document(format, json!([exchange(1, 1)])),
        document(format, json!([exchange(2, 0)])),
        document(format, json!([{ "number": 1 }])),
    ] {
        std::fs::write(&path, &bad).unwrap();
        assert_eq!(Cassette::read(&path).unwrap_err().code, "bad-cassette", "{bad}");
    }
    std::fs::write(&path, document(format, json!([exchange(1, 0), exchange(2, 1)]))).unwrap();
    assert_eq!(Cassette::read(&path).unwrap().exchanges.len(), 2);
}

#[test]
fn of_an_answer_no_header_is_recorded_that_may_hold_a_secret() {
    let named = |name: &str| (name.to_owned(), "x".to_owned());
    let headers = ["content-type", "cookie", "authorization", "fly-request-id", "retry-after"].map(named);
    let response = Response { status: 200, headers: headers.to_vec(), body: String::new(), ext: None };
    let kept: Vec<_> = recordable(response).headers.into_iter().map(|(name, _)| name).collect();
    assert_eq!(kept, ["content-type", "fly-request-id", "retry-after"]);
}
