//! Requests of a guest that is nobody's: what it is answered, and what it is refused.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{Read, Write};
use std::net::TcpListener;

use systemprompt_events::PluginId;
use theirs::Host;
use zeroize::Zeroizing;

use super::*;
use crate::account::Account;
use crate::places::Places;
use crate::plugin::catalog;
use crate::plugin::destination::Allowed;
use crate::plugin::guest::World;
use crate::plugin::maker::Maker;

const TOKEN: &str = "CanaryOfTheAccount";

/// Answers one request with all that it was sent, in a header and in the body.
fn echo() -> Origin {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let origin = format!("http://{}", listener.local_addr().unwrap()).parse().unwrap();
    std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut request = vec![0; 4096];
        let length = stream.read(&mut request).unwrap();
        let request = String::from_utf8_lossy(&request[..length]).into_owned();
        let sent = request.lines().find(|line| line.starts_with("authorization")).unwrap_or_default();
        let head = format!("HTTP/1.1 200 OK\r\nX-Sent: {sent}\r\nContent-Length: {}\r\n\r\n", request.len());
        stream.write_all((head + &request).as_bytes()).unwrap();
    });
    origin
}

/// A guest that was granted `https://localhost:9`, logged in with a token, and is pointed elsewhere with that.
fn guest(dir: &tempfile::TempDir, api_url: Option<Origin>) -> Guest {
    let places = Places::find(&|_| Some(dir.path().as_os_str().to_owned()), false).unwrap();
    let id: PluginId = "echoed".parse().unwrap();
    let secret = BTreeMap::from([("token".parse().unwrap(), Zeroizing::new(TOKEN.to_owned()))]);
    let account = Account { provider: id.clone(), api_url, plain: BTreeMap::new(), secret };
    let allowed = Allowed { destinations: BTreeSet::from(["https://localhost:9".parse().unwrap()]), server: None };
    let granted = ["http", "account"].map(ToOwned::to_owned).into();
    Guest::new(id, Maker::Program, granted, allowed, World { account: Some(account), ..catalog::nothing(&places) })
}

fn get(url: &str, headers: &[(&str, &str)]) -> theirs::Request {
    let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    theirs::Request {
        method: "GET".to_owned(),
        url: url.to_owned(),
        headers,
        body: None,
        timeout_ms: 20_000,
        ext: None,
    }
}

#[tokio::test]
async fn a_secret_that_a_service_echoes_does_not_reach_the_plugin() {
    let dir = tempfile::tempdir().unwrap();
    let request = get("https://localhost:9/me", &[("authorization", "Bearer {{account:token@1}}")]);
    let answer = guest(&dir, Some(echo())).send(request).await.unwrap().unwrap();
    // The whole of what was filled in is blanked out, with the word before it.
    assert!(answer.body.contains("authorization: ***"), "{}", answer.body);
    assert!(answer.headers.contains(&("x-sent".to_owned(), "authorization: ***".to_owned())), "{:?}", answer.headers);
    let whole = format!("{:?} {}", answer.headers, answer.body);
    assert!(!whole.contains(TOKEN), "{whole}");
}

/// The code with which a request is refused; nothing is there that could answer it.
async fn refused_as(request: theirs::Request) -> String {
    let dir = tempfile::tempdir().unwrap();
    match guest(&dir, None).send(request).await.unwrap() {
        Err(Failure::Refused(detail)) => detail.code,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_host_that_was_granted_is_not_granted_at_another_port_or_in_another_way() {
    for url in ["https://localhost:10/", "https://localhost/", "http://localhost:9/", "https://127.0.0.1:9/"] {
        assert_eq!(refused_as(get(url, &[])).await, "destination-not-granted", "{url}");
    }
    assert_eq!(refused_as(get("https://localhost:9/", &[])).await, "address-not-allowed");
}

#[tokio::test]
async fn what_is_too_much_is_refused_before_a_secret_of_it_is_looked_up() {
    let unknown = ("x", "{{account:of-nobody@1}}");
    assert_eq!(refused_as(get("https://localhost:9/", &[unknown])).await, "unknown-secret");
    assert_eq!(refused_as(get("https://localhost:9/", &[unknown; 65])).await, "http-header");
    let many = unknown.1.repeat(101);
    assert_eq!(refused_as(get("https://localhost:9/", &[("x", &many)])).await, "bad-template");
}
