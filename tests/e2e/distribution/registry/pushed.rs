//! What a registry gets of who pushes, and how much of its answers is taken: servers here stand for registries that lie.

use std::fs;

use serde_json::json;
use systemprompt_tests::Sandbox;

use super::super::refused;
use super::super::server::Server;
use super::{DOCKERS, digest, push};
use crate::hostile::plugin::{COMPONENT, file};

/// Has a server ask for the login of `me`, and Docker keep it.
fn logs_in(sandbox: &mut Sandbox, server: &Server) {
    let host = server.origin.trim_start_matches("http://");
    server.has("/v2/", "401 Unauthorized\r\nwww-authenticate: Basic realm=\"acme\"", b"");
    let docker = sandbox.root().join("docker");
    fs::create_dir(&docker).expect("a directory can be made");
    let file = json!({ "auths": { host: { "auth": DOCKERS } } });
    fs::write(docker.join("config.json"), file.to_string()).expect("a file can be written");
    sandbox.set("DOCKER_CONFIG", docker.to_str().expect("a path is text"));
}

const UPLOADS: &str = "/v2/acme/blobs/uploads/";

#[test]
fn a_login_goes_to_the_registry_alone_and_through_no_proxy() {
    let (mut sandbox, registry, store, proxy) = (Sandbox::new(), Server::start(), Server::start(), Server::start());
    logs_in(&mut sandbox, &registry);
    for variable in ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"] {
        sandbox.set(variable, &proxy.origin);
    }
    let path = file(&sandbox, "hostile.wasm", COMPONENT);
    let image = format!("oci://{}/acme:1", registry.origin.trim_start_matches("http://"));
    let right = format!("Basic {DOCKERS}");
    let place = format!("202 Accepted\r\nlocation: {}", store.url("/up?state=a%3Db"));
    registry.has(&format!("{UPLOADS} {right}"), &place, b"");
    store.has("/up", "201 Created", b"");
    registry.has(&format!("/v2/acme/manifests/1 {right}"), "201 Created", b"");
    let pushed = push(&sandbox, &path, &image).ok().data();
    assert!(pushed["image"].as_str().is_some_and(|pushed| pushed.starts_with(&format!("{image}@sha256:"))), "{pushed}");
    let stored = store.asked();
    assert_eq!(stored[0], format!("PUT /up?state=a%3Db&digest={}", digest(COMPONENT).replace(':', "%3A")));
    assert!(stored.len() == 2 && stored.iter().all(|asked| !asked.contains("Basic")), "{stored:?}");
    let asked = registry.asked();
    let head = format!("HEAD /v2/acme/blobs/{} {right}", digest(COMPONENT));
    assert_eq!(asked[..3], ["GET /v2/".to_owned(), head, format!("POST {UPLOADS} {right}")]);
    assert_eq!((asked.len(), &asked[5]), (6, &format!("PUT /v2/acme/manifests/1 {right}")));
    assert_eq!(proxy.asked(), Vec::<String>::new());

    // Elsewhere somebody may want a login, too; it is not given.
    store.has("/up", "401 Unauthorized", b"");
    let output = push(&sandbox, &path, &image);
    refused(&output, 6, "source-failed");
    assert!(output.stdout.contains("a login is for the registry alone"), "{}", output.whole());
    // What is there is not sent again.
    registry.has(&format!("/v2/acme/blobs/{}", digest(COMPONENT)), "200 OK", b"");
    let before = store.asked().len();
    refused(&push(&sandbox, &path, &image), 6, "source-failed");
    assert_eq!(store.asked().len(), before + 1, "the description alone");
}

