//! `plugins.lock`: written from the history, and installed from on another machine; what is refused of one.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use serde_json::Value;
use systemprompt_tests::Sandbox;

use super::{of_file, refused};
use crate::hostile::plugin::{COMPONENT, install, sandbox, variant};

const LOCK: &str = "plugins.lock";

/// A project with a signed plugin below it, as somebody would commit it.
pub(super) fn published() -> (Sandbox, String) {
    let sandbox = Sandbox::new();
    let made = sandbox.say("plugin keygen -o publisher.key --no-password --json").ok().data();
    let path = sandbox.project().join("hostile.wasm");
    fs::write(&path, COMPONENT).expect("a file can be written");
    of_file(&sandbox, "sign", &path, "--key publisher.key").ok();
    of_file(&sandbox, "install", Path::new("hostile.wasm"), "--yes").ok();
    (sandbox, made["key"].as_str().unwrap_or_default().to_owned())
}

/// The same checked out by somebody else: the committed files, and no history.
pub(super) fn checked_out(of: &Sandbox) -> Sandbox {
    let sandbox = Sandbox::new();
    for name in ["hostile.wasm", "hostile.wasm.minisig"] {
        fs::copy(of.project().join(name), sandbox.project().join(name)).expect("a file can be copied");
    }
    has(&sandbox, &text(of));
    sandbox
}

pub(super) fn text(sandbox: &Sandbox) -> String {
    fs::read_to_string(sandbox.file(LOCK)).expect("the lock was written")
}

fn has(sandbox: &Sandbox, lock: &str) {
    fs::create_dir_all(sandbox.project().join(".systemprompt")).expect("a directory can be made");
    fs::write(sandbox.file(LOCK), lock).expect("a file can be written");
}

fn listed(sandbox: &Sandbox) -> Value {
    serde_json::from_str::<Value>(&text(sandbox)).expect("it is JSON")["plugins"].clone()
}

#[track_caller]
fn nothing_was_done(sandbox: &Sandbox) {
    assert!(!sandbox.file("log.db").exists() && !sandbox.data().join("plugins").exists(), "something was done");
}

#[test]
fn what_is_installed_is_listed_and_others_install_the_same_from_the_list() {
    let (author, key) = published();
    let row = &listed(&author)[0];
    assert_eq!((&row["id"], &row["version"]), (&"hostile".into(), &"0.1.0".into()));
    assert_eq!((&row["source"], &row["key"]), (&"hostile.wasm".into(), &key.as_str().into()), "below the project");

    let other = checked_out(&author);
    let asked = other.say("plugin install --locked").exits(4);
    assert!(asked.stderr.contains("note: it may manage Docker containers"), "{}", asked.whole());
    refused(&other.say("plugin install --locked --json"), 4, "confirmation-needed");
    nothing_was_done(&other);
    let data = other.say("plugin install --locked --yes --json").ok().data();
    assert_eq!((&data["plugins"][0]["id"], &data["plugins"][0]["installed"]), (&"hostile".into(), &true.into()));
    let shown = other.say("plugin show hostile --json").ok().data();
    assert_eq!((&shown["publisher"], &shown["allowed"]), (&key.as_str().into(), &shown["capabilities"]));
    assert_eq!(text(&other), text(&author));
    fs::remove_file(other.project().join("hostile.wasm")).expect("it can be removed");
    let again = other.say("plugin install --locked").ok();
    assert_eq!(again.stdout, "plugin hostile 0.1.0 was installed already\n", "what is there is not fetched");
    other.say("plugin verify").ok();
}

