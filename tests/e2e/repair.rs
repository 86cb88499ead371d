//! A damaged log: what verifies of it goes on in a new one, what is lost is named, and the damaged file is kept.

use std::fs;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use systemprompt_tests::{LogFile, Sandbox, assert_data_eq, seed, str};

use crate::exchange::long;

/// Bytes of a page.
const PAGE: u64 = 4096;

/// A log of one file, with servers behind none of its tenants.
fn quiet() -> Sandbox {
    let sandbox = Sandbox::with_registry(seed::REGISTRY);
    sandbox.say("cloud tenant select my-project").ok();
    sandbox.say("cloud profile create local").ok();
    into_one_file(&sandbox);
    sandbox
}

/// A log of so many events.
fn long_log(events: u64) -> Sandbox {
    let (sandbox, source) = (Sandbox::new(), quiet());
    let export = source.say("history export").ok().stdout;
    let path = sandbox.root().join("long.ndjson");
    fs::write(&path, long::lengthened(&export, events)).expect("a file can be written");
    sandbox.say(&format!("history import {}", path.display())).ok();
    into_one_file(&sandbox);
    sandbox
}

fn into_one_file(sandbox: &Sandbox) {
    LogFile::open(&sandbox.file("log.db")).close();
}

fn meddle(sandbox: &Sandbox, sql: &str) {
    let mut log = LogFile::open(&sandbox.file("log.db"));
    log.drop_triggers();
    log.run(sql);
    log.close();
}

/// The events, as texts.
fn events(sandbox: &Sandbox) -> Vec<String> {
    let columns = "concat_ws('|', position, hex(id), stream, version, type, schema, time, actor, host, cli, command, \
        hex(command_id), hex(correlation_id), hex(causation_id), payload, hex(hash))";
    LogFile::open(&sandbox.file("log.db")).texts(&format!("select {columns} from events order by position"))
}

/// Positions of what verifying finds.
fn fault_positions(sandbox: &Sandbox) -> Vec<Value> {
    let verified = sandbox.say("history verify --json").exits(1);
    let faults = verified.data()["faults"].clone();
    faults.as_array().expect("a list").iter().map(|fault| fault["position"].clone()).collect()
}

#[test]
fn a_head_that_names_more_events_than_any_file_holds_does_not_keep_repair_from_ending() {
    let sandbox = quiet();
    let before = events(&sandbox);
    meddle(&sandbox, "update chain set position = position + 140737488355328");
    let repaired = sandbox.say("history repair --yes --json");
    assert!(matches!(repaired.code, 0 | 1), "{}", repaired.whole());
    assert_eq!(events(&sandbox), before, "no event is lost");
    sandbox.say("history verify").ok();
}

/// Not what `SQLite` keeps beside it.
fn is_kept_log(name: &str) -> bool {
    name.starts_with("log.damaged-") && Path::new(name).extension().is_some_and(|extension| extension == "db")
}

/// The damaged log that a repair kept.
fn kept(sandbox: &Sandbox) -> Vec<PathBuf> {
    let is_kept = |path: &PathBuf| path.file_name().is_some_and(|name| is_kept_log(&name.to_string_lossy()));
    Sandbox::files_below(&sandbox.file("")).into_iter().filter(is_kept).collect()
}

