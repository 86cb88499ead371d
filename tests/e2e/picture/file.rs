//! The file that a picture is written to.

use std::fs;
use std::os::unix::fs::{MetadataExt, symlink};

use systemprompt_tests::{LogFile, Sandbox, assert_data_eq, seed, str};

#[test]
fn a_picture_is_written_for_its_user_alone_and_written_over_by_the_next() {
    let sandbox = Sandbox::with_registry(seed::REGISTRY);
    let page = sandbox.project().join("history.html");
    assert_data_eq!(
        sandbox.session(&[
            "cloud tenant list --quiet",
            "history log --html history.html",
            "history log --html history.html"
        ]),
        str![[r#"
$ systemprompt cloud tenant list --quiet
Tenants
━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━
  [ID]    local   my-project
  [UUID] cloud   my-project-prod   iad
$ systemprompt history log --html history.html
wrote [SANDBOX]/project/history.html: 7 events, 2 tenants, 0 operations
it needs no network: open it in a browser
$ systemprompt history log --html history.html
wrote [SANDBOX]/project/history.html: 7 events, 2 tenants, 0 operations
it needs no network: open it in a browser

"#]]
    );
    assert_eq!(fs::metadata(&page).expect("it is there").mode() & 0o777, 0o600);
    let data = sandbox.say("history log --html history.html --limit 2 --json").ok().data();
    assert_eq!(data["bytes"], fs::metadata(&page).expect("it is there").len());
    assert_eq!((&data["events"], &data["events_in_log"], &data["tenants"]), (&2.into(), &7.into(), &2.into()));
    let one = sandbox.say("history log --html history.html --limit 1").ok();
    assert!(one.stdout.contains(": 1 of 7 events, 2 tenants, 0 operations"), "{}", one.stdout);
    let left: Vec<_> =
        fs::read_dir(sandbox.project()).expect("it can be read").flatten().map(|entry| entry.file_name()).collect();
    assert_eq!(left.len(), 2, "the picture and the project's directory: {left:?}");
}

#[test]
fn a_file_that_is_no_picture_is_left_as_it_is() {
    let sandbox = Sandbox::with_registry(seed::REGISTRY);
    let (thesis, target) = (sandbox.project().join("thesis.html"), sandbox.project().join("target.html"));
    fs::write(&thesis, "<!doctype html><title>mine</title>").expect("a file can be written");
    sandbox.say("history log --html target.html").ok();
    let before = fs::read(&target).expect("it is there");
    symlink(&target, sandbox.project().join("link.html")).expect("a link can be made");
    for file in ["thesis.html", "link.html", ".systemprompt"] {
        let output = sandbox.say(&format!("history log --html {file} --json")).exits(4);
        assert_eq!(output.error_code(), "not-a-picture", "{file}");
    }
    assert_eq!(fs::read_to_string(&thesis).expect("it is there"), "<!doctype html><title>mine</title>");
    assert_eq!(fs::read(&target).expect("it is there"), before, "a link is not followed");
    let output = sandbox.say("history log --html no/such/directory.html --json").exits(1);
    assert_eq!(output.error_code(), "picture-failed");
}

#[test]
fn without_a_project_there_is_nothing_to_draw() {
    let sandbox = Sandbox::new();
    let output = sandbox.say("history log --html history.html --json").exits(3);
    assert_eq!(output.error_code(), "no-project");
    assert!(!sandbox.project().join("history.html").exists());
}

#[test]
fn sealed_values_and_passwords_are_not_in_it() {
    let sandbox = Sandbox::with_registry(seed::REGISTRY);
    sandbox.say("cloud tenant list").ok();
    sandbox.say("history log --html history.html").ok();
    let page = fs::read_to_string(sandbox.project().join("history.html")).expect("it is there");
    let sealed = LogFile::open(&sandbox.file("log.db")).texts("select sealed from secrets");
    assert!(sealed.len() >= 3, "the registry has secrets: {}", sealed.len());
    for secret in sealed.iter().map(String::as_str).chain(["localdev", "user:pass", "sp_sync_abc123"]) {
        assert!(!page.contains(secret), "{secret}");
    }
    assert!(page.contains("(left out)"), "and that they are left out is said");
}
