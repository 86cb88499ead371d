//! A history as a file: exported in each form, taken in elsewhere byte for byte, and what is refused.

mod interrupted;
pub(crate) mod long;
mod refused;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use systemprompt_tests::{LogFile, Output, Sandbox, assert_data_eq, seed, str, until};

use crate::hostile::plugin::{creation, sandbox as with_plugin};

const FORMATS: [&str; 3] = ["ndjson", "cloudevents", "cloudevents-batch"];

/// A history without servers behind it.
fn quiet() -> Sandbox {
    let sandbox = Sandbox::with_registry(seed::REGISTRY);
    sandbox.say("cloud tenant select my-project").ok();
    sandbox.say("cloud profile create local").ok();
    sandbox
}

/// A directory in which nothing happened yet.
fn empty(sandbox: &Sandbox, name: &str) -> PathBuf {
    let dir = sandbox.root().join(name);
    fs::create_dir(&dir).expect("a directory can be made");
    dir
}

fn exported(sandbox: &Sandbox, line: &str) -> String {
    sandbox.say(&format!("history export {line}")).ok().stdout
}

fn file(sandbox: &Sandbox, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
    let path = sandbox.root().join(name);
    fs::write(&path, content).expect("a file can be written");
    path
}

fn import(sandbox: &Sandbox, file: &Path, into: &Path) -> Output {
    sandbox.say(&format!("history import {} --project {}", file.display(), into.display()))
}

fn import_json(sandbox: &Sandbox, file: &Path, into: &Path) -> Output {
    sandbox.say(&format!("history import {} --project {} --json", file.display(), into.display()))
}

#[test]
fn a_history_is_taken_in_elsewhere_byte_for_byte_in_each_form() {
    let sandbox = quiet();
    let original = exported(&sandbox, "");
    let verify = |there: &str| {
        let mut data = sandbox.say(&format!("history verify --json {there}")).ok().data();
        // Keys do not travel with a history.
        let sealed = data.as_object_mut().and_then(|data| data.remove("sealed"));
        assert!(sealed.is_some(), "{data}");
        data
    };
    let verified = verify("");
    for format in FORMATS {
        let path = file(&sandbox, format, exported(&sandbox, &format!("--format {format}")));
        let elsewhere = empty(&sandbox, &format!("from-{format}"));
        let imported = import_json(&sandbox, &path, &elsewhere).ok().data();
        assert_eq!(imported["format"], format);
        assert_eq!(imported["head"], verified["head"], "{format}");
        let there = format!("--project {}", elsewhere.display());
        assert_eq!(exported(&sandbox, &there), original, "{format}");
        assert_eq!(verify(&there), verified, "{format}");
        let list = |there: &str| sandbox.say(&format!("cloud tenant list --json {there}")).ok().data();
        assert_eq!(list(&there), list(""), "{format}");
        assert_eq!(exported(&sandbox, &there), original, "looking at it adds no event");
    }
}

