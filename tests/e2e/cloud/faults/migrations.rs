//! The same for migrations by way of a machine: each is applied once or not at all, and it is said which.

use std::collections::BTreeMap;

use systemprompt_fake_fly::{Fault, Rule};
use systemprompt_tests::until;

use super::faults;
use crate::cloud::database::{execs, states, with, write};

#[test]
fn whichever_request_of_a_migration_fails_each_file_is_applied_once_in_the_end() {
    let (fly, sandbox, machine) =
        with(&[("1_runs.sql", "create table runs (version int, at timestamptz default now());")]);
    sandbox.say("infra db migrate").ok();
    let mut version = 1;
    let mut next = || {
        version += 1;
        let sql = format!("insert into runs values ({version});");
        write(&sandbox, &[(&format!("{version}_run.sql"), &sql)]);
        version
    };
    next();
    let before = fly.requests().len();
    sandbox.say("infra db migrate").ok();
    let requests = (fly.requests().len() - before) as u64;
    let mut ends: BTreeMap<i32, u32> = BTreeMap::new();
    for number in 1..=requests {
        for (name, fault) in faults() {
            let version = next();
            fly.fail(Rule::number(fly.requests().len() as u64 + number, fault));
            let output = sandbox.say("infra db migrate --json");
            fly.heal();
            let about = format!("request {number}, {name}: {}", output.whole());
            assert!([0, 1, 4, 5, 6].contains(&output.code), "{about}");
            let runs = machine.ask(&format!("select count(*)::text from runs where version = {version}"));
            assert!(runs == "1" || (runs == "0" && output.code != 0), "{runs} times: {about}");
            if output.code == 0 {
                assert_eq!(states(&output), [format!("{version} applied")], "{about}");
            }
            sandbox.say("infra db migrate").ok();
            let runs = machine.ask(&format!("select count(*)::text from runs where version = {version}"));
            assert_eq!(runs, "1", "after it was run again: {about}");
            *ends.entry(output.code).or_default() += 1;
        }
    }
    println!("migrations of which one request failed, by exit code, {} times: {ends:?}", ends.values().sum::<u32>());
    assert!(ends[&0] * 2 > ends.values().sum(), "what passes is waited for: {ends:?}");
    let twice = "select count(*)::text from (select version from runs group by version having count(*) > 1) as t";
    assert_eq!(machine.ask(twice), "0");
    sandbox.say("history verify").ok();
}

#[test]
fn what_another_run_did_after_the_look_is_seen_before_anything_is_applied() {
    let (fly, sandbox, machine) = with(&[("1_notes.sql", "create table notes (id int);")]);
    sandbox.say("infra db migrate").ok();
    write(&sandbox, &[("2_more.sql", "create table more (x int);")]);
    let mut other = machine.login();
    let ours = i64::from_be_bytes(*b"spmigrat");
    other.run(&format!("select pg_advisory_lock({ours})")).expect("it is free");
    let before = execs(&fly);
    let running = sandbox.spawn(["infra", "db", "migrate", "--json"]);
    until("a look and an attempt", || (execs(&fly) >= before + 2).then_some(()));
    other.run("insert into _sqlx_migrations values (2, 'other', now(), true, 'x', 1)").expect("a row can be added");
    other.close();
    let refused = running.end().exits(4);
    assert_eq!(refused.error_code(), "migration-changed", "{}", refused.whole());
    assert_eq!(machine.ask("select (to_regclass('more') is null)::text"), "true");
}

#[test]
fn one_without_a_transaction_is_not_tried_again_where_nobody_knows_what_came_of_it() {
    let bare = "-- no-transaction\ninsert into runs values (1);";
    let (fly, sandbox, machine) = with(&[("1_runs.sql", "create table runs (x int);")]);
    sandbox.say("infra db migrate").ok();
    write(&sandbox, &[("2_bare.sql", bare)]);
    // A look, then the attempt; none of it is done.
    fly.fail(Rule::next("POST", "/v1/apps/*/machines/*/exec", Fault::Status(502)).nth(2));
    let unknown = sandbox.say("infra db migrate --json").exits(1);
    assert_eq!(unknown.error_code(), "migration-unknown", "{}", unknown.whole());
    assert_eq!(machine.ask("select count(*)::text from runs"), "0");
    assert_eq!(states(&sandbox.say("infra db migrate --json").ok()), ["2 applied"]);
    // Done, and nobody was told: the row says so.
    write(&sandbox, &[("3_bare.sql", bare)]);
    fly.fail(Rule::next("POST", "/v1/apps/*/machines/*/exec", Fault::StatusAfterCommit(502)).nth(2));
    assert_eq!(states(&sandbox.say("infra db migrate --json").ok()), ["3 applied"]);
    assert_eq!(machine.ask("select count(*)::text from runs"), "2");
}

#[test]
fn one_that_ends_its_own_transaction_is_not_tried_again_where_nobody_knows_what_came_of_it() {
    let (fly, sandbox, machine) = with(&[("1_runs.sql", "create table runs (x int primary key);")]);
    sandbox.say("infra db migrate").ok();
    // What it committed stays, and its row is not written.
    write(&sandbox, &[("2_ends.sql", "insert into runs values (1);\ncommit;\nselect 1 / 0;")]);
    fly.fail(Rule::next("POST", "/v1/apps/*/machines/*/exec", Fault::StatusAfterCommit(502)).nth(2));
    let unknown = sandbox.say("infra db migrate --json").exits(1);
    assert_eq!(unknown.error_code(), "migration-unknown", "{}", unknown.whole());
    assert!(!unknown.whole().contains("rolled back"), "{}", unknown.whole());
    assert_eq!(machine.ask("select count(*)::text from runs"), "1");
}
