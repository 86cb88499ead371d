//! Migrations of a tenant at Fly, whose database only its machine reaches: the same as anywhere else.

use std::fs;

use serde_json::Value;
use systemprompt_fake_fly::{FakeFly, Fault, Rule};
use systemprompt_tests::{Login, Machine, Output, Sandbox, assert_data_eq, str, until};

use super::{CREATE, access, logged_in, password};

const NOTES: (&str, &str) = ("1_create_notes.sql", "create table notes (id int primary key, text text);\n");
const AUTHORS: (&str, &str) = (
    "2_add_authors.sql",
    "alter table notes add author text;\ninsert into notes values (1, ':USER {{secret:db-password@1}} \\q', 'me');\n",
);

/// The tenant of the document, on a machine with a real PostgreSQL, and these files in `migrations`.
pub(super) fn with(files: &[(&str, &str)]) -> (FakeFly, Sandbox, Machine) {
    with_tenant_of(CREATE, files)
}

/// The same with the tenant that this line makes.
pub(super) fn with_tenant_of(create: &str, files: &[(&str, &str)]) -> (FakeFly, Sandbox, Machine) {
    let settings = systemprompt_fake_fly::Settings {
        rate_limits: systemprompt_fake_fly::RateLimits::none(),
        ..Default::default()
    };
    let fly = FakeFly::with(settings).expect("a port is free");
    let sandbox = logged_in(&fly);
    let machine = Machine::of(&fly, &sandbox);
    sandbox.say(create).ok();
    sandbox.say("cloud tenant select my-project-prod").ok();
    write(&sandbox, files);
    (fly, sandbox, machine)
}

pub(super) fn write(sandbox: &Sandbox, files: &[(&str, &str)]) {
    let dir = sandbox.project().join("migrations");
    fs::create_dir_all(&dir).expect("a directory can be made");
    for (name, sql) in files {
        fs::write(dir.join(name), sql).expect("a file can be written");
    }
}

/// How often something was run on a machine.
pub(super) fn execs(fly: &FakeFly) -> usize {
    fly.requests().iter().filter(|request| request.path.ends_with("/exec")).count()
}

pub(super) fn states(output: &Output) -> Vec<String> {
    let data = output.data();
    let each = |each: &Value| format!("{} {}", each["version"], each["state"].as_str().expect("a state"));
    data["migrations"].as_array().into_iter().flatten().map(each).collect()
}

fn last(sandbox: &Sandbox, kind: &str) -> Value {
    let log = sandbox.run(["history", "log", "--json", "--limit", "1", "--type", kind]).ok().data();
    log["events"][0]["payload"].clone()
}

