//! The log in a bad state: changed behind our back, cut short, from the future, not writable.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use systemprompt_tests::{LogFile, Output, Sandbox, assert_data_eq, file, seed, str};

/// A log with five events and no servers behind it, all of it in one file.
pub(crate) fn quiet_log() -> Sandbox {
    let sandbox = Sandbox::with_registry(seed::REGISTRY);
    sandbox.say("cloud tenant select my-project").ok();
    LogFile::open(&sandbox.file("log.db")).close();
    sandbox
}

/// The same after somebody ran these statements on it.
fn meddled(sql: &str) -> Sandbox {
    let sandbox = quiet_log();
    let mut log = LogFile::open(&sandbox.file("log.db"));
    log.drop_triggers();
    log.run(sql);
    log.close();
    sandbox
}

/// Runs a command that changes something and holds that nothing was written.
#[track_caller]
fn refused(sandbox: &Sandbox, line: &str, code: i32) -> Output {
    let before = fs::read(sandbox.file("log.db")).expect("the log is there");
    let output = sandbox.say(line).exits(code);
    assert_eq!(fs::read(sandbox.file("log.db")).ok(), Some(before), "the log was written to\n{}", output.whole());
    let pending = fs::metadata(sandbox.file("log.db-wal")).map_or(0, |wal| wal.len());
    assert_eq!(pending, 0, "something waits to be written\n{}", output.whole());
    output
}

