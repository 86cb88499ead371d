//! A plugin in an OCI registry: pushed, installed, upgraded and taken out again; what is refused of registries.

mod pushed;

use std::fs;
use std::net::TcpListener;

use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use systemprompt_tests::{Output, Sandbox};

use super::server::Server;
use super::{keygen, of_file, refused, signed};
use crate::hostile::plugin::{COMPONENT, creation, file, variant};
use crate::registry_server::Registry;

/// `me` with `correct-horse`, as `htpasswd -B` writes it.
const LOGIN: &str = "me:$2b$05$abcdefghijklmnopqrstuuZ0Fx87Pb/Aqb0E90lfvCwzXnaFKUHpS\n";
/// The same as Docker keeps it.
const DOCKERS: &str = "bWU6Y29ycmVjdC1ob3JzZQ==";

fn push(sandbox: &Sandbox, path: &std::path::Path, image: &str) -> Output {
    of_file(sandbox, "push", path, &format!("{image} --json"))
}

fn install(sandbox: &Sandbox, image: &str, more: &str) -> Output {
    sandbox.say(&format!("plugin install {image} --json {more}"))
}

fn digest(content: &[u8]) -> String {
    let hash: Vec<_> = Sha256::digest(content).iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha256:{}", hash.concat())
}

#[test]
fn a_plugin_goes_through_a_registry_to_its_users_and_out_again() {
    let (author, user) = (Sandbox::new(), Sandbox::new());
    let test = "a_plugin_goes_through_a_registry_to_its_users_and_out_again";
    let Some(registry) = Registry::start(test, author.root(), &json!({})) else { return };
    let image = format!("oci://{}/acme/hostile:1", registry.address);
    let key = keygen(&author, "publisher.key");
    let first = signed(&author, "first.wasm", COMPONENT, "publisher.key");
    let pushed = push(&author, &first, &image).ok().data();
    assert_eq!((&pushed["id"], &pushed["key"]), (&"hostile".into(), &key.as_str().into()));
    assert_eq!(push(&author, &first, &image).ok().data(), pushed, "the same again is the same");

    let installed = install(&user, &image, "--yes").ok().data();
    assert_eq!((&installed["source"], &installed["publisher"]), (&pushed["image"], &pushed["key"]));
    assert!(installed["source"].as_str().is_some_and(|source| source.starts_with(&format!("{image}@sha256:"))));
    user.say(&creation("honest")).ok();
    let lock = fs::read_to_string(user.file("plugins.lock")).expect("it was written");
    assert!(lock.contains(pushed["image"].as_str().unwrap_or_default()), "{lock}");

    let second = signed(&author, "second.wasm", &variant("newer"), "publisher.key");
    assert_ne!(push(&author, &second, &image).ok().data()["image"], pushed["image"]);
    assert_eq!(user.say("plugin upgrade hostile --yes --json").ok().data()["version"], "0.2.0");
    // Who has the list of before gets what was listed, whatever the tag names now.
    let other = Sandbox::new();
    fs::create_dir(other.project().join(".systemprompt")).expect("a directory can be made");
    fs::write(other.file("plugins.lock"), lock).expect("a file can be written");
    other.say("plugin install --locked --yes").ok();
    assert_eq!(other.say("plugin show hostile --json").ok().data()["version"], "0.1.0");

    let theirs = keygen(&author, "theirs.key");
    push(&author, &signed(&author, "third.wasm", &variant("newer"), "theirs.key"), &image).ok();
    let output = user.say("plugin upgrade hostile --yes --json");
    refused(&output, 4, "publisher-changed");
    assert!(output.stdout.contains(&theirs), "{}", output.whole());

    user.say("plugin revoke hostile").ok();
    user.say("plugin upgrade hostile --yes --json").exits(4);
    user.say("plugin grant hostile --yes").ok();
    user.say("cloud tenant delete x -y").ok();
    user.say("plugin remove hostile").ok();
    user.say("plugin verify").ok();
}

