//! A plugin that a web server has: installed and upgraded from there, and what is refused of what servers answer.

use std::fs;
use std::net::TcpListener;

use systemprompt_tests::{Output, Sandbox};

use super::server::Server;
use super::{of_file, refused};
use crate::hostile::plugin::{COMPONENT, file, variant};

fn install(sandbox: &Sandbox, url: &str, more: &str) -> Output {
    sandbox.say(&format!("plugin install {url} {more}"))
}

#[test]
fn a_plugin_is_installed_and_upgraded_from_the_address_that_was_given() {
    let (sandbox, server) = (Sandbox::new(), Server::start());
    let url = server.url("/hostile.wasm");
    server.has("/hostile.wasm", "200 OK", COMPONENT);
    let asked = install(&sandbox, &url, "").exits(4);
    assert!(asked.stderr.contains(&format!("note: it is from {url}\nnote: it has ")), "{}", asked.whole());
    let installed = install(&sandbox, &url, "--yes --json").ok().data();
    assert_eq!((&installed["source"], &installed["publisher"]), (&url.as_str().into(), &serde_json::Value::Null));
    server.has("/hostile.wasm", "200 OK", &variant("newer"));
    assert_eq!(sandbox.say("plugin upgrade hostile --yes --json").ok().data()["version"], "0.2.0");
    sandbox.say("plugin verify").ok();
}

#[test]
fn the_signature_is_fetched_from_beside_the_plugin_and_is_missed_when_it_is_gone() {
    let (sandbox, server) = (Sandbox::new(), Server::start());
    let key = sandbox.say("plugin keygen -o publisher.key --no-password --json").ok().data()["key"].clone();
    let path = file(&sandbox, "hostile.wasm", COMPONENT);
    of_file(&sandbox, "sign", &path, "--key publisher.key").ok();
    let signature = fs::read(path.with_extension("wasm.minisig")).expect("it was written");
    server.has("/a.wasm?v=1", "200 OK", COMPONENT);
    server.has("/a.wasm.minisig?v=1", "200 OK", &signature);
    let url = server.url("/a.wasm?v=1");
    let installed = install(&sandbox, &url, "--yes --json").ok();
    let recorded = server.url("/a.wasm");
    assert_eq!((&installed.data()["publisher"], &installed.data()["source"]), (&key, &recorded.as_str().into()));
    server.has("/a.wasm.minisig?v=1", "404 Not Found", b"");
    refused(&install(&sandbox, &url, "--yes --json"), 4, "signature-missing");
    server.has("/a.wasm.minisig?v=1", "500 Oops", b"");
    refused(&install(&sandbox, &url, "--yes --json"), 6, "source-failed");
    server.has("/a.wasm.minisig?v=1", "200 OK", b"no signature");
    refused(&install(&sandbox, &url, "--yes --json"), 4, "bad-signature");
}

#[test]
fn a_server_that_has_no_signature_may_say_so_in_its_own_way() {
    let server = Server::start();
    server.has("/a.wasm", "200 OK", COMPONENT);
    let large = format!("<!doctype html><title>Log in</title>{}", "<br>".repeat(10_000));
    for (head, body, says) in [
        ("200 OK", &*large, "is a web page"),
        ("400 Bad Request", "", "answered 400"),
        ("403 Forbidden", "<Error>AccessDenied</Error>", "answered 403"),
        ("401 Unauthorized", "", "answered 401"),
        ("200 OK", "\n<!doctype html><title>Releases</title>", "is a web page"),
    ] {
        let sandbox = Sandbox::new();
        server.has("/a.wasm.minisig", head, body.as_bytes());
        let asked = install(&sandbox, &server.url("/a.wasm"), "").exits(4);
        let note = format!("note: no signature was found: {} {says}\n", server.url("/a.wasm.minisig"));
        assert!(asked.stderr.contains(&note), "{}", asked.whole());
        assert!(asked.stderr.contains("note: it is not signed\n"), "{}", asked.whole());
        let key = sandbox.say("plugin keygen -o publisher.key --no-password --json").ok().data()["key"].clone();
        let more = format!("--yes --json --key {}", key.as_str().unwrap_or_default());
        refused(&install(&sandbox, &server.url("/a.wasm"), &more), 4, "signature-missing");
    }
}

