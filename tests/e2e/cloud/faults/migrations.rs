//! The same for migrations by way of a machine: each is applied once or not at all, and it is said which.

use std::collections::BTreeMap;

use systemprompt_fake_fly::Rule;

use super::faults;
use crate::cloud::database::{states, with, write};

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