#[test]
fn what_is_not_in_a_registry_or_not_reached_is_told_apart() {
    let sandbox = Sandbox::new();
    let test = "what_is_not_in_a_registry_or_not_reached_is_told_apart";
    let Some(registry) = Registry::start(test, sandbox.root(), &json!({})) else { return };
    let path = file(&sandbox, "hostile.wasm", COMPONENT);
    let at = |rest: &str| format!("oci://{}/acme/hostile{rest}", registry.address);
    let pushed = of_file(&sandbox, "push", &path, &at(":1")).ok();
    assert!(pushed.stderr.contains("note: it is not signed"), "{}", pushed.whole());
    refused(&install(&sandbox, &at(":2"), "--yes"), 3, "source-not-found");
    let none = format!("@sha256:{}", "0".repeat(64));
    refused(&install(&sandbox, &at(&none), "--yes"), 3, "source-not-found");
    refused(&install(&sandbox, &at(""), "--yes"), 2, "bad-source");
    refused(&install(&sandbox, "oci://acme/hostile:1", "--yes"), 2, "bad-source");
    refused(&push(&sandbox, &path, &at(&none)), 2, "bad-source");
    refused(&push(&sandbox, &path, "https://example.com/x"), 2, "bad-source");
    let signature = path.with_extension("wasm.minisig");
    fs::write(&signature, "no signature").expect("a file can be written");
    refused(&push(&sandbox, &path, &at(":3")), 4, "bad-signature");
    fs::remove_file(&signature).expect("it can be removed");
    let nobody = TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr()).expect("a port can be had");
    refused(&install(&sandbox, &format!("oci://{nobody}/acme:1"), "--yes"), 6, "source-unreachable");
    refused(&push(&sandbox, &path, &format!("oci://{nobody}/acme:1")), 6, "source-unreachable");
    assert!(!sandbox.file("log.db").exists(), "nothing was done");
    assert_eq!(install(&sandbox, &at(":1"), "--yes").ok().data()["publisher"], Value::Null);
}

/// A manifest as `push` makes one, of this layer.
fn manifest(kind: &str, layer: &[u8]) -> Vec<u8> {
    let config = json!({ "mediaType": "application/vnd.wasm.config.v0+json", "digest": digest(b"{}"), "size": 2 });
    let layer = json!({ "mediaType": kind, "digest": digest(layer), "size": layer.len() });
    json!({ "schemaVersion": 2, "config": config, "layers": [layer] }).to_string().into_bytes()
}

#[test]
fn a_registry_that_gives_something_else_is_not_believed() {
    let (sandbox, server) = (Sandbox::new(), Server::start());
    let host = server.origin.trim_start_matches("http://");
    let good = manifest("application/wasm", COMPONENT);
    let blob = format!("/v2/acme/blobs/{}", digest(COMPONENT));
    server.has("/v2/acme/manifests/good", "200 OK", &good);
    server.has(&format!("/v2/acme/manifests/{}", digest(b"other")), "200 OK", &good);
    server.has("/v2/acme/manifests/image", "200 OK", &manifest("application/vnd.oci.image.layer.v1.tar", b""));
    server.has("/v2/acme/manifests/text", "200 OK", b"hello");
    server.has("/v2/acme/manifests/broken", "500 Oops", b"");
    server.writes("/v2/acme/manifests/large", [b"HTTP/1.1 200 OK\r\n\r\n".to_vec(), vec![b' '; 300 << 10]].concat());
    server.has(&blob, "200 OK", &variant("other"));
    for (which, exit, code) in [
        (":good".to_owned(), 4, "registry-digest"),
        (format!("@{}", digest(b"other")), 4, "registry-digest"),
        (":image".to_owned(), 4, "registry-artifact"),
        (":text".to_owned(), 4, "registry-artifact"),
        (":broken".to_owned(), 6, "source-failed"),
        (":large".to_owned(), 4, "not-a-provider"),
    ] {
        let output = install(&sandbox, &format!("oci://{host}/acme{which}"), "--yes");
        refused(&output, exit, code);
        assert!(!sandbox.file("log.db").exists(), "{which} left something");
    }
    server.has(&blob, "200 OK", COMPONENT);
    install(&sandbox, &format!("oci://{host}/acme:good"), "--yes").ok();
}

