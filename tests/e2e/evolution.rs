//! Logs of every released version: this one opens, verifies, rebuilds and lists them, and goes on writing.

use std::fs;
use std::path::PathBuf;

use systemprompt_tests::{LogFile, Sandbox, assert_data_eq, repository, str};

/// The logs in `tests/logs`.
fn logs() -> Vec<PathBuf> {
    let files = Sandbox::files_below(&repository().join("tests/logs"));
    let mut logs: Vec<_> = files.into_iter().filter(|file| file.extension().is_some_and(|end| end == "db")).collect();
    logs.sort();
    assert!(!logs.is_empty(), "there are logs of released versions");
    logs
}

/// A project with a copy of a log.
fn project(log: &PathBuf) -> Sandbox {
    let sandbox = Sandbox::new();
    fs::create_dir(sandbox.file("")).expect("a directory can be made");
    fs::copy(log, sandbox.file("log.db")).expect("a log can be copied");
    sandbox
}

#[test]
fn a_log_of_every_version_is_read_verified_rebuilt_and_exported() {
    for log in logs() {
        let sandbox = project(&log);
        let name = log.display();
        let count = LogFile::open(&sandbox.file("log.db")).number("select count(*) from events");
        let export = sandbox.say("history export").ok().stdout;
        assert_eq!(export.lines().count().to_string(), (count + 2).to_string(), "{name}");
        sandbox.say("cloud tenant list").ok();
        let listed = sandbox.say("history log --limit 10000 --json").ok().data();
        assert!(
            listed["events"].as_array().is_some_and(|events| events.len() >= count.try_into().unwrap_or(usize::MAX))
        );
        sandbox.say("history verify").ok();
        assert_eq!(sandbox.say("history rebuild --json").ok().data()["changed"], false, "{name}");
        let again = sandbox.say(&format!("history export --to {count}")).ok().stdout;
        assert_eq!(again, export, "{name}: no event changes");
    }
}

#[test]
fn a_log_of_every_version_is_imported_and_written_to() {
    for log in logs() {
        let (old, new) = (project(&log), Sandbox::new());
        let file = new.root().join("old.ndjson");
        fs::write(&file, old.say("history export").ok().stdout).expect("a file can be written");
        new.say(&format!("history import {}", file.display())).ok();
        new.say("history verify").ok();
        new.say("cloud tenant select my-project").ok();
        new.say("history verify").ok();
    }
}

#[test]
fn a_log_of_every_version_is_whole_to_whoever_looks_at_it_first() {
    for log in logs() {
        let sandbox = project(&log);
        let before = fs::read(sandbox.file("log.db")).expect("the log is there");
        let verified = sandbox.say("history verify").ok();
        assert!(verified.stdout.starts_with("ok: "), "{}", verified.whole());
        let is_compared = verified.stdout.contains("projections agree");
        assert_ne!(is_compared, verified.stderr.contains("were not compared"), "{}", verified.whole());
        let repaired = sandbox.say("history repair").ok();
        assert!(!sandbox.file("log.repaired.db").exists(), "{}", repaired.whole());
        assert_eq!(fs::read(sandbox.file("log.db")).ok(), Some(before), "nothing was written");
    }
}

#[test]
fn what_the_first_version_left_is_what_this_one_shows() {
    let sandbox = project(&repository().join("tests/logs/v0.1.0.db"));
    assert_data_eq!(
        sandbox.session(&["cloud tenant list", "cloud profile list", "history verify"]),
        str![[r#"
$ systemprompt cloud tenant list
Tenants
━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━
  [ID]    local   my-project
  [ID] (selected) local   acme-shop
! note: sessions/index.json and the like are left as they are: this user has no key to what they hold
$ systemprompt cloud profile list
Profiles
  old     my-project ([ID])
  local   (active) acme-shop ([ID])
! note: sessions/index.json and the like are left as they are: this user has no key to what they hold
$ systemprompt history verify
ok: 252 events, no gap, chain and projections agree
sealed: 0 of 4 values open
note: what opens `JWT_SECRET`, `db-password` of tenant `[ID]` is kept elsewhere, with the directory that acts for this history
note: what opens `JWT_SECRET`, `db-password` of tenant `[ID]` is kept elsewhere, with the directory that acts for this history
head: [HASH]

"#]]
    );
}
