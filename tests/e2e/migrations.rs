//! SQL files applied to a tenant's database: each once, in order, and it is said what became of the one that failed.

use std::fs;
use std::path::Path;

use serde_json::Value;
use systemprompt_tests::{Login, Output, Sandbox, assert_data_eq, str, until};

use crate::life::url;

const NOTES: (&str, &str) = ("1_create_notes.sql", "create table notes (id int primary key, text text);\n");
const AUTHORS: (&str, &str) =
    ("2_add_authors.sql", "alter table notes add author text;\ninsert into notes values (1, 'first', 'me');\n");

/// A tenant on a native server, and these files in `migrations`.
fn with(files: &[(&str, &str)]) -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.say("cloud tenant create --type local --provider native --name one --quiet").ok();
    sandbox.say("cloud tenant select one").ok();
    write(&sandbox, files);
    sandbox
}

fn write(sandbox: &Sandbox, files: &[(&str, &str)]) {
    let dir = sandbox.project().join("migrations");
    fs::create_dir_all(&dir).expect("a directory can be made");
    for (name, sql) in files {
        fs::write(dir.join(name), sql).expect("a file can be written");
    }
}

fn ask(sandbox: &Sandbox, sql: &str) -> Result<String, String> {
    let mut login = Login::to(&url(sandbox, "one")).expect("the tenant can log in");
    let answer = login.text(sql);
    login.close();
    answer
}

fn notes(sandbox: &Sandbox) -> Result<String, String> {
    ask(sandbox, "select coalesce(string_agg(to_jsonb(n)::text, ' '), 'none') from notes n")
}

/// What the history says of the last event of a type.
fn last(sandbox: &Sandbox, kind: &str) -> Value {
    let log = sandbox.run(["history", "log", "--json", "--limit", "1", "--type", kind]).ok().data();
    log["events"][0]["payload"].clone()
}

fn states(output: &Output) -> Vec<String> {
    let data = output.data();
    let each = |each: &Value| format!("{} {}", each["version"], each["state"].as_str().expect("a state"));
    data["migrations"].as_array().into_iter().flatten().map(each).collect()
}

