//! `tenants.json` in other hands: deleted, cut short, edited, left behind by another program.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};
use systemprompt_tests::{Sandbox, assert_data_eq, binary, file, seed, skip, str};

/// A project of ours whose registry file was written by us, after it was taken in.
fn imported() -> Sandbox {
    let sandbox = Sandbox::with_registry(seed::REGISTRY);
    sandbox.say("cloud tenant select my-project-prod").ok();
    sandbox
}

fn read(path: impl AsRef<Path>) -> String {
    let path = path.as_ref();
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Files of the project whose names begin like this.
fn named(sandbox: &Sandbox, beginning: &str) -> Vec<PathBuf> {
    let files = Sandbox::files_below(&sandbox.file(""));
    let begins = |path: &PathBuf| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(beginning));
    files.into_iter().filter(begins).collect()
}

#[test]
fn a_deleted_registry_is_written_again_by_the_next_command_that_reads() {
    let sandbox = imported();
    let before = read(sandbox.file("tenants.json"));
    fs::remove_file(sandbox.file("tenants.json")).expect("the file is there");
    assert_data_eq!(
        sandbox.say("cloud tenant list").ok().transcript(),
        str![[r#"
$ systemprompt cloud tenant list
Tenants
━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━
  [ID]    local   my-project
  [UUID] (selected) cloud   my-project-prod   iad

"#]]
    );
    assert_eq!(read(sandbox.file("tenants.json")), before);
}

#[test]
fn a_registry_that_was_cut_short_is_kept_aside_and_written_again() {
    let sandbox = imported();
    let before = read(sandbox.file("tenants.json"));
    fs::write(sandbox.file("tenants.json"), &before[..100]).expect("the file can be written");
    assert_data_eq!(
        sandbox.say("cloud tenant list").ok().transcript(),
        str![[r#"
$ systemprompt cloud tenant list
Tenants
━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━
  [ID]    local   my-project
  [UUID] (selected) cloud   my-project-prod   iad
! note: `tenants.json` was edited by hand; it is rebuilt from the log, and the edited one is kept as [SANDBOX]/project/.systemprompt/tenants.edited-[DIGEST].json

"#]]
    );
    assert_eq!(read(sandbox.file("tenants.json")), before);
    let aside = named(&sandbox, "tenants.edited-");
    assert_eq!(aside.iter().map(read).collect::<Vec<_>>(), [&before[..100]]);
    assert_eq!(sandbox.say("cloud tenant list").ok().stderr, "", "it is reported once");
}

#[test]
fn an_empty_registry_is_written_again() {
    let sandbox = imported();
    let before = read(sandbox.file("tenants.json"));
    fs::write(sandbox.file("tenants.json"), "").expect("the file can be written");
    sandbox.say("cloud tenant list").ok();
    assert_eq!(read(sandbox.file("tenants.json")), before);
}

#[test]
fn an_edit_by_hand_is_reported_recorded_and_kept_never_lost() {
    let sandbox = imported();
    let before = read(sandbox.file("tenants.json"));
    let edited = before.replace("my-project-prod", "my-project-live");
    fs::write(sandbox.file("tenants.json"), &edited).expect("the file can be written");
    assert_data_eq!(
        sandbox.say("cloud tenant select my-project").ok().transcript(),
        str![[r#"
$ systemprompt cloud tenant select my-project
selected tenant `my-project` ([ID])
give it a profile:       systemprompt cloud profile create local
! note: `tenants.json` was edited by hand; it is rebuilt from the log, and the edited one is kept as [SANDBOX]/project/.systemprompt/tenants.edited-[DIGEST].json

"#]]
    );
    assert_eq!(read(sandbox.file("tenants.json")), before);
    let aside = named(&sandbox, "tenants.edited-");
    assert_eq!(aside.iter().map(read).collect::<Vec<_>>(), [edited.as_str()]);
    let log = sandbox.say("history log --json").ok().data();
    let recorded = log["events"].as_array().expect("events").iter().any(|event| event["type"] == "HandEditKept");
    assert!(recorded, "{:?}", sandbox.say("history log").stdout);

    // The same edit again, and another: neither overwrites what was kept.
    fs::write(sandbox.file("tenants.json"), &edited).expect("the file can be written");
    sandbox.say("cloud tenant list").ok();
    fs::write(sandbox.file("tenants.json"), "{}").expect("the file can be written");
    sandbox.say("cloud tenant list").ok();
    let aside: BTreeSet<_> = named(&sandbox, "tenants.edited-").iter().map(read).collect();
    assert_eq!(aside, BTreeSet::from([edited, "{}".to_owned()]));
    sandbox.say("history verify").ok();
}

#[test]
fn what_another_program_left_is_taken_in_and_what_cannot_be_is_named_and_kept() {
    let registry = json!({
        "tenants": [
            { "id": "local_19bff27604c", "name": "good", "tenant_type": "local", "database_url": "postgres://a:b@localhost/c", "colour": "blue", "nested": { "deep": [1, 2] } },
            { "id": "local_19bff27604d", "name": "good", "tenant_type": "local" },
            { "id": "local_19bff27604c", "name": "same-id", "tenant_type": "local" },
            { "id": "../../etc", "name": "bad-id", "tenant_type": "local" },
            { "id": "local_19bff27604e", "name": "Bad Name\u{1b}[31m", "tenant_type": "local" },
            { "id": "local_19bff27604f", "name": "bad-type", "tenant_type": "marsian" },
            { "name": "no-id", "tenant_type": "local" },
            { "id": "local_19bff276050", "name": "wrong-types", "tenant_type": "local", "database_url": 7 },
            "not even an object",
            { "id": "local_19bff276051", "name": "last", "tenant_type": "cloud", "region": "iad" },
        ],
        "synced_at": "yesterday",
        "version": 3,
    });
    let text = registry.to_string();
    let sandbox = Sandbox::with_registry(&text);
    let listed = sandbox.say("cloud tenant list").ok();
    for renamed in ["good-2", "bad-name-31m"] {
        assert!(listed.stderr.contains(renamed), "that a name was changed is not said: {}", listed.whole());
    }
    assert_data_eq!(listed.transcript(), file!["expected/registry/what_another_program_left.txt"]);
    let kept = named(&sandbox, "tenants.imported-");
    assert_eq!(kept.iter().map(read).collect::<Vec<_>>(), [text], "the file as it was");

    let after: Value = serde_json::from_str(&read(sandbox.file("tenants.json"))).expect("a registry is JSON");
    let good = &after["tenants"][0];
    assert_eq!((&good["colour"], &good["nested"]), (&json!("blue"), &json!({ "deep": [1, 2] })), "{after:#}");
    assert_eq!(sandbox.say("cloud tenant list").ok().stderr, "", "it is reported once");
    sandbox.say("history verify").ok();
    sandbox.say("history rebuild").ok();
}

#[test]
fn what_is_no_registry_at_all_is_kept_and_said() {
    for (text, _what) in [
        ("not json", "text"),
        ("[]", "a list"),
        ("{\"tenants\": 7}", "no list"),
        ("", "nothing"),
        ("\u{0}\u{1}", "bytes"),
    ] {
        let sandbox = Sandbox::with_registry(text);
        let output = sandbox.say("cloud tenant list").ok();
        assert!(output.stderr.contains("tenants.json"), "{}", output.whole());
        let kept: Vec<_> = named(&sandbox, "tenants.imported-").iter().map(read).collect();
        assert_eq!(kept, [text], "{}", output.whole());
        sandbox.say("history verify").ok();
    }
}

#[test]
fn what_holds_secrets_is_for_its_owner_alone_from_import_on() {
    let sandbox = imported();
    fs::write(sandbox.file("tenants.json"), "{}").expect("the file can be written");
    sandbox.say("cloud tenant select my-project").ok();
    for file in Sandbox::files_below(&sandbox.file("")).into_iter().chain(Sandbox::files_below(&sandbox.data())) {
        let mode = fs::metadata(&file).expect("the file is there").permissions().mode() & 0o777;
        let is_lock = file.components().any(|part| part.as_os_str() == "locks");
        assert!(mode == 0o600 || is_lock, "{}: {mode:o}", file.display());
    }
    let mode = fs::metadata(sandbox.data().join("vault")).expect("the vault is there").permissions().mode() & 0o777;
    assert_eq!(mode, 0o700);
}

/// Runs a command that is killed at its nth call of one kind. False when it made fewer.
pub(crate) fn killed(sandbox: &Sandbox, line: &str, call: &str, nth: usize) -> bool {
    disturbed(sandbox, line, call, "signal=KILL", nth)
}

/// Runs a command whose nth call of one kind is disturbed. False when that did not keep it from its work.
fn disturbed(sandbox: &Sandbox, line: &str, call: &str, fault: &str, nth: usize) -> bool {
    let fault = format!("inject={call}:{fault}:when={nth}");
    let program = binary().display().to_string();
    let words =
        ["-f", "-qq", "-o", "/dev/null", "-e", &format!("trace={call}"), "-e", &fault, &program].map(str::to_owned);
    let words = words.into_iter().chain(line.split_whitespace().map(str::to_owned));
    sandbox.start(sandbox.prepare(Command::new("strace"), words)).end().code != 0
}

/// Calls that change files; each of them may be the last.
pub(crate) const CALLS: [&str; 3] = ["rename", "pwrite64", "fdatasync"];

#[test]
fn an_edit_by_hand_is_neither_lost_nor_kept_silently_wherever_a_command_is_killed() {
    if Command::new("strace").arg("--version").output().is_err() {
        let test = "an_edit_by_hand_is_neither_lost_nor_kept_silently_wherever_a_command_is_killed";
        return skip(test, "strace is missing; run `cargo xtask setup`");
    }
    let mut kills = 0;
    for call in CALLS {
        for nth in 1..=8 {
            let sandbox = imported();
            let before = read(sandbox.file("tenants.json"));
            let edited = before.replace("my-project-prod", "my-project-live");
            fs::write(sandbox.file("tenants.json"), &edited).expect("the file can be written");
            if !killed(&sandbox, "cloud tenant list", call, nth) {
                break;
            }
            kills += 1;
            let was_replaced = read(sandbox.file("tenants.json")) == before;
            let after = sandbox.say("cloud tenant list").ok();
            // Either the edit was still there, and is reported now, or it was replaced after its record.
            let is_reported = after.stderr.contains("was edited by hand");
            assert!(is_reported || was_replaced, "{call} {nth}: {}", after.whole());
            let kept: Vec<_> = named(&sandbox, "tenants.edited-").iter().map(read).collect();
            assert_eq!(kept, [edited.as_str()], "{call} {nth}");
            let log = sandbox.say("history log --json").ok().data();
            let mut events = log["events"].as_array().into_iter().flatten();
            assert!(events.any(|event| event["type"] == "HandEditKept"), "{call} {nth}");
            assert_eq!(read(sandbox.file("tenants.json")), before, "{call} {nth}");
            assert_eq!(sandbox.say("cloud tenant list").ok().stderr, "", "{call} {nth}");
        }
    }
    assert!(kills > 5, "{kills} kills");
}

#[test]
fn what_another_program_left_is_taken_in_once_wherever_a_command_is_killed() {
    if Command::new("strace").arg("--version").output().is_err() {
        let test = "what_another_program_left_is_taken_in_once_wherever_a_command_is_killed";
        return skip(test, "strace is missing; run `cargo xtask setup`");
    }
    let mut kills = 0;
    for call in CALLS {
        for nth in 1..=12 {
            let sandbox = Sandbox::with_registry(seed::REGISTRY);
            if !killed(&sandbox, "cloud tenant list", call, nth) {
                break;
            }
            kills += 1;
            let after = sandbox.say("cloud tenant list").ok();
            assert!(!after.stderr.contains("edited by hand"), "{call} {nth}: {}", after.whole());
            assert_eq!(sandbox.say("cloud tenant list --json").ok().data()["total"], 2, "{call} {nth}");
            assert_eq!(named(&sandbox, "tenants.edited-"), Vec::<PathBuf>::new(), "{call} {nth}");
            let kept: Vec<_> = named(&sandbox, "tenants.imported-").iter().map(read).collect();
            assert_eq!(kept, [seed::REGISTRY], "{call} {nth}");
        }
    }
    assert!(kills > 5, "{kills} kills");
}

#[test]
fn a_disk_that_fails_while_a_log_is_made_leaves_none_or_a_whole_one() {
    if Command::new("strace").arg("--version").output().is_err() {
        let test = "a_disk_that_fails_while_a_log_is_made_leaves_none_or_a_whole_one";
        return skip(test, "strace is missing; run `cargo xtask setup`");
    }
    let mut failures = 0;
    for call in ["pwrite64", "fsync", "fdatasync"] {
        for nth in 1..=12 {
            let sandbox = Sandbox::with_registry(seed::REGISTRY);
            failures += usize::from(disturbed(&sandbox, "cloud tenant list", call, "error=EIO", nth));
            assert_eq!(sandbox.say("cloud tenant list --json").ok().data()["total"], 2, "{call} {nth}");
            sandbox.say("history verify").ok();
        }
    }
    assert!(failures > 5, "{failures} failures");
}

#[test]
fn a_note_that_a_power_cut_took_away_is_not_taken_for_an_edit() {
    let sandbox = imported();
    let before = read(sandbox.file("tenants.json"));
    let log = sandbox.file("log.db");
    let status = Command::new("sqlite3").arg(&log).arg("DELETE FROM files").status();
    assert!(status.expect("sqlite3 is here").success());
    assert_eq!(sandbox.say("cloud tenant list").ok().stderr, "");
    assert_eq!((named(&sandbox, "tenants.edited-"), read(sandbox.file("tenants.json"))), (vec![], before));
}

#[test]
fn bytes_that_are_no_text_are_kept_as_they_are() {
    let sandbox = Sandbox::with_registry("");
    let bytes = b"{\"tenants\": [\"\xff\xfe\"]}";
    fs::write(sandbox.file("tenants.json"), bytes).expect("the file can be written");
    let output = sandbox.say("cloud tenant list").ok();
    assert!(output.stderr.contains("is not a registry"), "{}", output.whole());
    let kept: Vec<_> =
        named(&sandbox, "tenants.imported-").iter().map(|path| fs::read(path).expect("a file")).collect();
    assert_eq!(kept, [bytes]);
}
