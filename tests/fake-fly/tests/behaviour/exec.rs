//! Commands on machines.

use std::thread;
use std::time::Duration;

use serde_json::json;
use systemprompt_fake_fly::{FakeFly, Output};

use crate::client::{Client, LONG, machine, still};

fn world() -> (FakeFly, Client, String) {
    let fly = still();
    let client = Client::of(&fly);
    client.create_app("sp-1");
    let id = client.create_machine("sp-1", json!({ "image": "postgres:17", "env": { "PGDATA": "/data/pg" } }));
    let path = format!("{}/exec", machine("sp-1", &id));
    (fly, client, path)
}

#[test]
fn a_command_needs_a_machine_that_is_started() {
    let (fly, client, path) = world();
    let ask = || client.post(&path, json!({ "command": ["pg_isready", "-h", "127.0.0.1"] }));
    assert_eq!(ask().status, 412);
    fly.clock().advance(LONG);
    assert_eq!((ask().status, &ask().body["exit_code"]), (200, &json!(0)));
}

#[test]
fn without_more_said_a_machine_answers_as_a_healthy_postgresql() {
    let (fly, client, path) = world();
    fly.clock().advance(LONG);
    let select = client.post(&path, json!({ "command": ["psql", "-tA", "-c", "SELECT 1"] })).body;
    assert_eq!((&select["stdout"], &select["exit_code"]), (&json!("1\n"), &json!(0)));
    let from_stdin = client.post(&path, json!({ "cmd": "psql -tA", "stdin": "select 1;" })).body;
    assert_eq!(from_stdin["stdout"], "1\n");
    assert_eq!(client.post(&path, json!({ "command": ["nonsense"] })).body["exit_code"], 127);
    assert_eq!(client.post(&path, json!({})).status, 400);
}

#[test]
fn a_password_lies_on_the_volume_and_is_asked_for_over_the_network_alone() {
    let fly = still();
    let client = Client::of(&fly);
    client.create_app("sp-1");
    client.post("/v1/apps/sp-1/secrets", json!({ "values": { "POSTGRES_PASSWORD": "one", "PGPASSWORD": "one" } }));
    let id = client.create_machine("sp-1", json!({ "image": "postgres:17", "env": { "POSTGRES_USER": "ann" } }));
    fly.clock().advance(LONG);
    let path = format!("{}/exec", machine("sp-1", &id));
    let psql = |words: &[&str], stdin: &str| {
        fly.clock().advance(LONG);
        let command: Vec<_> = ["psql", "-U", "ann", "-tA"].iter().chain(words).collect();
        let ran = client.post(&path, json!({ "command": command, "stdin": stdin })).body;
        (ran["exit_code"].as_i64().unwrap(), ran["stdout"].to_string(), ran["stderr"].to_string())
    };
    assert_eq!(psql(&["-h", "fdaa::2", "-c", "select 1"], "").0, 0);
    assert_eq!(psql(&[], "alter role \"ann\" password 'two';\n").0, 0);
    let (code, _, complaint) = psql(&["-h", "fdaa::2", "-c", "select 1"], "");
    assert_eq!((code, complaint.contains("password authentication failed")), (2, true), "{complaint}");
    assert_eq!(psql(&["-c", "select 1"], "").0, 0, "on the machine itself nobody is asked");
    let connect = |password| format!("\\connect \"host=fdaa::2 user=ann dbname=x password={password}\"\nselect 1;\n");
    assert_eq!(psql(&[], &connect("two")), (0, "\"1\\n\"".to_owned(), "\"\"".to_owned()));
    assert_eq!(psql(&[], &(connect("two") + &connect("one"))).0, 3);
    assert_eq!(psql(&[], "alter role \"bob\" password 'x';").0, 3);
}

#[test]
fn a_test_can_stand_in_for_the_machine() {
    let (fly, client, path) = world();
    fly.clock().advance(LONG);
    fly.on_exec(|command| Output {
        exit_code: 2,
        stdout: format!("{:?} {:?} {}", command.command, command.stdin, command.env["PGDATA"]),
        stderr: "no".to_owned(),
    });
    let ran = client.post(&path, json!({ "command": ["psql", "-c", "x y"], "stdin": "in" })).body;
    assert_eq!(ran["stdout"], r#"["psql", "-c", "x y"] Some("in") /data/pg"#);
    assert_eq!((&ran["exit_code"], &ran["stderr"]), (&json!(2), &json!("no")));
}

#[test]
fn a_command_that_takes_too_long_is_given_up_while_others_are_served() {
    let (fly, client, path) = world();
    fly.clock().advance(LONG);
    fly.on_exec(|_| {
        thread::park_timeout(Duration::from_mins(1));
        Output::default()
    });
    let slow = Client::of(&fly);
    let waiter = thread::spawn(move || slow.post(&path, json!({ "command": ["psql"], "timeout": 5 })));
    while fly.waiting() == 0 {
        thread::yield_now();
    }
    assert_eq!(client.get("/v1/apps/sp-1").status, 200);
    fly.clock().advance(Duration::from_secs(5));
    assert_eq!(waiter.join().unwrap().status, 408);
}

#[test]
fn a_handler_that_panics_is_an_error_of_the_server_and_not_its_end() {
    let (fly, client, path) = world();
    fly.clock().advance(LONG);
    fly.on_exec(|_| panic!("the stand-in has fallen"));
    assert_eq!(client.post(&path, json!({ "command": ["psql"] })).status, 500);
    assert_eq!(client.post(&path, json!({ "command": ["psql"] })).status, 500);
    assert_eq!(client.get("/v1/apps/sp-1").status, 200);
}
