//! Many processes at once on one project: one wins, or all do, and the log stays whole.

use std::process::Command;

use serde_json::Value;
use systemprompt_tests::{LogFile, Login, Output, Running, Sandbox, binary, seed};

use crate::life::url;

/// As many as the issue asks for.
const PROCESSES: usize = 20;

/// Starts them all before it waits for the first.
fn at_once(sandbox: &Sandbox, line: impl Fn(usize) -> String) -> Vec<Output> {
    let running: Vec<Running> = (0..PROCESSES).map(|number| sandbox.spawn(line(number).split(' '))).collect();
    // Each is read by a thread of its own, so that none waits for a reader.
    let ends: Vec<_> = running.into_iter().map(|running| std::thread::spawn(|| running.end())).collect();
    ends.into_iter().map(|end| end.join().expect("the output can be read")).collect()
}

fn log_is_whole(sandbox: &Sandbox) {
    let verified = sandbox.say("history verify --json").ok().data();
    let mut log = LogFile::open(&sandbox.file("log.db"));
    let (events, last) = (log.number("select count(*) from events"), log.number("select max(position) from events"));
    assert_eq!((verified["events"].as_i64(), last), (Some(events), events), "gapless");
    assert_eq!(log.number("select count(*) from events where type = 'ProjectInitialised'"), 1);
    let rebuilt = sandbox.say("history rebuild --json").ok().data();
    assert_eq!(rebuilt["changed"], false);
}

#[test]
fn of_twenty_that_create_the_same_name_one_wins_and_the_others_say_so() {
    let sandbox = Sandbox::new();
    let outputs =
        at_once(&sandbox, |_| "cloud tenant create --type local --name same --provider native --json".to_owned());
    let won: Vec<_> = outputs.iter().filter(|output| output.code == 0).collect();
    assert_eq!(won.len(), 1, "{:#?}", outputs.iter().map(Output::whole).collect::<Vec<_>>());
    for lost in outputs.iter().filter(|output| output.code != 0) {
        let code = lost.error_code();
        let expected = [(4, "name-taken"), (4, "conflict"), (7, "tenant-creating")];
        assert!(expected.contains(&(lost.code, code.as_str())), "{}", lost.whole());
    }
    let listed = sandbox.say("cloud tenant list --json").ok().data();
    assert_eq!((&listed["total"], &listed["tenants"][0]["state"]), (&Value::from(1), &Value::from("ready")));
    let mut login = Login::to(&url(&sandbox, "same")).expect("the winner's database works");
    let databases = login.text("select count(*)::text from pg_database where datname like 'tenant%'");
    assert_eq!(databases, Ok("1".to_owned()), "the others left nothing behind");
    login.close();
    log_is_whole(&sandbox);
}

#[test]
fn of_twenty_that_create_different_names_all_succeed() {
    let sandbox = Sandbox::new();
    let outputs = at_once(&sandbox, |number| {
        format!("cloud tenant create --type local --name tenant-{number} --provider native --json")
    });
    for output in &outputs {
        assert_eq!(output.code, 0, "{}", output.whole());
    }
    assert_eq!(sandbox.say("cloud tenant list --json").ok().data()["total"], PROCESSES);
    for number in [0, PROCESSES - 1] {
        Login::to(&url(&sandbox, &format!("tenant-{number}"))).expect("every database works").close();
    }
    let registry = std::fs::read_to_string(sandbox.file("tenants.json")).expect("the registry is there");
    assert_eq!(registry.matches("\"database_url\"").count(), PROCESSES, "the file has them all");
    log_is_whole(&sandbox);
}

#[test]
fn twenty_that_take_in_a_registry_and_select_and_read_at_once_all_succeed() {
    let sandbox = Sandbox::with_registry(seed::REGISTRY);
    let outputs = at_once(&sandbox, |number| match number % 4 {
        0 => "cloud tenant select my-project".to_owned(),
        1 => "cloud tenant select my-project-prod".to_owned(),
        2 => "cloud tenant list".to_owned(),
        _ => "history log".to_owned(),
    });
    for output in &outputs {
        assert!(output.code == 0, "{}", output.whole());
    }
    log_is_whole(&sandbox);
}

/// As many as an unlucky build server starts.
const WRITERS: usize = 50;
/// Each selects one tenant and the other ten times, and prints the exit codes.
const TEN_TIMES: &str = r#"for n in 1 2 3 4 5 6 7 8 9 10; do
    "$0" cloud tenant select my-project >/dev/null 2>&1; echo $?
    "$0" cloud tenant select my-project-prod >/dev/null 2>&1; echo $?
done"#;

#[test]
fn fifty_that_write_at_once_all_succeed_or_say_conflict_and_nothing_is_lost() {
    let sandbox = Sandbox::with_registry(seed::REGISTRY);
    sandbox.say("cloud tenant list").ok();
    let program = binary().display().to_string();
    let writer = || sandbox.start(sandbox.prepare(Command::new("sh"), ["-c", TEN_TIMES, &program]));
    let writers: Vec<Running> = (0..WRITERS).map(|_| writer()).collect();
    let ends: Vec<_> = writers.into_iter().map(|writer| std::thread::spawn(|| writer.end().ok().stdout)).collect();
    let said: String = ends.into_iter().map(|end| end.join().expect("the output can be read")).collect();
    let count = |code: &str| said.lines().filter(|line| *line == code).count();
    let (succeeded, conflicts) = (count("0"), count("4"));
    assert_eq!(succeeded + conflicts, WRITERS * 20, "{said}");
    assert!(succeeded > conflicts, "{succeeded} succeeded, {conflicts} said conflict");
    log_is_whole(&sandbox);
}