#[test]
fn what_is_pushed_is_led_nowhere_in_clear() {
    let (mut sandbox, server, other) = (Sandbox::new(), Server::start(), Server::start());
    logs_in(&mut sandbox, &server);
    let path = file(&sandbox, "hostile.wasm", COMPONENT);
    let image = format!("oci://{}/acme:1", server.origin.trim_start_matches("http://"));
    for (head, exit, code, says) in [
        ("202 Accepted\r\nlocation: http://store.invalid/up", 4, "source-redirect", "leads to http://store.invalid"),
        ("202 Accepted\r\nlocation: https://me:hush@store.invalid/", 4, "source-redirect", "a name or a password"),
        ("202 Accepted\r\nlocation: file:///etc/passwd", 4, "source-redirect", "it is not https"),
        ("307 Temporary\r\nlocation: http://store.invalid/up", 4, "source-redirect", "leads to http://store.invalid"),
        ("202 Accepted\r\nlocation: http://", 6, "source-failed", "does not say where"),
        ("202 Accepted", 6, "source-failed", "does not say where"),
        ("200 OK", 6, "source-failed", "it answered 200"),
        ("403 Forbidden", 5, "registry-login", "docker login"),
    ] {
        server.has(UPLOADS, head, b"");
        let output = push(&sandbox, &path, &image);
        refused(&output, exit, code);
        assert!(output.stdout.contains(says) && !output.stdout.contains("hush"), "{}", output.whole());
    }
    // A redirect is followed, without the login.
    server.has(UPLOADS, &format!("307 Temporary\r\nlocation: {}", other.url("/place")), b"");
    refused(&push(&sandbox, &path, &image), 6, "source-failed");
    assert_eq!(other.asked(), ["POST /place"]);
    assert!(!server.asked().iter().any(|asked| asked.starts_with("PUT")), "something was sent: {:?}", server.asked());
}

#[test]
fn a_registry_that_says_too_much_to_who_pushes_is_cut_short() {
    let (sandbox, server) = (Sandbox::new(), Server::start());
    let path = file(&sandbox, "hostile.wasm", COMPONENT);
    let image = format!("oci://{}/acme:1", server.origin.trim_start_matches("http://"));
    let pushed = |says: &str| {
        let output = push(&sandbox, &path, &image);
        refused(&output, 6, "source-failed");
        assert!(output.stdout.contains(says), "{}", output.whole());
    };
    server.never_ends(UPLOADS, "500 Oops");
    pushed("it answered 500");
    server.writes(UPLOADS, b"HTTP/1.1 500 Oops\r\ncontent-length: 99999999999\r\n\r\n".to_vec());
    pushed("it answered 500");
    server.has(UPLOADS, "202 Accepted\r\nlocation: /up", b"");
    server.never_ends("/up", "507 Full");
    pushed("it answered 507");
    server.has("/up", "201 Created", b"");
    server.never_ends("/v2/acme/manifests/1", "500 Oops");
    pushed("it answered 500");
    let reason = br#"{"errors":[{"code":"MANIFEST_INVALID","message":"no \u001b[31msuch kind"}]}"#;
    server.has("/v2/acme/manifests/1", "400 Bad Request", reason);
    pushed("it answered 400: MANIFEST_INVALID, no ");
    server.never_ends("/v2/", "401 Unauthorized\r\nwww-authenticate: Digest realm=\"acme\"");
    refused(&push(&sandbox, &path, &image), 6, "registry-strange");
}

#[test]
fn a_token_that_cannot_be_sent_back_ends_a_push_with_words() {
    let (sandbox, server) = (Sandbox::new(), Server::start());
    let path = file(&sandbox, "hostile.wasm", COMPONENT);
    let image = format!("oci://{}/acme:1", server.origin.trim_start_matches("http://"));
    let realm = format!("401 Unauthorized\r\nwww-authenticate: Bearer realm=\"{}\"", server.url("/token"));
    server.has("/v2/", &realm, b"");
    for (given, says) in [
        (r#"{"token":"a\nb"}"#.to_owned(), "its token cannot be sent back"),
        (r#"{"token":7}"#.to_owned(), "what it gives is no token"),
    ] {
        server.has("/token", "200 OK", given.as_bytes());
        let output = push(&sandbox, &path, &image);
        refused(&output, 6, "registry-strange");
        assert!(output.stdout.contains(says), "{}", output.whole());
    }
    let asked = server.asked();
    assert!(asked.iter().all(|asked| asked == "GET /v2/" || asked.starts_with("GET /token?scope=")), "{asked:?}");
}