#[test]
fn what_was_taken_in_is_said_and_again_it_is_passed_over() {
    let sandbox = quiet();
    let path = file(&sandbox, "history.ndjson", exported(&sandbox, ""));
    let elsewhere = empty(&sandbox, "elsewhere");
    assert_data_eq!(
        import(&sandbox, &path, &elsewhere).ok().transcript(),
        str![[r#"
$ systemprompt history import [SANDBOX]/history.ndjson --project [SANDBOX]/elsewhere
imported 11 of 11 events of log [UUID]
  it can be looked at, and changes nothing outside until `systemprompt history claim`
head: [HASH]
! note: sessions/index.json and the like are left as they are: this user has no key to what they hold

"#]]
    );
    assert_data_eq!(
        import(&sandbox, &path, &elsewhere).ok().transcript(),
        str![[r#"
$ systemprompt history import [SANDBOX]/history.ndjson --project [SANDBOX]/elsewhere
imported 0 of 11 events of log [UUID]
  11 were here already
  it can be looked at, and changes nothing outside until `systemprompt history claim`
head: [HASH]
! note: sessions/index.json and the like are left as they are: this user has no key to what they hold

"#]]
    );
}

#[test]
fn a_part_follows_what_is_there_and_nothing_else() {
    let sandbox = quiet();
    let whole = exported(&sandbox, "");
    let first = file(&sandbox, "first", exported(&sandbox, "--to 5"));
    let rest = file(&sandbox, "rest", exported(&sandbox, "--from 4 --format cloudevents"));
    let elsewhere = empty(&sandbox, "elsewhere");
    assert_eq!(import_json(&sandbox, &rest, &elsewhere).exits(4).error_code(), "import-gap");
    assert!(!elsewhere.join(".systemprompt").exists(), "nothing is left of what was refused");
    import(&sandbox, &first, &elsewhere).ok();
    let imported = import_json(&sandbox, &rest, &elsewhere).ok().data();
    assert_eq!((&imported["known"], &imported["acts"]), (&2.into(), &false.into()));
    let there = format!("--project {}", elsewhere.display());
    assert_eq!(exported(&sandbox, &there), whole);
    sandbox.say(&format!("history verify {there}")).ok();
}

#[test]
fn an_imported_history_acts_on_nothing_until_it_is_claimed() {
    let sandbox = with_plugin();
    sandbox.say(&creation("honest")).ok();
    let path = file(&sandbox, "history.ndjson", exported(&sandbox, ""));
    // As on a machine that never heard of the original.
    fs::rename(sandbox.project(), sandbox.root().join("gone")).expect("a directory can be renamed");
    let elsewhere = sandbox.project();
    fs::create_dir(&elsewhere).expect("a directory can be made");
    import(&sandbox, &path, &elsewhere).ok();
    sandbox.say("cloud tenant list").ok();
    assert_data_eq!(
        sandbox.say("cloud tenant delete x -y").transcript(),
        str![[r#"
$ systemprompt cloud tenant delete x -y
! note: tenant `x` ([ID]), named on the command line
! error: this history was imported, and what it came from may still act on the same databases
! help: nothing was done; make this directory the one that acts if the other one never will again
! hint: run `systemprompt history claim`
? 4

"#]]
    );
    sandbox.say("history claim --yes").ok();
    sandbox.say("cloud tenant delete x -y").ok();
    // Bringing a backup back into its own project takes nothing away from it.
    let original = sandbox.root().join("gone");
    let known = import_json(&sandbox, &path, &original).ok().data();
    assert_eq!((&known["imported"], &known["acts"]), (&0.into(), &true.into()));
}

#[test]
fn an_export_is_for_its_owner_alone_and_replaces_nothing_unasked() {
    let sandbox = quiet();
    let path = sandbox.project().join("history.ndjson");
    assert_data_eq!(
        sandbox.session(&[
            "history export --output history.ndjson",
            "history export --output history.ndjson",
            "history export --output history.ndjson --force --redact --from 2 --to 3",
            "history export --output .systemprompt --force",
            "history export --from 9 --to 8",
            "history export --to 1000",
        ]),
        str![[r#"
$ systemprompt history export --output history.ndjson
wrote 11 events, 1 to 11, to [SANDBOX]/project/history.ndjson (ndjson)
head: [HASH]
$ systemprompt history export --output history.ndjson
! error: [SANDBOX]/project/history.ndjson is there already
! help: nothing was written; name another file, or add `--force` to replace this one
? 4
$ systemprompt history export --output history.ndjson --force --redact --from 2 --to 3
wrote 2 events, 2 to 3, to [SANDBOX]/project/history.ndjson (ndjson, redacted)
head: [HASH]
$ systemprompt history export --output .systemprompt --force
! error: [SANDBOX]/project/.systemprompt is not a regular file
! help: nothing was written; without `--output` the answer goes to standard output
? 4
$ systemprompt history export --from 9 --to 8
! error: there are no positions from 9 to 8: the log ends at 11
! hint: run `systemprompt history log`
? 2
$ systemprompt history export --to 1000
! error: there are no positions from 1 to 1000: the log ends at 11
! hint: run `systemprompt history log`
? 2

"#]]
    );
    let mode = fs::metadata(&path).expect("the file is there").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let data = sandbox.say("history export --output other.json --format cloudevents-batch --json").ok().data();
    let content = fs::read(sandbox.project().join("other.json")).expect("the file is there");
    assert_eq!(data["bytes"], content.len());
    assert_eq!(sandbox.say("history export --json").exits(2).error_code(), "output-missing");
}

#[test]
fn a_redacted_export_says_nothing_of_who_and_where_and_no_secret() {
    let sandbox = quiet();
    let whole = exported(&sandbox, "");
    let actor = sandbox.say("history log -n 1 --json").ok().data()["events"][0]["actor"].clone();
    let actor = actor.as_str().expect("a text").to_owned();
    assert!(whole.contains(&actor), "there is something to hide");
    for format in FORMATS {
        let redacted = exported(&sandbox, &format!("--redact --format {format}"));
        // In quotes: a short name may be part of anything.
        let host = format!("\"{}\"", rustix::system::uname().nodename().to_string_lossy());
        for private in ["tester", "root (uid", "localdev", "sp_sync_abc123", "internal-db:", "tenant_id: ", &host] {
            assert!(!redacted.contains(private), "{format}: {private} is in\n{redacted}");
        }
        assert!(redacted.contains("my-project-prod"), "what is called how stays");
    }
}

#[test]
fn who_stops_reading_has_what_they_wanted() {
    let sandbox = quiet();
    let line = format!("{} history export | head -n 1", systemprompt_tests::binary().display());
    let output = sandbox.start(sandbox.prepare(Command::new("sh"), ["-c", &line])).end().ok();
    assert_eq!((output.stdout.lines().count(), output.stderr.as_str()), (1, ""));
}

#[test]
fn nothing_is_exported_of_a_damaged_log_beyond_the_damage() {
    let sandbox = quiet();
    let mut log = LogFile::open(&sandbox.file("log.db"));
    log.drop_triggers();
    log.run("update events set actor = 'somebody else' where position = 4");
    log.close();
    let refused = sandbox.say("history export --output x --json").exits(1);
    assert_eq!(refused.error_code(), "log-damaged");
    assert!(refused.stdout.contains("position 4"), "{}", refused.whole());
    assert!(!sandbox.project().join("x").exists());
    sandbox.say("history export --to 3").ok();
}
