//! Who made a plugin: keys, signatures, and what is refused of somebody else.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use systemprompt_tests::{Sandbox, terminal};

use super::{keygen, of_file, refused, signed};
use crate::hostile::plugin::{COMPONENT, creation, file, variant};

#[test]
fn a_pair_of_keys_is_for_its_owner_and_is_not_written_over() {
    let sandbox = Sandbox::new();
    let key = keygen(&sandbox, "publisher.key");
    assert!(key.starts_with("RW") && key.len() == 56, "{key}");
    let secret = sandbox.project().join("publisher.key");
    let mode = fs::metadata(&secret).expect("it is there").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let public = fs::read_to_string(sandbox.project().join("publisher.key.pub")).expect("it is there");
    assert!(public.lines().any(|line| line == key), "{public}");
    let before = fs::read(&secret).expect("it is there");
    refused(&sandbox.say("plugin keygen -o publisher.key --no-password --json"), 4, "key-exists");
    assert_eq!(fs::read(&secret).expect("it is there"), before);
    refused(&sandbox.say("plugin keygen -o other.key --json"), 2, "password-missing");
    fs::write(sandbox.project().join("empty.txt"), "\n").expect("a file can be written");
    refused(&sandbox.say("plugin keygen -o other.key --password-file empty.txt --json"), 2, "password-empty");
    assert!(!sandbox.project().join("other.key").exists());
}

#[test]
fn a_key_with_a_password_signs_with_that_alone() {
    let sandbox = Sandbox::new();
    for (name, text) in [("password.txt", "correct horse\n"), ("wrong.txt", "battery\n")] {
        fs::write(sandbox.project().join(name), text).expect("a file can be written");
    }
    sandbox.say("plugin keygen -o publisher.key --password-file password.txt").ok();
    let path = file(&sandbox, "hostile.wasm", COMPONENT);
    let sign = |more: &str| of_file(&sandbox, "sign", &path, &format!("--key publisher.key --json {more}"));
    refused(&sign(""), 2, "password-missing");
    refused(&sign("--password-file wrong.txt"), 4, "bad-signing-key");
    assert!(!path.with_extension("wasm.minisig").exists());
    sign("--password-file password.txt").ok();
    let line =
        format!("systemprompt plugin sign {} --key publisher.key --password-file - < password.txt", path.display());
    terminal::unseen(&sandbox, &line).ok();
    fs::write(sandbox.project().join("no.key"), "hello\n").expect("a file can be written");
    let output = of_file(&sandbox, "sign", &path, "--key no.key --password-file password.txt --json");
    refused(&output, 4, "bad-signing-key");
}

#[test]
fn the_program_minisign_verifies_what_was_signed() {
    let sandbox = Sandbox::new();
    let key = keygen(&sandbox, "publisher.key");
    let path = signed(&sandbox, "hostile.wasm", COMPONENT, "publisher.key");
    let run = Command::new("minisign").args(["-V", "-P", &key, "-m"]).arg(&path).output();
    let output = run.expect("the tests need `minisign`");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
    assert!(said.contains("systemprompt-plugin id:hostile version:0.1.0 key:RW"), "{said}");
}

#[test]
fn the_key_of_the_first_version_is_that_of_all_later_ones() {
    let sandbox = Sandbox::new();
    let (mine, theirs) = (keygen(&sandbox, "mine.key"), keygen(&sandbox, "theirs.key"));
    let first = signed(&sandbox, "first.wasm", COMPONENT, "mine.key");
    let output = of_file(&sandbox, "install", &first, "--yes").ok();
    assert!(
        output.stderr.contains(&format!("note: it is signed with {mine}, which is new here")),
        "{}",
        output.whole()
    );
    assert_eq!(sandbox.say("plugin show hostile --json").ok().data()["publisher"], mine.as_str());
    assert_eq!(sandbox.say("plugin verify").ok().stdout, "ok: 1 installed\n");
    sandbox.say(&creation("honest")).ok();

    let unsigned = file(&sandbox, "unsigned.wasm", &variant("newer"));
    refused(&of_file(&sandbox, "install", &unsigned, "--yes --json"), 4, "signature-missing");
    let changed = signed(&sandbox, "changed.wasm", &variant("newer"), "theirs.key");
    let output = of_file(&sandbox, "install", &changed, "--yes --json");
    refused(&output, 4, "publisher-changed");
    assert!(output.stdout.contains(&mine) && output.stdout.contains(&theirs), "{}", output.whole());
    assert_eq!(sandbox.say("plugin show hostile --json").ok().data()["version"], "0.1.0", "nothing was done");

    let second = signed(&sandbox, "second.wasm", &variant("newer"), "mine.key");
    let output = of_file(&sandbox, "install", &second, "--yes").ok();
    assert!(output.stderr.contains(&format!("note: it is signed with {mine}, as before\n")), "{}", output.whole());
    of_file(&sandbox, "install", &changed, &format!("--yes --key {theirs}")).ok();
    assert_eq!(sandbox.say("plugin show hostile --json").ok().data()["publisher"], theirs.as_str());
    sandbox.say("cloud tenant status x").ok();
    sandbox.say("history verify").ok();
}

