//! What was taken back stays so: in older copies of the project, too, unless it is given again.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use systemprompt_tests::{LogFile, Sandbox};

use super::refused;
use crate::hostile::plugin::{COMPONENT, creation, install, sandbox};

/// A copy of the project as it is now.
fn copied(sandbox: &Sandbox) -> PathBuf {
    let older = sandbox.root().join("older");
    fs::create_dir(&older).expect("a directory can be made");
    copy(&sandbox.project().join(".systemprompt"), &older);
    older.join(".systemprompt")
}

/// The copy takes the project's place.
fn put_back(sandbox: &Sandbox, older: &Path) {
    fs::remove_dir_all(sandbox.project().join(".systemprompt")).expect("it can be removed");
    copy(older, &sandbox.project());
}

fn copy(from: &Path, into: &Path) {
    let copied = Command::new("cp").arg("-a").arg(from).arg(into).status();
    assert!(copied.is_ok_and(|status| status.success()), "a project can be copied");
}

#[track_caller]
fn creation_is_refused(sandbox: &Sandbox, code: &str) {
    refused(&sandbox.say(&format!("{} --json", creation("honest"))), 4, code);
}

#[test]
fn an_older_copy_of_a_project_brings_nothing_back_that_was_taken_back_since() {
    for taken_back in ["plugin revoke hostile", "plugin revoke hostile docker", "plugin remove hostile"] {
        let sandbox = sandbox();
        let older = copied(&sandbox);
        sandbox.say(taken_back).ok();
        put_back(&sandbox, &older);
        let shown = sandbox.say("plugin show hostile --json").ok().data();
        assert_eq!((&shown["granted"], shown["allowed"].as_array().map(Vec::len)), (&false.into(), Some(0)));
        creation_is_refused(&sandbox, "plugin-not-granted");
        install(&sandbox, COMPONENT).ok();
        sandbox.say(&creation("honest")).ok();
    }
}

#[test]
fn what_was_allowed_before_the_last_version_is_taken_back_with_it() {
    for taken_back in ["plugin revoke hostile", "plugin revoke hostile docker", "plugin remove hostile"] {
        let sandbox = sandbox();
        let older = copied(&sandbox);
        let elsewhere = sandbox.root().join("elsewhere.wasm");
        fs::write(&elsewhere, COMPONENT).expect("it can be written");
        sandbox.run(["plugin".as_ref(), "install".as_ref(), elsewhere.as_os_str(), "--yes".as_ref()]).ok();
        sandbox.say(taken_back).ok();
        put_back(&sandbox, &older);
        assert_eq!(sandbox.say("plugin show hostile --json").ok().data()["granted"], false, "{taken_back}");
        creation_is_refused(&sandbox, "plugin-not-granted");
    }
}

#[test]
fn where_the_next_version_comes_from_is_part_of_what_was_allowed() {
    let sandbox = sandbox();
    let mut log = LogFile::open(&sandbox.file("log.db"));
    log.run("update plugins set source = 'https://example.com/other.wasm' where key = 'hostile'");
    log.close();
    refused(&sandbox.say("plugin upgrade hostile --yes --json"), 4, "plugin-not-granted");
    let told = sandbox.say(&creation("honest")).exits(4);
    assert!(told.stderr.contains("one that an older version recorded is asked for again"), "{}", told.whole());
    let asked = sandbox.say("plugin grant hostile").exits(4);
    assert!(asked.stderr.contains("it is from https://example.com/other.wasm, and so will be"), "{}", asked.whole());
}

#[test]
fn undoing_a_revocation_gives_the_right_back_and_undoing_a_grant_takes_it() {
    let sandbox = sandbox();
    let may = || sandbox.say("plugin show hostile --json").ok().data()["granted"].clone();
    for (revocation, code) in
        [("plugin revoke hostile", "plugin-not-granted"), ("plugin revoke hostile docker", "capability-not-granted")]
    {
        sandbox.say(revocation).ok();
        creation_is_refused(&sandbox, code);
        sandbox.say("history undo").ok();
        assert_eq!(may(), true, "{revocation}");
        sandbox.say("history redo").ok();
        creation_is_refused(&sandbox, code);
        sandbox.say("history undo").ok();
    }
    sandbox.say(&creation("honest")).ok();
    let older = copied(&sandbox);
    sandbox.say("plugin revoke hostile docker").ok();
    sandbox.say("plugin grant hostile --yes").ok();
    sandbox.say("history undo").ok();
    put_back(&sandbox, &older);
    assert_eq!(may(), false, "what was undone came back with an older copy");
}
