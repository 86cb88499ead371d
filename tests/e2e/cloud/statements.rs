//! `infra db psql` for a tenant at Fly: what is given to it is run on the tenant's machine.

use std::io::Write as _;
use std::process::Stdio;

use systemprompt_fake_fly::{Fault, Rule};
use systemprompt_tests::{Sandbox, Screen, assert_data_eq, str};

use super::database::{execs, with};
use super::{APP, ask_fly, password};

const PSQL: [&str; 4] = ["infra", "db", "psql", "--"];

fn run(sandbox: &Sandbox, args: &[&str]) -> systemprompt_tests::Output {
    sandbox.run(PSQL.iter().chain(args))
}

#[test]
fn statements_are_run_as_the_tenant_and_what_they_answer_is_printed() {
    let (_fly, sandbox, _machine) = with(&[]);
    let answer = run(&sandbox, &["-c", "select 1 as one, 'ä' as letter; select 2 as two"]).ok();
    assert_data_eq!(
        answer.stdout,
        str![[r#"
 one | letter 
-----+--------
   1 | ä
(1 row)

 two 
-----
   2
(1 row)


"#]]
    );
    let alone = run(&sandbox, &["-At", "-F", ";", "-c", "select ':USER', '{{secret:db-password@1}}', '\\q'"]).ok();
    assert_eq!(alone.stdout, ":USER;{{secret:db-password@1}};\\q\n", "{}", alone.whole());
    let variable = run(&sandbox, &["-At", "-v", "name=it's", "-f", "-"]);
    assert_eq!(variable.code, 0, "{}", variable.whole());
    let json = sandbox.run(["infra", "db", "psql", "--json", "--", "-At", "-c", "select current_user"]).ok();
    assert_eq!((&json.data()["exit_code"], &json.data()["stderr"]), (&0.into(), &"".into()));
    assert!(json.data()["stdout"].as_str().is_some_and(|user| user.starts_with("u_") || !user.is_empty()));
}

#[test]
fn a_file_or_standard_input_is_a_script_of_psql() {
    let (_fly, sandbox, machine) = with(&[]);
    let script =
        "\\set name 'it''s'\ncreate table t (x text);\ninsert into t values (:'name'), (:'other');\n\\echo done\n";
    std::fs::write(sandbox.project().join("script.sql"), script).expect("a file can be written");
    let ran = run(&sandbox, &["-q", "-v", "other=\\ 'x'", "-f", "script.sql"]).ok();
    assert_eq!(ran.stdout, "done\n", "{}", ran.whole());
    assert_eq!(machine.ask("select string_agg(x, ' ' order by x) from t"), "\\ 'x' it's");
    let mut command = sandbox.command(["infra", "db", "psql", "--", "-At"]);
    command.stdin(Stdio::piped());
    let mut running = sandbox.start(command);
    let mut stdin = running.child.stdin.take().expect("it was piped");
    stdin.write_all(b"select count(*) from t;\nselect 'end';\n").expect("it reads");
    drop(stdin);
    assert_eq!(running.end().ok().stdout, "2\nend\n");
}

#[test]
fn the_first_error_is_the_end_and_its_exit_code_says_so() {
    let (_fly, sandbox, machine) = with(&[]);
    let failed = run(&sandbox, &["-c", "create table t (x int)", "-c", "selekt 1", "-c", "drop table t"]).exits(1);
    assert!(failed.stderr.contains("syntax error at or near \"selekt\""), "{}", failed.whole());
    assert_eq!(machine.ask("select count(*)::text from t"), "0", "the last one was not run");
    let json = sandbox.run(["infra", "db", "psql", "--json", "--", "-c", "selekt 1"]).exits(1);
    assert_eq!(json.data()["exit_code"], 3, "{}", json.whole());
}

#[test]
fn what_would_lead_elsewhere_or_needs_somebody_who_types_is_refused_with_what_to_do() {
    let (fly, sandbox, _machine) = with(&[]);
    let asked = execs(&fly);
    for args in [&["-h", "127.0.0.1"][..], &["--username", "postgres"], &["-o", "/tmp/x"], &["other"]] {
        let refused = sandbox.run(["infra", "db", "psql", "--json", "--"].iter().chain(args)).exits(2);
        assert_eq!(refused.error_code(), "psql-option", "{}", refused.whole());
    }
    let screen = Screen::run(&sandbox, "infra db psql", 120);
    screen.wait_for("cloud tenant edit");
    assert_eq!(execs(&fly), asked, "nothing was run");
}

#[test]
fn a_statement_is_asked_for_once_where_nobody_knows_what_came_of_it() {
    for fault in
        [Fault::DroppedAfterCommit, Fault::StatusAfterCommit(502), Fault::StatusAfterCommit(408), Fault::WrongJson]
    {
        let (fly, sandbox, machine) = with(&[]);
        run(&sandbox, &["-c", "create table t (x int)"]).ok();
        fly.fail(Rule::next("POST", "/v1/apps/*/machines/*/exec", fault.clone()));
        let unknown = run(&sandbox, &["-c", "insert into t values (1)"]).exits(1);
        assert!(unknown.stderr.contains("look in the database"), "{fault:?}: {}", unknown.whole());
        assert_eq!(machine.ask("select count(*)::text from t"), "1", "{fault:?}");
    }
}

#[test]
fn what_did_not_begin_is_asked_for_again() {
    let (fly, sandbox, machine) = with(&[]);
    run(&sandbox, &["-c", "create table t (x int)"]).ok();
    fly.fail(Rule::next("POST", "/v1/apps/*/machines/*/exec", Fault::Status(429)));
    run(&sandbox, &["-c", "insert into t values (1)"]).ok();
    assert_eq!(machine.ask("select count(*)::text from t"), "1");
}

#[test]
fn a_machine_that_does_not_run_is_said_to_be_the_reason() {
    let (fly, sandbox, _machine) = with(&[]);
    let machine = fly.inventory().machines[0].id.clone();
    assert_eq!(ask_fly(&fly, "POST", &format!("/v1/apps/{APP}/machines/{machine}/stop"), "{}"), 200);
    systemprompt_tests::until("it has stopped", || (fly.inventory().machines[0].state == "stopped").then_some(()));
    for line in ["infra db psql --json -- -c \\dt", "infra db migrate --json", "infra db status --json"] {
        super::database::write(&sandbox, &[("1_x.sql", "select 1")]);
        assert_eq!(sandbox.say(line).exits(4).error_code(), "machine-stopped", "{line}");
    }
}

#[test]
fn no_secret_of_a_statement_is_on_a_command_line_or_in_the_history() {
    let (fly, sandbox, _machine) = with(&[]);
    let canary = "canary-7d1e0c-in-a-coal-mine";
    let alter = format!("alter role current_user password '{canary}'");
    let variable = format!("secret={canary}");
    let mut printed = run(&sandbox, &["-c", &alter]).ok().whole();
    printed += &run(&sandbox, &["-v", &variable, "-c", "select 1"]).ok().whole();
    printed += &run(&sandbox, &["-v", &variable, "-c", "selekt 1"]).exits(1).whole();
    // What looks like a reference to a secret is text.
    let reference = "{{secret:db-password@1}}";
    let separated = run(&sandbox, &["-A", "-t", "-F", reference, "-c", "select 1, 2"]).ok();
    assert!(separated.stdout.contains(&format!("1{reference}2")), "{}", separated.whole());
    let shown = printed.lines().filter(|line| line.contains(canary) && !line.starts_with('$')).count();
    assert_eq!(shown, 0, "{printed}");
    for request in fly.requests().iter().filter(|request| request.path.ends_with("/exec")) {
        let command = request.json()["command"].to_string();
        assert!(!command.contains(canary) && !command.contains(&password(&sandbox)), "{command}");
    }
    let events = sandbox.say("history log --limit 1000 --json").ok().stdout;
    assert!(!events.contains(canary), "{events}");
    let holds = |path: &std::path::PathBuf| {
        let bytes = std::fs::read(path).unwrap_or_default();
        bytes.windows(canary.len()).any(|window| window == canary.as_bytes())
    };
    let dirs = [sandbox.project(), sandbox.data(), sandbox.cache()];
    let found: Vec<_> = dirs.iter().flat_map(|dir| Sandbox::files_below(dir)).filter(holds).collect();
    assert!(found.is_empty(), "{found:?}");
}
