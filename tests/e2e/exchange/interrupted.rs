//! An import that is killed: before it writes, and while it does.

use super::*;

#[test]
fn an_import_that_is_killed_goes_on_where_it_was_committed() {
    const EVENTS: u64 = 60_000;
    let sandbox = quiet();
    let short = exported(&sandbox, "");
    let long = long::lengthened(&short, EVENTS);
    let path = file(&sandbox, "long.ndjson", &long);
    let elsewhere = empty(&sandbox, "elsewhere");
    let begun = import_json(&sandbox, &file(&sandbox, "short.ndjson", &short), &elsewhere).ok().data();
    let begun = begun["events"].as_u64().expect("it is a number");
    let there = format!("--project {}", elsewhere.display());
    let mut running = sandbox.spawn(format!("history import {} {there}", path.display()).split(' '));
    let imported = elsewhere.join(".systemprompt/log.db");
    let events = |log: &Path| LogFile::open(log).number("select count(*) from events");
    let there_are_more = || (events(&imported).cast_unsigned() > begun).then_some(());
    until("the first events to be committed", there_are_more);
    running.child.kill().expect("a child can be killed");
    running.end().exits(137);
    let committed = events(&imported).cast_unsigned();
    assert!(committed > begun && committed < EVENTS, "{committed} events were committed");
    let mut written = LogFile::open(&imported);
    let last = written.number(
        "select count(*) from events where command_id = (select command_id from events \
        where position = (select max(position) from events))",
    );
    written.close();
    assert_eq!(last, 3, "a request is there as a whole or not at all");
    sandbox.say(&format!("history verify {there}")).ok();
    // What is not whole cannot be made the one that acts.
    assert_eq!(sandbox.say(&format!("history claim --yes --json {there}")).exits(7).error_code(), "import-unfinished");
    let imported = import_json(&sandbox, &path, &elsewhere).ok().data();
    assert_eq!((&imported["events"], &imported["known"]), (&EVENTS.into(), &committed.into()));
    sandbox.say(&format!("history verify {there}")).ok();
    let output = sandbox.root().join("again.ndjson");
    sandbox.say(&format!("history export {there} --output {}", output.display())).ok();
    let again = fs::read_to_string(output).expect("the file is there");
    assert!(last_line(&again)["head"] == last_line(&long)["head"], "the head is the one that was exported");
    sandbox.say(&format!("history claim --yes {there}")).ok();
}

#[test]
fn an_import_that_is_killed_while_the_file_is_checked_changes_nothing() {
    let sandbox = quiet();
    let path = file(&sandbox, "long.ndjson", long::lengthened(&exported(&sandbox, ""), 60_000));
    let running = |project: &Path| {
        let line = format!("history import {} --project {}", path.display(), project.display());
        let mut running = sandbox.spawn(line.split(' '));
        let open_files = PathBuf::from(format!("/proc/{}/fd", running.child.id()));
        let reads = |entry: fs::DirEntry| fs::read_link(entry.path()).is_ok_and(|open| open == path);
        let is_read = || fs::read_dir(&open_files).ok()?.flatten().any(reads).then_some(());
        until("the file to be read", is_read);
        running.child.kill().expect("a child can be killed");
        running.end().exits(137);
    };
    let before = exported(&sandbox, "");
    running(&sandbox.project());
    assert!(!sandbox.file("imported").exists(), "it goes on acting for its history");
    assert_eq!(exported(&sandbox, ""), before);
    sandbox.say("history checkpoint").ok();
    // Where there was nothing, there is nothing still, and what comes next makes it.
    let elsewhere = empty(&sandbox, "elsewhere");
    running(&elsewhere);
    assert!(!elsewhere.join(".systemprompt/imported").exists());
    assert!(!elsewhere.join(".systemprompt/log.db").exists());
    import(&sandbox, &path, &elsewhere).ok();
}

#[test]
fn part_of_a_history_can_be_made_do_with_where_the_file_is_gone() {
    let sandbox = quiet();
    let path = file(&sandbox, "history.ndjson", exported(&sandbox, ""));
    let elsewhere = empty(&sandbox, "elsewhere");
    import(&sandbox, &path, &elsewhere).ok();
    // As a crash left it.
    fs::write(elsewhere.join(".systemprompt/imported"), "unfinished\n").expect("a file can be written");
    let there = format!("--project {}", elsewhere.display());
    let refused = sandbox.say(&format!("history checkpoint {there}")).exits(7);
    assert!(refused.stderr.contains("history claim --unfinished"), "{}", refused.whole());
    sandbox.say(&format!("history claim --yes {there}")).exits(7);
    sandbox.say(&format!("history claim --yes --unfinished {there}")).ok();
    sandbox.say(&format!("history checkpoint {there}")).ok();
}

fn last_line(file: &str) -> serde_json::Value {
    serde_json::from_str(file.lines().last().expect("there are lines")).expect("it is a document")
}

#[test]
fn of_two_imports_at_once_one_makes_the_log_and_the_other_says_what_is_there() {
    let sandbox = quiet();
    let whole = long::lengthened(&exported(&sandbox, ""), 20_000);
    let path = file(&sandbox, "long.ndjson", &whole);
    let cut = file(&sandbox, "cut.ndjson", &whole[..whole.len() - 70]);
    for other in [&path, &cut] {
        let elsewhere = empty(&sandbox, &format!("beside-{}", other.file_stem().unwrap_or_default().display()));
        let start = |file: &Path| {
            let line = format!("history import {} --project {}", file.display(), elsewhere.display());
            sandbox.spawn(line.split(' '))
        };
        let (first, second) = (start(&path), start(other));
        first.end().ok();
        let second = second.end();
        assert_eq!(second.code == 0, other == &path, "{}", second.whole());
        let there = format!("--project {}", elsewhere.display());
        sandbox.say(&format!("history verify {there}")).ok();
        let again = sandbox.root().join("again.ndjson");
        sandbox.say(&format!("history export {there} --output {}", again.display())).ok();
        let again = fs::read_to_string(again).expect("the file is there");
        assert!(last_line(&again)["head"] == last_line(&whole)["head"], "the head is the one that was exported");
        fs::remove_file(sandbox.root().join("again.ndjson")).expect("it can be removed");
    }
}

#[test]
fn a_backup_is_brought_back_beside_what_a_lost_log_left() {
    let sandbox = quiet();
    let path = file(&sandbox, "backup.ndjson", exported(&sandbox, ""));
    assert!(sandbox.file("log.db-wal").exists(), "what was written last is not in the log itself");
    fs::remove_file(sandbox.file("log.db")).expect("it can be removed");
    let refused = sandbox.say(&format!("history import {}", path.display())).exits(4);
    assert!(refused.stderr.contains("move `tenants.json` away"), "{}", refused.whole());
    fs::remove_file(sandbox.file("tenants.json")).expect("it can be removed");
    sandbox.say(&format!("history import {}", path.display())).ok();
    sandbox.say("history verify").ok();
    assert!(sandbox.file("log.db-wal.left").exists(), "what was written to the lost one is kept");
}