#[test]
fn a_registry_gets_the_token_that_it_asks_for() {
    let (sandbox, server) = (Sandbox::new(), Server::start());
    let host = server.origin.trim_start_matches("http://");
    let realm = format!("Bearer realm=\"{}\",service=\"acme\"", server.url("/token"));
    let blob = format!("/v2/acme/blobs/{}", digest(COMPONENT));
    server.has("/v2/acme/manifests/1", &format!("401 Unauthorized\r\nwww-authenticate: {realm}"), b"");
    server.has("/v2/acme/manifests/1 Bearer hush-hush", "200 OK", &manifest("application/wasm", COMPONENT));
    server.has(&format!("{blob} Bearer hush-hush"), "200 OK", COMPONENT);
    let image = format!("oci://{host}/acme:1");
    refused(&install(&sandbox, &image, "--yes"), 6, "registry-strange");
    let token = "/token?scope=repository%3Aacme%3Apull&service=acme";
    server.has(token, "200 OK", br#"{"token":"wrong"}"#);
    refused(&install(&sandbox, &image, "--yes"), 5, "registry-login");
    server.has(token, "200 OK", br#"{"access_token":"hush-hush"}"#);
    install(&sandbox, &image, "--yes").ok();
    server.has("/v2/acme/manifests/2", "401 Unauthorized\r\nwww-authenticate: Bearer realm=\"http://a.invalid/\"", b"");
    refused(&install(&sandbox, &format!("oci://{host}/acme:2"), "--yes"), 6, "registry-strange");
}

#[test]
fn the_login_that_docker_keeps_is_used_and_shown_to_nobody() {
    let mut sandbox = Sandbox::new();
    let test = "the_login_that_docker_keeps_is_used_and_shown_to_nobody";
    let logins = sandbox.root().join("htpasswd");
    fs::write(&logins, LOGIN).expect("a file can be written");
    let more = json!({ "auth": { "htpasswd": { "realm": "tests", "path": logins } } });
    let Some(registry) = Registry::start(test, sandbox.root(), &more) else { return };
    let docker = sandbox.root().join("docker");
    fs::create_dir(&docker).expect("a directory can be made");
    sandbox.set("DOCKER_CONFIG", docker.to_str().expect("a path is text"));
    let path = file(&sandbox, "hostile.wasm", COMPONENT);
    let image = format!("oci://{}/acme/hostile:1", registry.address);
    let keeps = |auth: &str| {
        let file = json!({ "auths": { registry.address.as_str(): { "auth": auth } } });
        fs::write(docker.join("config.json"), file.to_string()).expect("a file can be written");
    };
    for wrong in [None, Some("bWU6d3Jvbmc=")] {
        if let Some(wrong) = wrong {
            keeps(wrong);
        }
        let output = push(&sandbox, &path, &image);
        refused(&output, 5, "registry-login");
        assert!(output.stdout.contains(&format!("docker login {}", registry.address)), "{}", output.whole());
        refused(&install(&sandbox, &image, "--yes"), 5, "registry-login");
    }
    keeps("!");
    refused(&install(&sandbox, &image, "--yes"), 4, "docker-config-unusable");
    keeps(DOCKERS);
    let said = [push(&sandbox, &path, &image).ok(), install(&sandbox, &image, "--yes").ok()];
    let holds = |content: &[u8]| {
        ["correct-horse", DOCKERS]
            .iter()
            .any(|secret| content.windows(secret.len()).any(|part| part == secret.as_bytes()))
    };
    assert!(said.iter().all(|output| !holds(output.whole().as_bytes())), "a login is shown");
    for file in Sandbox::files_below(&sandbox.project()) {
        assert!(!holds(&fs::read(&file).expect("it can be read")), "{}", file.display());
    }
}