#[test]
fn what_an_address_asks_along_is_neither_recorded_nor_said() {
    let (sandbox, server) = (Sandbox::new(), Server::start());
    server.has("/a.wasm?token=hush-hush", "200 OK", COMPONENT);
    let output = install(&sandbox, &server.url("/a.wasm?token=hush-hush"), "--yes").ok();
    assert!(output.stderr.contains("note: what follows the `?` may be a secret"), "{}", output.whole());
    assert!(!output.stderr.contains("hush") && !output.stdout.contains("hush"), "{}", output.whole());
    for file in Sandbox::files_below(&sandbox.project()) {
        let content = fs::read(&file).expect("it can be read");
        assert!(!content.windows(9).any(|part| part == b"hush-hush"), "{}", file.display());
    }
    let gone = sandbox.say("plugin upgrade hostile --yes --json");
    refused(&gone, 3, "source-not-found");
    refused(&install(&sandbox, &server.url("/b.wasm?token=hush-hush"), "--yes --json"), 3, "source-not-found");
}

#[test]
fn what_a_server_has_instead_of_a_plugin_is_named() {
    let (sandbox, server) = (Sandbox::new(), Server::start());
    server.has("/gone", "410 Gone", b"");
    server.has("/login", "401 Unauthorized", b"");
    server.has("/page", "200 OK\r\ncontent-type: text/html", b"\n <!doctype html><title>Releases</title>");
    server.has("/text", "200 OK", b"no component");
    server.writes("/large", b"HTTP/1.1 200 OK\r\ncontent-length: 99999999999\r\n\r\n".to_vec());
    server.writes("/larger", [b"HTTP/1.1 200 OK\r\n\r\n".to_vec(), vec![0; 33 << 20]].concat());
    server.writes("/cut", b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf".to_vec());
    for (path, exit, code) in [
        ("/nothing", 3, "source-not-found"),
        ("/gone", 3, "source-not-found"),
        ("/login", 6, "source-failed"),
        ("/page", 4, "source-is-a-page"),
        ("/text", 4, "not-a-provider"),
        ("/large", 4, "not-a-provider"),
        ("/larger", 4, "not-a-provider"),
        ("/cut", 6, "source-unreachable"),
    ] {
        let output = install(&sandbox, &server.url(path), "--yes --json");
        refused(&output, exit, code);
        assert!(!sandbox.file("log.db").exists(), "{path} left something");
    }
}

#[test]
fn nobody_at_the_address_is_not_taken_for_a_plugin_that_is_not_there() {
    let sandbox = Sandbox::new();
    let nobody = TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr()).expect("a port can be had");
    let output = install(&sandbox, &format!("http://{nobody}/x.wasm"), "--yes --json");
    refused(&output, 6, "source-unreachable");
    assert!(output.stdout.contains("refused"), "it is not said why: {}", output.whole());
}

#[test]
fn redirects_are_followed_on_the_same_footing_and_not_for_ever() {
    let (sandbox, server) = (Sandbox::new(), Server::start());
    server.has("/x.wasm", "200 OK", COMPONENT);
    server.leads("/latest", "/x.wasm");
    server.leads("/round", "/round");
    server.leads("/clear", "http://plugins.invalid/x.wasm");
    server.leads("/password", "https://me:secret@plugins.invalid/x.wasm");
    server.leads("/file", "file:///etc/passwd");
    let source = server.url("/latest");
    assert_eq!(install(&sandbox, &source, "--yes --json").ok().data()["source"], source);
    for path in ["/round", "/clear", "/password"] {
        let output = install(&sandbox, &server.url(path), "--yes --json");
        refused(&output, 4, "source-redirect");
        assert!(!output.stdout.contains("secret"), "{}", output.whole());
    }
    refused(&install(&sandbox, &server.url("/file"), "--yes --json"), 6, "source-failed");
}

#[test]
fn an_address_that_would_be_fetched_in_clear_or_holds_a_password_is_not_asked() {
    let sandbox = Sandbox::new();
    refused(&install(&sandbox, "http://plugins.invalid/x.wasm", "--yes --json"), 4, "source-in-clear");
    refused(&install(&sandbox, "https://me:secret@plugins.invalid/x.wasm", "--yes --json"), 2, "bad-source");
    refused(&install(&sandbox, "ftp://plugins.invalid/x.wasm", "--yes --json"), 2, "bad-source");
}