#[test]
fn files_are_applied_once_and_in_order_and_all_of_it_is_recorded() {
    let sandbox = with(&[AUTHORS, NOTES]);
    let session = sandbox.session(&[
        "infra db migrate --status",
        "infra db migrate --dry-run",
        "infra db migrate",
        "infra db migrate",
        "infra db migrate --dry-run",
    ]);
    assert_data_eq!(
        session,
        str![[r#"
$ systemprompt infra db migrate --status
  1  create notes  pending
  2  add authors   pending
! note: tenant `one` ([ID]), selected in this project
$ systemprompt infra db migrate --dry-run
would apply 2 migrations to tenant `one`
  1  create notes
  2  add authors
! note: tenant `one` ([ID]), selected in this project
$ systemprompt infra db migrate
applied 2 migrations to tenant `one`
  1  create notes
  2  add authors
! note: tenant `one` ([ID]), selected in this project
$ systemprompt infra db migrate
tenant `one` has all migrations; nothing was applied
! note: tenant `one` ([ID]), selected in this project
$ systemprompt infra db migrate --dry-run
tenant `one` has all migrations; nothing would be applied
! note: tenant `one` ([ID]), selected in this project

"#]]
    );
    assert_eq!(notes(&sandbox).as_deref(), Ok(r#"{"id": 1, "text": "first", "author": "me"}"#));
    let recorded = last(&sandbox, "DatabaseMigrated");
    let versions: Vec<_> = recorded["applied"].as_array().into_iter().flatten().map(|each| &each["version"]).collect();
    assert_eq!(versions, [1, 2]);
    let checksum = ask(&sandbox, "select encode(checksum, 'hex') from _sqlx_migrations where version = 1");
    assert_eq!(recorded["applied"][0]["checksum"].as_str(), checksum.as_deref().ok());
    let log = sandbox.say("history log --type DatabaseMigrated --json").ok().data();
    assert_eq!(log["events"].as_array().map(Vec::len), Some(1), "a run that applies nothing is no event");
    sandbox.say("history verify").ok();
}

#[test]
fn one_that_fails_in_the_middle_is_rolled_back_and_it_is_said_which_line_and_what_is_left() {
    let broken = ("2_add_authors.sql", "alter table notes add author text;\n\ninsert into note values (1, 'ä');\n");
    let sandbox = with(&[NOTES, broken, ("3_later.sql", "create table later (x int);")]);
    let failed = sandbox.say("infra db migrate");
    assert_data_eq!(
        failed.transcript(),
        str![[r#"
$ systemprompt infra db migrate
! note: tenant `one` ([ID]), selected in this project
! error: migration `2_add_authors.sql` failed
!   caused by: line 3: relation "note" does not exist, in `insert into note values (1, 'ä');`
! help: all that it did is rolled back; 1 before it stay applied, 1 after it were not tried; mend the file, then run the same again
! hint: run `systemprompt infra db migrate --status`
? 1

"#]]
    );
    let columns = "select string_agg(attname, ' ' order by attnum) from pg_attribute
                   where attrelid = 'notes'::regclass and attnum > 0";
    assert_eq!(ask(&sandbox, columns).as_deref(), Ok("id text"), "the first half of it is rolled back");
    assert!(ask(&sandbox, "select 'x' from later").is_err());
    let recorded = last(&sandbox, "MigrationFailed");
    assert_eq!((&recorded["applied"][0]["version"], &recorded["failed"]["version"]), (&1.into(), &2.into()));
    assert!(recorded["reason"].as_str().is_some_and(|reason| reason.starts_with("line 3: ")), "{recorded}");
    let status = sandbox.say("infra db migrate --status --json").ok();
    assert_eq!(states(&status), ["1 applied", "2 pending", "3 pending"]);

    write(&sandbox, &[AUTHORS]);
    let mended = sandbox.say("infra db migrate --json").ok();
    assert_eq!(states(&mended), ["2 applied", "3 applied"]);
}

#[test]
fn one_that_fails_while_it_runs_says_what_the_server_said() {
    let sandbox =
        with(&[NOTES, ("2_twice.sql", "insert into notes values (1, 'a');\ninsert into notes values (1, 'b');")]);
    let failed = sandbox.say("infra db migrate --json").exits(1);
    assert_eq!(failed.error_code(), "migration-failed");
    let message = failed.json()["error"]["message"].as_str().expect("a message").to_owned();
    assert!(message.contains("duplicate key") && message.contains("(id)=(1) already exists"), "{message}");
    assert_eq!(notes(&sandbox).as_deref(), Ok("none"));
}

#[test]
fn one_without_a_transaction_says_that_something_may_have_stayed() {
    let index = "-- no-transaction\ncreate unique index concurrently one_text on notes (text);";
    let sandbox =
        with(&[NOTES, ("2_rows.sql", "insert into notes values (1, 'same'), (2, 'same');"), ("3_index.sql", index)]);
    let failed = sandbox.say("infra db migrate").exits(1);
    assert!(failed.stderr.contains("it runs without a transaction"), "{}", failed.whole());
    let valid = "select indisvalid::text from pg_index where indexrelid = 'one_text'::regclass";
    assert_eq!(ask(&sandbox, valid).as_deref(), Ok("false"), "such an index stays behind");
    let again = "-- no-transaction\ncreate index concurrently one_text on notes (text);";
    write(&sandbox, &[("3_index.sql", again)]);
    let mut login = Login::to(&url(&sandbox, "one")).expect("the tenant can log in");
    login.run("drop index one_text").expect("it can be taken back by hand");
    login.close();
    sandbox.say("infra db migrate").ok();
    assert_eq!(ask(&sandbox, valid).as_deref(), Ok("true"));
}

#[test]
fn one_that_ends_its_transaction_is_not_said_to_be_rolled_back() {
    let sandbox = with(&[("1_half.sql", "create table half (x int);\ncommit;\nselect 1 / 0;\n")]);
    let failed = sandbox.say("infra db migrate").exits(1);
    assert!(failed.stderr.contains("it ends the transaction that it runs in"), "{}", failed.whole());
    assert_eq!(ask(&sandbox, "select count(*)::text from half").as_deref(), Ok("0"));
}

#[test]
fn a_file_that_changed_or_is_gone_is_refused_and_nothing_is_applied() {
    let sandbox = with(&[NOTES]);
    sandbox.say("infra db migrate").ok();
    write(&sandbox, &[("1_create_notes.sql", "create table notes (id int, more text);"), AUTHORS]);
    for line in ["infra db migrate --json", "infra db migrate --dry-run --json"] {
        assert_eq!(sandbox.say(line).exits(4).error_code(), "migration-changed", "{line}");
    }
    let status = sandbox.say("infra db migrate --status --json").exits(1);
    assert_eq!(states(&status), ["1 changed", "2 pending"]);
    fs::remove_file(sandbox.project().join("migrations").join(NOTES.0)).expect("a file can be removed");
    assert_eq!(sandbox.say("infra db migrate --json").exits(4).error_code(), "migration-missing");
    assert_eq!(notes(&sandbox).as_deref(), Ok("none"));
}

#[test]
fn one_that_another_program_left_half_applied_is_explained_and_the_hint_mends_it() {
    let sandbox = with(&[NOTES]);
    sandbox.say("infra db migrate").ok();
    let mut login = Login::to(&url(&sandbox, "one")).expect("the tenant can log in");
    login.run("update _sqlx_migrations set success = false; drop table notes").expect("a row can be changed");
    login.close();
    let refused = sandbox.say("infra db migrate --json").exits(4);
    assert_eq!(refused.error_code(), "migration-unfinished");
    let steps = refused.json()["error"]["next_steps"].clone();
    let by_hand = steps[1].as_str().expect("a hint").to_owned();
    let delete = "delete from _sqlx_migrations where version = 1";
    let id = sandbox.say("which --json").data()["tenant"]["id"].as_str().expect("a tenant is selected").to_owned();
    // It is named, for what is selected may be another by then.
    assert_eq!(by_hand, format!("systemprompt infra db psql --tenant {id} -- --command '{delete}'"));
    sandbox.run(["infra", "db", "psql", "--tenant", &id, "--", "--command", delete]).ok();
    sandbox.say("infra db migrate").ok();
    assert_eq!(notes(&sandbox).as_deref(), Ok("none"));
}

#[test]
fn what_cannot_be_migrations_is_refused_before_anything_is_applied() {
    let sandbox = with(&[]);
    let migrate = |dir: &Path| sandbox.run(["infra", "db", "migrate", "--json", "--dir", &dir.display().to_string()]);
    let dir = sandbox.project().join("migrations");
    assert_eq!(migrate(&sandbox.project().join("none")).exits(3).error_code(), "no-migrations");
    assert_eq!(migrate(&dir).exits(3).error_code(), "no-migrations");
    write(&sandbox, &[NOTES, ("01_again.sql", "select 1"), ("no\u{1b}[31mversion.sql", ""), ("5_x.down.sql", "")]);
    let refused = migrate(&dir).exits(2);
    assert_eq!(refused.error_code(), "bad-migrations");
    let message = refused.json()["error"]["message"].as_str().expect("a message").to_owned();
    for said in
        ["`01_again.sql` and `1_create_notes.sql` have the same version", "`no [31mversion.sql`", "`5_x.down.sql`"]
    {
        assert!(message.contains(said), "{message}");
    }
    assert!(notes(&sandbox).is_err(), "nothing was applied");
}

#[test]
fn two_at_once_apply_each_file_once() {
    let slow =
        ("1_slow.sql", "create table runs (at timestamptz); select pg_sleep(1); insert into runs values (now());");
    let sandbox = with(&[slow, ("2_index.sql", "-- no-transaction\ncreate index concurrently on runs (at);")]);
    let both = [(); 2].map(|()| sandbox.spawn(["infra", "db", "migrate", "--json"]));
    let both = both.map(systemprompt_tests::Running::end);
    let mut applied: Vec<_> = both.iter().map(|output| states(&output.clone().ok()).len()).collect();
    applied.sort_unstable();
    assert_eq!(applied, [0, 2], "{} {}", both[0].whole(), both[1].whole());
    assert_eq!(ask(&sandbox, "select count(*)::text from runs").as_deref(), Ok("1"));
}

#[test]
fn another_programs_lock_is_not_waited_for_for_ever() {
    // While a migration is applied both locks are held: it writes down which.
    let held = "create table locks as select (classid::bigint << 32 | objid::bigint) as id from pg_locks
                where locktype = 'advisory' and pid = pg_backend_pid();";
    let sandbox = with(&[("1_locks.sql", held)]);
    sandbox.say("infra db migrate").ok();
    let ours = i64::from_be_bytes(*b"spmigrat");
    let mut other = Login::to(&url(&sandbox, "one")).expect("the tenant can log in");
    let lock = format!("select count(pg_advisory_lock(id))::text from locks where id <> {ours}");
    assert_eq!(other.text(&lock), Ok("1".to_owned()));
    write(&sandbox, &[("2_more.sql", "create table more (x int);")]);
    let refused = sandbox.say("infra db migrate --json").exits(7);
    assert_eq!(refused.error_code(), "migration-running");
    other.close();
    sandbox.say("infra db migrate").ok();
}

#[test]
fn ctrl_c_stops_the_server_too_and_what_was_applied_is_recorded() {
    let sandbox =
        with(&[NOTES, ("2_slow.sql", "select pg_sleep(600);"), ("3_later.sql", "create table later (x int);")]);
    let running = sandbox.spawn(["infra", "db", "migrate"]);
    let sleeping =
        "select count(*)::text from pg_stat_activity where query like 'select pg_sleep%' and state = 'active'";
    until("the migration to sleep", || (ask(&sandbox, sleeping).as_deref() == Ok("1")).then_some(()));
    let pid = rustix::process::Pid::from_child(&running.child);
    rustix::process::kill_process(pid, rustix::process::Signal::INT).expect("it runs");
    let stopped = running.end().exits(130);
    assert!(stopped.stderr.contains("error: stopped in migration `2_slow.sql`"), "{}", stopped.whole());
    assert_eq!(ask(&sandbox, sleeping).as_deref(), Ok("0"));
    assert_eq!(last(&sandbox, "MigrationFailed")["applied"][0]["version"], 1);
    let status = sandbox.say("infra db migrate --status --json").ok();
    assert_eq!(states(&status), ["1 applied", "2 pending", "3 pending"]);
}

#[test]
fn only_the_tenant_that_is_named_is_migrated() {
    let sandbox = with(&[NOTES]);
    sandbox.say("cloud tenant create --type local --provider native --name two").ok();
    sandbox.say("infra db migrate --tenant two").ok();
    assert!(notes(&sandbox).is_err());
    let mut two = Login::to(&url(&sandbox, "two")).expect("the tenant can log in");
    assert_eq!(two.text("select count(*)::text from notes"), Ok("0".to_owned()));
    two.close();
}