#[test]
fn of_a_changed_event_and_what_follows_the_rest_is_kept_and_everything_is_said() {
    let sandbox = quiet();
    let before = events(&sandbox);
    meddle(&sandbox, "update events set actor = 'somebody else' where position = 5");
    let damaged = fs::read(sandbox.file("log.db")).expect("the log is there");
    assert_eq!(fault_positions(&sandbox)[0], 5);
    assert_data_eq!(
        sandbox.say("history repair --yes").ok().transcript(),
        str![[r#"
$ systemprompt history repair --yes
kept: events 1 to 4, as they were recorded
lost: events 5 to 11: the event is not what was written here
  events 6 to 11 can still be read in the damaged log, and cannot follow what is lost
  no checkpoint that can be read covers it
the repaired log is in place; the damaged one is kept as [SANDBOX]/project/.systemprompt/log.damaged-[..].db

"#]]
    );
    assert_eq!(events(&sandbox), before[..4]);
    let kept = kept(&sandbox);
    assert_eq!(kept.len(), 1, "{kept:?}");
    assert_eq!(fs::read(&kept[0]).ok(), Some(damaged), "the damaged log is as it was");
    sandbox.say("history verify").ok();
    sandbox.say("cloud tenant list").ok();
    sandbox.say("cloud tenant select my-project-prod").ok();
    sandbox.say("history verify").ok();
}

#[test]
fn without_a_confirmation_the_damaged_log_stays_in_place() {
    let sandbox = quiet();
    meddle(&sandbox, "update events set actor = 'somebody else' where position = 5");
    let damaged = fs::read(sandbox.file("log.db")).expect("the log is there");
    let report = sandbox.say("history repair --json").exits(1).data();
    assert_eq!((&report["in_place"], &report["kept"]), (&false.into(), &Value::Null));
    assert_eq!((&report["lost"]["from"], &report["head"]["position"]), (&5.into(), &4.into()));
    assert_eq!(report["file"], sandbox.file("log.repaired.db").display().to_string());
    sandbox.say("history repair --output mine.db").ok();
    assert_eq!(sandbox.say("history repair --output mine.db --json").exits(4).error_code(), "output-exists");
    assert_eq!(fs::read(sandbox.file("log.db")).ok(), Some(damaged));
    sandbox.say("history repair --yes").ok();
    assert!(!sandbox.file("log.repaired.db").exists());
    assert_eq!(events(&sandbox).len(), 4);
}

#[test]
fn a_log_that_is_in_order_is_not_touched() {
    let sandbox = quiet();
    let before = fs::read(sandbox.file("log.db")).expect("the log is there");
    assert_data_eq!(
        sandbox.say("history repair --yes").ok().transcript(),
        str![[r#"
$ systemprompt history repair --yes
ok: there is nothing to repair

"#]]
    );
    meddle(&sandbox, "update tenants set name = 'other' where name = 'my-project-prod'");
    assert_data_eq!(
        sandbox.say("history repair --yes").ok().transcript(),
        str![[r#"
$ systemprompt history repair --yes
every event is as it was recorded; `systemprompt history rebuild` mends the rest

"#]]
    );
    sandbox.say("history rebuild").ok();
    assert_eq!(sandbox.say("history repair --json").ok().data()["repaired"], false);
    assert_eq!(Some(before.len()), fs::read(sandbox.file("log.db")).ok().map(|log| log.len()));
    assert_eq!(kept(&sandbox), Vec::<PathBuf>::new());
}

#[test]
fn a_missing_table_beside_the_events_costs_no_event() {
    for table in ["chain", "receipts", "kinds", "files", "tenants", "projections"] {
        let sandbox = quiet();
        let before = events(&sandbox);
        meddle(&sandbox, &format!("drop table {table}"));
        let report = sandbox.say("history repair --yes --json").ok().data();
        if report["repaired"] == true {
            assert_eq!(report["lost"], Value::Null, "{table}: {report}");
        } else {
            sandbox.say("history rebuild").ok();
        }
        assert_eq!(events(&sandbox), before, "{table}");
        sandbox.say("history verify").ok();
        sandbox.say("cloud tenant select my-project-prod").ok();
    }
}

#[test]
fn of_a_file_that_was_cut_short_everything_before_the_cut_is_kept() {
    let whole = long_log(2_000);
    let before = events(&whole);
    let content = fs::read(whole.file("log.db")).expect("the log is there");
    for parts in [2, 3] {
        let length = content.len() / 4 * parts - 100;
        fs::write(whole.file("log.db"), &content[..length]).expect("the file can be written");
        let report = whole.say("history repair --output repaired.db --json").ok().data();
        let end = report["head"]["position"].as_u64().expect("something is kept");
        assert_eq!(report["lost"]["from"], end + 1, "{report}");
        assert_eq!(report["lost"]["to"], 2_000, "{report}");
        let repaired = whole.project().join("repaired.db");
        let kept = LogFile::open(&repaired).texts("select hex(hash) from events order by position");
        let expected: Vec<_> = before.iter().filter_map(|event| event.rsplit('|').next()).map(str::to_owned).collect();
        assert!(end > 0 && kept == expected[..kept.len()] && kept.len() as u64 == end, "{end}");
        fs::remove_file(repaired).expect("the file is there");
    }
}

#[test]
fn of_a_file_with_bad_pages_the_beginning_is_kept_and_what_can_be_read_beyond_is_named() {
    let sandbox = long_log(2_000);
    let before = events(&sandbox);
    let mut log = LogFile::open(&sandbox.file("log.db"));
    let page = log.number(
        "select pageno from dbstat where name = 'events' and pagetype = 'leaf' order by path limit 1 offset 40",
    );
    log.close();
    let file = fs::File::options().write(true).open(sandbox.file("log.db")).expect("the log is there");
    file.write_all_at(&vec![0xa5; usize::try_from(PAGE).expect("a page is small")], (page.cast_unsigned() - 1) * PAGE)
        .expect("a page can be written");
    sandbox.say("history verify").exits(1);
    let report = sandbox.say("history repair --yes --json").ok().data();
    let (end, lost) = (report["head"]["position"].as_u64().expect("something is kept"), &report["lost"]);
    assert!(end > 100, "{report}");
    assert_eq!((&lost["from"], &lost["to"]), (&(end + 1).into(), &2_000.into()), "{report}");
    let readable = lost["readable"].as_array().expect("a list");
    assert_eq!(readable.len(), 1, "{report}");
    assert!(readable[0]["from"].as_u64().is_some_and(|from| from > end && from < end + 30), "{report}");
    assert_eq!(readable[0]["to"], 2_000);
    assert_eq!(events(&sandbox), before[..end.try_into().expect("it is small")]);
    sandbox.say("history verify").ok();
}

#[test]
fn a_tail_that_is_missing_is_lost_and_nothing_else() {
    let sandbox = quiet();
    let count = events(&sandbox).len();
    meddle(&sandbox, &format!("delete from events where position > {}", count - 2));
    let report = sandbox.say("history repair --yes --json").ok().data();
    assert_eq!(report["lost"]["from"], count - 1, "{report}");
    assert_eq!(report["lost"]["to"], count, "{report}");
    assert_eq!(events(&sandbox).len(), count - 2);
    sandbox.say("history verify").ok();
}

#[test]
fn repairing_agrees_with_verifying_about_the_first_damaged_event() {
    for (position, change) in [
        (2, "payload = replace(payload, '0', '1')"),
        (3, "hash = zeroblob(32)"),
        (4, "time = time + 1"),
        (6, "payload = CAST(x'ff' AS TEXT)"),
        (7, "id = zeroblob(16)"),
        (8, "version = 77"),
    ] {
        let sandbox = quiet();
        meddle(&sandbox, &format!("update events set {change} where position = {position}"));
        let first = fault_positions(&sandbox)[0].clone();
        let report = sandbox.say("history repair --json").exits(1).data();
        assert_eq!((&first, &report["lost"]["from"]), (&position.into(), &position.into()), "{change}: {report}");
        // What follows a row that is none cannot be told from something that was changed.
        let next = if change.contains("CAST") { position + 2 } else { position + 1 };
        let after = json!([{ "from": next, "to": report["lost"]["to"] }]);
        assert_eq!(report["lost"]["readable"], after, "{change}: {report}");
    }
}

#[test]
fn where_not_even_the_first_event_is_good_nothing_is_put_in_its_place() {
    let sandbox = quiet();
    meddle(&sandbox, "update events set time = 0 where position = 1");
    let damaged = fs::read(sandbox.file("log.db")).expect("the log is there");
    assert_data_eq!(
        sandbox.say("history repair --yes").exits(1).transcript(),
        str![[r#"
$ systemprompt history repair --yes
! error: no event of the log can be read as it was recorded, not even the first
!   caused by: the event is not what was written here
! help: nothing was changed; bring back a copy of the log, or import an export of it into a new directory
! hint: run `systemprompt history import <file> --project <directory>`
? 1

"#]]
    );
    assert_eq!(fs::read(sandbox.file("log.db")).ok(), Some(damaged));
    assert_eq!(kept(&sandbox), Vec::<PathBuf>::new());
    assert!(!sandbox.file("log.repaired.db").exists());
    fs::write(sandbox.file("log.db"), "what is this? ".repeat(1000)).expect("the file can be written");
    sandbox.say("history repair --yes --json").exits(1);
}

#[test]
fn a_log_from_a_newer_version_is_not_damaged() {
    let sandbox = quiet();
    meddle(&sandbox, "update events set type = 'TenantTeleported' where position = 1");
    let mut log = LogFile::open(&sandbox.file("log.db"));
    log.run("pragma user_version = 2");
    log.close();
    let before = fs::read(sandbox.file("log.db")).expect("the log is there");
    assert_eq!(sandbox.say("history repair --yes --json").exits(4).error_code(), "log-newer");
    assert_eq!(fs::read(sandbox.file("log.db")).ok(), Some(before));
}