#[test]
fn the_list_follows_what_is_allowed() {
    let sandbox = sandbox();
    let capabilities = || listed(&sandbox)[0]["capabilities"].as_array().map_or(0, Vec::len);
    let all = capabilities();
    sandbox.say("plugin revoke hostile docker").ok();
    assert_eq!(capabilities(), all - 1);
    sandbox.say("plugin revoke hostile").ok();
    assert_eq!(listed(&sandbox), serde_json::json!([]));
    sandbox.say("plugin grant hostile --yes").ok();
    assert_eq!(capabilities(), all);
    let before = text(&sandbox);
    sandbox.say("cloud tenant create --type local --name x --provider native --plan").ok();
    assert_eq!(text(&sandbox), before, "what the program carries is not listed");
    sandbox.say("plugin remove hostile").ok();
    assert_eq!(listed(&sandbox), serde_json::json!([]));
    let without = Sandbox::new();
    without.say("cloud tenant list").ok();
    assert!(!without.file(LOCK).exists(), "a project without plugins has no list of them");
}

#[test]
fn what_differs_from_the_list_is_refused_before_anything_is_done() {
    let (author, key) = published();
    let (lock, row) = (text(&author), listed(&author)[0].clone());
    let hash = row["sha256"].as_str().unwrap_or_default();
    let (first, last) = (row["capabilities"][0].as_str(), row["capabilities"].as_array().and_then(|all| all.last()));
    let without = format!("        \"{}\",\n", first.unwrap_or_default());
    let more = format!("{{\n  \"format\": 1,\n  \"plugins\": [{row}, {row}]\n}}");
    let other_id = |id: &str| format!("{{\"format\":1,\"plugins\":[{row},{}]}}", renamed(&row, id));
    assert!(last.is_some() && lock.contains(&without), "{lock}");
    for (bad, exit, code, says) in [
        (lock.replace(hash, &"0".repeat(64)), 4, "lock-hash", hash),
        (lock.replace(&without, ""), 4, "lock-capabilities", "also asks for"),
        (lock.replace("\"hostile.wasm\"", "\"gone.wasm\""), 3, "source-not-found", "gone.wasm"),
        (lock.replace("\"hostile.wasm\"", "\"http://example.com/x\""), 4, "source-in-clear", "in clear"),
        (lock.replace("\"0.1.0\"", "\"0.2.0\""), 4, "other-plugin", "`hostile` 0.1.0, and not `hostile` 0.2.0"),
        (lock.replace(&format!("\"{key}\""), "null"), 4, "lock-key", &key),
        (lock.replace("\"format\": 1", "\"format\": 7"), 4, "lock-unreadable", "at line 2 column"),
        (lock[..lock.len() / 2].to_owned(), 4, "lock-unreadable", "at line"),
        (more, 4, "lock-unreadable", "lists `hostile` twice"),
        (other_id("docker"), 4, "plugin-id-taken", "`docker`"),
        (other_id("acme"), 4, "other-plugin", "not `acme`"),
    ] {
        let other = checked_out(&author);
        has(&other, &bad);
        let output = other.say("plugin install --locked --yes --json");
        refused(&output, exit, code);
        assert!(output.stdout.contains(says), "{says}: {}", output.whole());
        nothing_was_done(&other);
    }
    let empty = Sandbox::new();
    refused(&empty.say("plugin install --locked --yes --json"), 3, "lock-not-found");
    refused(&empty.say("plugin install --json"), 2, "usage");
}

fn renamed(row: &Value, id: &str) -> Value {
    let mut row = row.clone();
    row["id"] = id.into();
    row
}

#[test]
fn other_bytes_are_not_compiled_and_another_key_is_not_taken() {
    let (author, key) = published();
    let other = checked_out(&author);
    fs::write(other.project().join("hostile.wasm"), "no component").expect("a file can be written");
    refused(&other.say("plugin install --locked --yes --json"), 4, "lock-hash");
    nothing_was_done(&other);

    let other = checked_out(&author);
    let theirs = other.say("plugin keygen -o theirs.key --no-password --json").ok().data()["key"].clone();
    let theirs = theirs.as_str().unwrap_or_default();
    let wasm = other.project().join("hostile.wasm");
    fs::remove_file(wasm.with_extension("wasm.minisig")).expect("it can be removed");
    refused(&other.say("plugin install --locked --yes --json"), 4, "signature-missing");
    of_file(&other, "sign", &wasm, "--key theirs.key").ok();
    refused(&other.say("plugin install --locked --yes --json"), 4, "publisher-changed");
    nothing_was_done(&other);

    // Where the publisher is known, no list says otherwise.
    let mine = text(&author);
    has(&author, &mine.replace(&key, theirs));
    let output = author.say("plugin install --locked --yes --json");
    refused(&output, 4, "lock-key");
    assert!(output.stdout.contains(&key) && output.stdout.contains(theirs), "{}", output.whole());
}