#[test]
fn a_changed_byte_in_an_event_is_named_with_its_position() {
    let sandbox = meddled("update events set payload = replace(payload, 'my-project-prod', 'my-project-prot')");
    assert_data_eq!(
        sandbox.say("history verify").exits(1).transcript(),
        str![[r#"
$ systemprompt history verify
damaged: 2 faults in 8 events
  position 4: the event is not what was written here
  log: table `tenants` is not what follows from the events
head: [HASH]
? 1

"#]]
    );
    let faults = sandbox.say("history verify --json").exits(1).data()["faults"].clone();
    let mut log = LogFile::open(&sandbox.file("log.db"));
    let position = log.number("select position from events where payload like '%my-project-prot%'");
    assert_eq!(faults[0]["position"], position, "{faults}");
    assert_eq!(faults[0]["kind"], "hash", "{faults}");
    log.close();
}

#[test]
fn what_somebody_changed_is_not_added_to() {
    for sql in [
        // The stream that is to be changed, then another one.
        "update events set payload = replace(payload, '0', '1') where stream = 'project' and position = 1",
        "update events set payload = replace(payload, 'my-project-prod', 'my-project-prot')",
        "delete from events where position = 2",
    ] {
        refused(&meddled(sql), "cloud tenant select my-project-prod", 1);
    }
}

#[test]
fn every_column_of_an_event_is_under_the_hash() {
    for (column, change) in [
        ("id", "id = zeroblob(16)"),
        ("stream", "stream = 'tenant/x'"),
        ("version", "version = 9"),
        ("type", "type = 'TenantDeleted'"),
        ("schema", "schema = 2"),
        ("time", "time = time + 1"),
        ("actor", "actor = 'somebody else'"),
        ("host", "host = 'elsewhere'"),
        ("cli", "cli = 'another'"),
        ("command", "command = '[]'"),
        ("command_id", "command_id = zeroblob(16)"),
        ("correlation_id", "correlation_id = zeroblob(16)"),
        ("causation_id", "causation_id = zeroblob(16)"),
        ("payload", "payload = '{}'"),
        ("hash", "hash = zeroblob(32)"),
    ] {
        let sandbox = meddled(&format!("update events set {change} where position = 2"));
        let faults = sandbox.say("history verify --json").exits(1).data()["faults"].clone();
        let named = faults.as_array().expect("faults").iter().any(|fault| fault["position"] == 2);
        assert!(named, "{column}: {faults}");
    }
}

#[test]
fn a_missing_event_an_added_one_and_a_cut_end_are_named() {
    let added = "insert into events select (select max(position) + 1 from events), zeroblob(16), stream, version + 90, \
                 type, schema, time, actor, host, cli, command, command_id, correlation_id, causation_id, payload, hash \
                 from events where position = 1";
    for (sql, kind) in [
        ("delete from events where position = 2", "gap"),
        ("delete from events where position = (select max(position) from events)", "head"),
        (added, "hash"),
    ] {
        let sandbox = meddled(sql);
        let faults = sandbox.say("history verify --json").exits(1).data()["faults"].clone();
        let kinds: Vec<_> = faults.as_array().expect("faults").iter().map(|fault| fault["kind"].clone()).collect();
        assert!(kinds.contains(&kind.into()), "{sql}: {faults}");
        if kind != "gap" {
            // The end is looked at by every change.
            refused(&sandbox, "cloud tenant select my-project-prod", 1);
        }
    }
}

#[test]
fn a_projection_that_somebody_changed_is_found_and_rebuilt() {
    let sandbox = meddled("update tenants set name = 'other' where name = 'my-project-prod'");
    sandbox.say("history verify").exits(1);
    let session = sandbox.session(&["history rebuild", "history rebuild", "cloud tenant list"]);
    assert_data_eq!(
        session,
        file!["expected/damage/a_projection_that_somebody_changed_is_found_and_rebuilt.session.txt"]
    );
    sandbox.say("history verify").ok();
}

#[test]
fn a_file_that_was_cut_short_is_an_error_and_is_not_written_to() {
    let sandbox = quiet_log();
    let whole = fs::read(sandbox.file("log.db")).expect("the log is there");
    for length in [1, 100, 4096, whole.len() / 2, whole.len() - 4096] {
        fs::write(sandbox.file("log.db"), &whole[..length]).expect("the file can be written");
        for name in ["log.db-wal", "log.db-shm"] {
            let _it_may_not_be_there = fs::remove_file(sandbox.file(name));
        }
        let output = refused(&sandbox, "cloud tenant select my-project-prod", 1);
        assert!(output.stderr.starts_with("error: "), "{length} bytes: {}", output.whole());
        let verified = sandbox.say("history verify");
        assert_eq!(verified.code, 1, "{length} bytes: {}", verified.whole());
    }
}

#[test]
fn an_empty_log_beside_a_registry_is_not_taken_for_a_new_project() {
    let sandbox = quiet_log();
    fs::write(sandbox.file("log.db"), "").expect("the file can be written");
    let output = refused(&sandbox, "cloud tenant select my-project-prod", 1);
    assert!(output.stderr.contains("log.db"), "{}", output.whole());
    assert!(sandbox.file("tenants.json").exists());
}

#[test]
fn a_file_that_is_no_database_is_an_error_that_names_it() {
    let sandbox = quiet_log();
    fs::write(sandbox.file("log.db"), "what is this? ".repeat(1000)).expect("the file can be written");
    let output = refused(&sandbox, "cloud tenant select my-project-prod", 1);
    assert_data_eq!(
        output.transcript(),
        str![[r#"
$ systemprompt cloud tenant select my-project-prod
! error: `[SANDBOX]/project/.systemprompt/log.db` is not an event log
! help: something else is in its place; nothing was written
? 1

"#]]
    );
}

/// Whichever of them a command asks for first.
#[test]
fn projected_tables_that_are_gone_are_rebuilt_one_by_one_and_all_at_once() {
    let projected = "select name from sqlite_master m where type = 'table' and exists \
                     (select 1 from pragma_table_info(m.name) where name = 'valid_from')";
    let sandbox = quiet_log();
    let tables = LogFile::open(&sandbox.file("log.db")).texts(projected);
    assert!(tables.len() > 10, "{tables:?}");
    let all = tables.join(" ");
    for gone in tables.iter().chain([&all]) {
        let mut log = LogFile::open(&sandbox.file("log.db"));
        for table in gone.split(' ') {
            log.run(&format!("drop table {table}"));
        }
        log.close();
        sandbox.say("history verify").exits(1);
        assert_eq!(sandbox.say("history rebuild --json").ok().data()["changed"], true, "{gone}");
        sandbox.say("history verify").ok();
    }
}

#[test]
fn a_log_of_a_newer_version_can_be_neither_read_nor_changed_and_that_is_said() {
    let sandbox = quiet_log();
    let mut log = LogFile::open(&sandbox.file("log.db"));
    log.run("pragma user_version = 999");
    log.close();
    let mut session = String::new();
    for line in ["cloud tenant list", "cloud tenant select my-project-prod", "history verify", "history rebuild"] {
        session += &refused(&sandbox, line, 4).transcript();
    }
    assert_data_eq!(
        session,
        file!["expected/damage/a_log_of_a_newer_version_can_be_neither_read_nor_changed_and_that_is_said.session.txt"]
    );
}

#[test]
fn an_event_of_a_newer_version_makes_the_program_read_only() {
    // The list of all types that occur is what a newer version would have added to, with its event.
    let sandbox = meddled("insert into kinds (type, schema) values ('TenantTeleported', 1)");
    let changed = refused(&sandbox, "cloud tenant select my-project-prod", 4);
    assert_data_eq!(
        changed.transcript(),
        str![[r#"
$ systemprompt cloud tenant select my-project-prod
! error: the log was written by a newer version: this one does not know event `TenantTeleported` of schema 1
! help: use the newer version of systemprompt; nothing was written
? 4

"#]]
    );
    sandbox.say("cloud tenant list").ok();
    sandbox.say("history log").ok();
}

#[test]
fn an_event_of_an_unknown_type_is_named_with_its_position() {
    let sandbox = meddled("update events set type = 'TenantTeleported' where position = 2");
    let faults = sandbox.say("history verify --json").exits(1).data()["faults"].clone();
    let faults = faults.as_array().expect("faults");
    assert!(faults.iter().any(|fault| fault["position"] == 2 && fault["kind"] == "unknown"), "{faults:?}");
    refused(&sandbox, "cloud tenant select my-project-prod", 4);
}

#[test]
fn who_may_not_write_can_read_and_is_told() {
    let mut sandbox = quiet_log();
    for path in Sandbox::files_below(&sandbox.file("")) {
        fs::set_permissions(path, fs::Permissions::from_mode(0o444)).expect("the mode can be set");
    }
    for dir in [sandbox.file("locks"), sandbox.file("")] {
        fs::set_permissions(dir, fs::Permissions::from_mode(0o555)).expect("the mode can be set");
    }
    let other_home = sandbox.root().join("home").display().to_string();
    sandbox.set("SYSTEMPROMPT_DATA_DIR", &other_home);
    let before = fs::read(sandbox.file("log.db")).expect("the log is there");
    for line in ["cloud tenant list", "cloud tenant show my-project-prod", "history log", "history verify", "which"] {
        let output = sandbox.say_bound_by_modes(line).ok();
        assert_eq!(output.stderr, "", "{}", output.whole());
    }
    let refused = sandbox.say_bound_by_modes("cloud tenant select my-project-prod --json").exits(4);
    let reason = if rustix::process::geteuid().is_root() { "project-of-another" } else { "log-read-only" };
    assert_eq!(refused.error_code(), reason);
    assert_eq!(fs::read(sandbox.file("log.db")).ok(), Some(before), "nothing was written");
    fs::set_permissions(sandbox.file(""), fs::Permissions::from_mode(0o755)).expect("the mode can be set");
}