#[test]
fn files_are_applied_once_and_in_order_where_the_database_is() {
    let (_fly, sandbox, machine) = with(&[AUTHORS, NOTES]);
    let session = sandbox.session(&[
        "infra db migrate --status",
        "infra db migrate --dry-run",
        "infra db migrate",
        "infra db migrate",
        "infra db migrate --status --json",
    ]);
    assert_data_eq!(
        session,
        str![[r#"
$ systemprompt infra db migrate --status
  1  create notes  pending
  2  add authors   pending
! note: tenant `my-project-prod` ([UUID]), selected in this project
$ systemprompt infra db migrate --dry-run
would apply 2 migrations to tenant `my-project-prod`
  1  create notes
  2  add authors
! note: tenant `my-project-prod` ([UUID]), selected in this project
$ systemprompt infra db migrate
applied 2 migrations to tenant `my-project-prod`
  1  create notes
  2  add authors
! note: tenant `my-project-prod` ([UUID]), selected in this project
$ systemprompt infra db migrate
tenant `my-project-prod` has all migrations; nothing was applied
! note: tenant `my-project-prod` ([UUID]), selected in this project
$ systemprompt infra db migrate --status --json
{
  "data": {
    "directory": "[SANDBOX]/project/migrations",
    "migrations": [
      {
        "applied_at": "[TIME]",
        "description": "create notes",
        "state": "applied",
        "version": 1
      },
      {
        "applied_at": "[TIME]",
        "description": "add authors",
        "state": "applied",
        "version": 2
      }
    ],
    "tenant": "[UUID]",
    "what": "status"
  },
  "schema": "systemprompt/infra-db-migrate/v1"
}
! note: tenant `my-project-prod` ([UUID]), selected in this project

"#]]
    );
    assert_eq!(machine.ask("select text from notes"), ":USER {{secret:db-password@1}} \\q", "it came through as it is");
    let recorded = last(&sandbox, "DatabaseMigrated");
    let versions: Vec<_> = recorded["applied"].as_array().into_iter().flatten().map(|each| &each["version"]).collect();
    assert_eq!(versions, [1, 2]);
    sandbox.say("history verify").ok();
}

#[test]
fn what_is_kept_of_a_migration_is_what_sqlx_keeps() {
    let files = [NOTES, ("2_index.sql", "-- no-transaction\ncreate index concurrently on notes (text);")];
    let (_fly, sandbox, machine) = with(&files);
    sandbox.say("cloud tenant create --type local --provider native --name here").ok();
    sandbox.say("infra db migrate --tenant here").ok();
    sandbox.say("infra db migrate").ok();
    let rows = "select string_agg(concat_ws('|', version, description, success, encode(checksum, 'hex'), \
                execution_time > 0, installed_on <= now()), ' ' order by version) from _sqlx_migrations";
    let columns = "select string_agg(concat_ws('|', attname, atttypid::regtype, attnotnull, atthasdef), ' ' \
                   order by attnum) from pg_attribute where attrelid = '_sqlx_migrations'::regclass and attnum > 0";
    let mut here = Login::to(&crate::life::url(&sandbox, "here")).expect("the tenant can log in");
    for question in [rows, columns] {
        let of_sqlx = here.text(question).expect("it answers");
        assert!(of_sqlx.contains("success") || of_sqlx.contains("create notes"), "{of_sqlx}");
        assert_eq!(machine.ask(question), of_sqlx);
    }
    here.close();
}

#[test]
fn both_locks_are_those_that_are_taken_over_a_connection() {
    let held = "create table locks as select (classid::bigint << 32 | objid::bigint) as id from pg_locks
                where locktype = 'advisory' and pid = pg_backend_pid();";
    let (fly, sandbox, machine) = with(&[("1_locks.sql", held)]);
    sandbox.say("infra db migrate").ok();
    let others = "select count(*)::text from locks where id <> ";
    let ours = i64::from_be_bytes(*b"spmigrat");
    assert_eq!(machine.ask(&format!("{others}{ours}")), "1", "that of sqlx's migrator");
    assert_eq!(machine.ask("select count(*)::text from locks"), "2");

    // Somebody else has it: it is waited for.
    let mut other = machine.login();
    other.text(&format!("select count(pg_advisory_lock(id))::text from locks where id <> {ours}")).expect("it is free");
    write(&sandbox, &[("2_more.sql", "create table more (x int);")]);
    let before = execs(&fly);
    let running = sandbox.spawn(["infra", "db", "migrate", "--json"]);
    until("a look and an attempt", || (execs(&fly) >= before + 2).then_some(()));
    assert_eq!(machine.ask("select (to_regclass('more') is null)::text"), "true", "it waits");
    other.close();
    assert_eq!(states(&running.end().ok()), ["2 applied"]);
}

#[test]
fn one_that_fails_in_the_middle_is_rolled_back_and_it_is_said_which_line() {
    let broken = ("2_add_authors.sql", "alter table notes add author text;\n\ninsert into note values (1, 'ä');\n");
    let (_fly, sandbox, machine) = with(&[NOTES, broken, ("3_later.sql", "create table later (x int);")]);
    let failed = sandbox.say("infra db migrate");
    assert_data_eq!(
        failed.transcript(),
        str![[r#"
$ systemprompt infra db migrate
! note: tenant `my-project-prod` ([UUID]), selected in this project
! error: migration `2_add_authors.sql` failed
!   caused by: line 3: relation "note" does not exist, in `insert into note values (1, 'ä');`
! help: all that it did is rolled back; 1 before it stay applied, 1 after it were not tried; mend the file, then run the same again
! hint: run `systemprompt infra db migrate --status`
? 1

"#]]
    );
    let columns = "select string_agg(attname, ' ' order by attnum) from pg_attribute
                   where attrelid = 'notes'::regclass and attnum > 0";
    assert_eq!(machine.ask(columns), "id text", "the first half of it is rolled back");
    let recorded = last(&sandbox, "MigrationFailed");
    assert_eq!((&recorded["applied"][0]["version"], &recorded["failed"]["version"]), (&1.into(), &2.into()));
    let status = sandbox.say("infra db migrate --status --json").ok();
    assert_eq!(states(&status), ["1 applied", "2 pending", "3 pending"]);
    write(&sandbox, &[AUTHORS]);
    assert_eq!(states(&sandbox.say("infra db migrate --json").ok()), ["2 applied", "3 applied"]);
}

#[test]
fn a_file_that_waits_for_data_takes_nothing_that_follows_it_for_some() {
    let copy = "create table t (x text);\ncopy t from stdin;";
    for sql in [copy.to_owned(), format!("-- no-transaction\n{copy}")] {
        let (_fly, sandbox, machine) = with(&[("1_copy.sql", &sql)]);
        let failed = sandbox.say("infra db migrate --json").exits(1);
        assert!(failed.whole().contains("copy … from stdin"), "{}", failed.whole());
        assert_eq!(machine.ask("select (to_regclass('t') is null)::text"), "true");
    }
}

#[test]
fn a_file_that_changed_is_refused_and_nothing_is_applied() {
    let (_fly, sandbox, machine) = with(&[NOTES]);
    sandbox.say("infra db migrate").ok();
    write(&sandbox, &[("1_create_notes.sql", "create table notes (id int, more text);"), AUTHORS]);
    for line in ["infra db migrate --json", "infra db migrate --dry-run --json"] {
        assert_eq!(sandbox.say(line).exits(4).error_code(), "migration-changed", "{line}");
    }
    fs::remove_file(sandbox.project().join("migrations").join(NOTES.0)).expect("a file can be removed");
    assert_eq!(sandbox.say("infra db migrate --json").exits(4).error_code(), "migration-missing");
    assert_eq!(machine.ask("select count(*)::text from notes"), "0");
}

#[test]
fn what_is_more_than_a_provider_hands_over_is_refused_before_it_is_tried() {
    let large = format!("select '{}';", "x".repeat(900_000));
    let (_fly, sandbox, machine) = with(&[NOTES, ("2_large.sql", &large)]);
    let refused = sandbox.say("infra db migrate --json").exits(4);
    assert_eq!(refused.error_code(), "script-too-large", "{}", refused.whole());
    assert!(refused.whole().contains("--external-db-access true"), "{}", refused.whole());
    assert_eq!(machine.ask("select count(*)::text from notes"), "0");
    assert_eq!(states(&sandbox.say("infra db migrate --status --json").ok()), ["1 applied", "2 pending"]);
}

#[test]
fn a_program_that_is_killed_leaves_a_migration_that_the_machine_ends() {
    let slow = ("1_slow.sql", "select pg_sleep(3);\ncreate table slow (x int);");
    let (_fly, sandbox, machine) = with(&[slow]);
    let mut running = sandbox.spawn(["infra", "db", "migrate"]);
    let sleeping =
        "select count(*)::text from pg_stat_activity where query like 'select pg_sleep%' and state = 'active'";
    // The database is made by the first command on the machine, which was the login of the creation.
    until("the migration to sleep", || (machine.ask(sleeping) == "1").then_some(()));
    running.child.kill().expect("it runs");
    running.end();
    assert_eq!(machine.ask("select (to_regclass('slow') is null)::text"), "true");
    let after = sandbox.say("infra db migrate --json").ok();
    assert_eq!(states(&after), [""; 0].map(str::to_owned), "the machine has applied it: {}", after.whole());
    assert_eq!(machine.ask("select count(*)::text from _sqlx_migrations"), "1");
}

#[test]
fn ctrl_c_stops_after_the_migration_that_runs() {
    let slow = ("1_slow.sql", "select pg_sleep(2);\ncreate table slow (x int);");
    let (_fly, sandbox, machine) = with(&[slow, ("2_later.sql", "create table later (x int);")]);
    let running = sandbox.spawn(["infra", "db", "migrate"]);
    let sleeping =
        "select count(*)::text from pg_stat_activity where query like 'select pg_sleep%' and state = 'active'";
    until("the migration to sleep", || (machine.ask(sleeping) == "1").then_some(()));
    let pid = rustix::process::Pid::from_child(&running.child);
    rustix::process::kill_process(pid, rustix::process::Signal::INT).expect("it runs");
    let stopped = running.end().exits(130);
    assert!(stopped.stderr.contains("stopped between two migrations"), "{}", stopped.whole());
    assert_eq!(states(&sandbox.say("infra db migrate --status --json").ok()), ["1 applied", "2 pending"]);
    assert_eq!(last(&sandbox, "DatabaseMigrated")["applied"][0]["version"], 1);
}

#[test]
fn the_state_of_the_database_is_shown_as_it_says_it_itself() {
    let (fly, sandbox, _machine) = with(&[NOTES]);
    sandbox.say("infra db migrate").ok();
    let status = sandbox.say("infra db status --json").ok().data();
    assert_eq!((&status["provider"], &status["state"]), (&"fly".into(), &"ready".into()), "{status}");
    let shown = status["details"].to_string();
    for said in ["my-project-prod", "PostgreSQL ", "1 applied"] {
        assert!(shown.contains(said), "{shown}");
    }
    let password = password(&sandbox);
    assert!(!shown.contains(&password));
    // The server of local tenants is asked for by its provider.
    let local = sandbox.say("infra db status --provider native --json");
    assert_eq!(local.data()["provider"], "native", "{}", local.whole());
    fly.fail(Rule::next("POST", "/v1/apps/*/machines/*/exec", Fault::StatusAfterCommit(502)));
    assert_eq!(sandbox.say("infra db status --json").exits(6).error_code(), "fly-unavailable");
}

#[test]
fn an_opened_database_that_does_not_answer_is_reached_by_its_machine() {
    let (_fly, sandbox, machine) = with(&[NOTES]);
    sandbox.say(access::OPEN).ok();
    // Nobody answers at the tenant's name, which is the real Fly's.
    let migrated = sandbox.say("infra db migrate").ok();
    assert!(migrated.stderr.contains("by way of provider `fly` then"), "{}", migrated.whole());
    assert_eq!(machine.ask("select count(*)::text from notes"), "0");
}