#[test]
fn an_older_version_in_the_list_is_taken_only_when_that_is_asked_for() {
    let (author, _) = published();
    let other = checked_out(&author);
    install(&other, &variant("newer")).ok();
    has(&other, &text(&author));
    refused(&other.say("plugin install --locked --yes --json"), 4, "plugin-downgrade");
    other.say("plugin install --locked --yes --allow-downgrade").ok();
    assert_eq!(other.say("plugin show hostile --json").ok().data()["version"], "0.1.0");
    assert_eq!(text(&other), text(&author));
}

#[test]
fn a_list_that_came_from_elsewhere_is_left_until_what_it_lists_is_here() {
    let sandbox = sandbox();
    let ours = text(&sandbox);
    let theirs = ours.replace("\"0.1.0\"", "\"0.9.0\"");
    has(&sandbox, &theirs);
    let output = sandbox.say("plugin revoke hostile docker").ok();
    assert!(output.stderr.contains("`plugins.lock` is left as it is: it lists other plugins"), "{}", output.whole());
    assert_eq!(text(&sandbox), theirs);
    has(&sandbox, &ours);
    assert_eq!(sandbox.say("plugin grant hostile docker --yes").ok().stderr.matches("left as it is").count(), 0);
    has(&sandbox, "{\n  \"format\": 1,\n  \"plugins\": []\n}\n");
    sandbox.say("plugin revoke hostile docker").ok();
    assert_eq!(listed(&sandbox).as_array().map(Vec::len), Some(1), "nothing is lost with an empty one");
}

#[test]
fn what_is_no_file_in_the_place_of_the_list_stays_and_is_said() {
    let sandbox = sandbox();
    let path = sandbox.file(LOCK);
    fs::remove_file(&path).expect("it can be removed");
    symlink("/dev/null", &path).expect("a link can be made");
    let output = sandbox.say("plugin revoke hostile docker").ok();
    assert!(output.stderr.contains("`plugins.lock` is left as it is: it cannot be read"), "{}", output.whole());
    assert!(path.is_symlink());
    refused(&sandbox.say("plugin install --locked --json"), 1, "file-failed");
    fs::remove_file(&path).expect("it can be removed");
    fs::create_dir(&path).expect("a directory can be made");
    let output = sandbox.say("plugin grant hostile docker --yes").ok();
    assert!(output.stderr.contains("`plugins.lock` is left as it is: it cannot be read"), "{}", output.whole());
    fs::remove_dir(&path).expect("it can be removed");
    sandbox.say("plugin revoke hostile docker").ok();
    assert_eq!(listed(&sandbox).as_array().map(Vec::len), Some(1));
}

#[test]
fn git_is_offered_the_list_also_where_our_rules_are_of_an_earlier_version() {
    let sandbox = Sandbox::new();
    fs::create_dir(sandbox.project().join(".systemprompt")).expect("a directory can be made");
    let once = "*\n!.gitignore\n!profiles/\n!profiles/*/\n!profiles/*/profile.yaml\n";
    fs::write(sandbox.file(".gitignore"), once).expect("a file can be written");
    install(&sandbox, COMPONENT).ok();
    let git = |words: &[&str]| {
        let output = sandbox.prepare(std::process::Command::new("git"), words).output().expect("git is here");
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    git(&["init", "--quiet"]);
    let offered = git(&["ls-files", "--others", "--exclude-standard"]);
    assert_eq!(offered, ".systemprompt/.gitignore\n.systemprompt/plugins.lock\n");
}