#[test]
fn a_signature_that_does_not_fit_is_refused() {
    let sandbox = Sandbox::new();
    let (key, other) = (keygen(&sandbox, "publisher.key"), keygen(&sandbox, "other.key"));
    let path = signed(&sandbox, "hostile.wasm", COMPONENT, "publisher.key");
    let signature = path.with_extension("wasm.minisig");
    let good = fs::read_to_string(&signature).expect("it was signed");
    refused(&of_file(&sandbox, "install", &path, &format!("--yes --json --key {other}")), 4, "publisher-changed");
    let lied = good.replace("version:0.1.0", "version:0.2.0");
    let nameless = good.replace(&format!(" key:{key}"), "");
    let short = good.lines().take(3).chain(["AAAA"]).collect::<Vec<_>>().join("\n");
    let long = "x".repeat(9000);
    for (bad, code) in [
        (lied.as_str(), "bad-signature"),
        ("hello\n", "bad-signature"),
        ("", "bad-signature"),
        (&short, "bad-signature"),
        (&nameless, "publisher-unknown"),
        (&long, "plugin-file"),
    ] {
        fs::write(&signature, bad).expect("a file can be written");
        let output = of_file(&sandbox, "install", &path, "--yes --json");
        assert_eq!(output.error_code(), code, "{bad}: {}", output.whole());
    }
    fs::write(&signature, &good).expect("a file can be written");
    fs::write(&path, variant("other")).expect("a file can be written");
    refused(&of_file(&sandbox, "install", &path, "--yes --json"), 4, "bad-signature");
    fs::remove_file(&signature).expect("it can be removed");
    refused(&of_file(&sandbox, "install", &path, &format!("--yes --json --key {key}")), 4, "signature-missing");
    assert!(!sandbox.file("log.db").exists() && !sandbox.data().join("plugins").exists(), "nothing was done");
    refused_key(&sandbox, &path);
}

fn refused_key(sandbox: &Sandbox, path: &std::path::Path) {
    let output = of_file(sandbox, "install", path, "--yes --key RWhello").exits(2);
    assert!(output.stderr.contains("56 characters"), "{}", output.whole());
}

#[test]
fn a_publisher_that_was_changed_in_the_log_makes_the_grant_count_for_nothing() {
    let sandbox = Sandbox::new();
    keygen(&sandbox, "mine.key");
    let theirs = keygen(&sandbox, "theirs.key");
    let path = signed(&sandbox, "hostile.wasm", COMPONENT, "mine.key");
    of_file(&sandbox, "install", &path, "--yes").ok();
    let mut log = systemprompt_tests::LogFile::open(&sandbox.file("log.db"));
    log.run(&format!("update plugins set publisher = '{theirs}' where key = 'hostile'"));
    log.close();
    refused(&sandbox.say(&format!("{} --json", creation("honest"))), 4, "plugin-not-granted");
    let faults = sandbox.say("plugin verify --json").exits(1).data();
    assert_eq!((&faults["faults"][0]["kind"], &faults["faults"][1]["kind"]), (&"grant".into(), &"signature".into()));
    // Nor is a key allowed along with the rest that only the history names.
    refused(&sandbox.say("plugin grant hostile --yes --json"), 4, "bad-signature");
    refused(&of_file(&sandbox, "install", &path, "--yes --json"), 4, "publisher-changed");
    let mut log = systemprompt_tests::LogFile::open(&sandbox.file("log.db"));
    log.run("update plugins set publisher = 'nobody' where key = 'hostile'");
    log.close();
    refused(&of_file(&sandbox, "install", &path, "--yes --json"), 4, "publisher-unknown");
}
