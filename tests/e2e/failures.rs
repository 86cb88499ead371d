//! What goes wrong outside: servers die, ports and names are taken, engines go away. Nothing is left, or it is said what.

mod away;
mod elsewhere;
mod engine;
mod strangers;

use std::net::TcpListener;
use std::path::Path;
use std::process::Command;

use systemprompt_tests::{Docker, Login, Output, Sandbox, Server, until};

use crate::crash::strace;
use crate::crash::world::{Machine, Project};
use crate::life::url;

/// The container that all tenants share.
const SHARED: &str = "systemprompt-shared-db";

fn native() -> Machine {
    Machine::with_shared_server(Sandbox::new(), &["--provider", "native"])
}

fn docker(engine: &Docker) -> Machine {
    Machine::with_shared_server(Sandbox::with(engine), &["--provider", "docker", &Docker::image_flag()])
}

/// Nothing is unfinished, and the record is whole.
#[track_caller]
fn assert_settled(project: &Project) {
    assert_eq!(project.list().ok().stderr, "");
    if project.dir.join(".systemprompt").exists() {
        let _whole = project.run(&["history", "verify"]).ok();
    }
}

/// Runs SQL as the administrator of the shared container.
#[track_caller]
fn administer(engine: &Docker, database: &str, sql: &str) -> String {
    let psql = ["exec", SHARED, "psql", "-U", "systemprompt_admin", "-d", database, "-Atc", sql];
    engine.run(&psql).unwrap_or_else(|error| panic!("{sql}: {error}"))
}

fn told(output: &Output) -> String {
    output.transcript().split_once('\n').map_or_else(String::new, |(_, told)| told.to_owned())
}

#[test]
fn a_tenant_is_deleted_although_its_server_was_stopped() {
    let machine = native();
    let project = machine.project();
    let _created = project.create().ok();
    let _stopped = project.run(&["infra", "db", "down", "--provider", "native"]).ok();
    let _deleted = project.delete().ok();
    assert_settled(&project);
    assert_eq!(machine.count(), "1 roles, 1 databases", "the observer's");
}

#[test]
fn a_server_that_dies_between_two_steps_is_started_again() {
    if !strace::is_here("a_server_that_dies_between_two_steps_is_started_again") {
        return;
    }
    let machine = native();
    let reference = machine.project();
    let args = reference.creation();
    let commits =
        strace::commits(&machine.sandbox, &reference.dir, &args.iter().map(String::as_str).collect::<Vec<_>>());
    let world = reference.world();
    // From the record that the server answers to the record that the tenant is about to log in: after a step, and in one.
    let last_steps = &commits[commits.len() - 8..commits.len() - 2];
    for (number, commit) in last_steps.iter().enumerate() {
        let project = machine.project();
        let args = project.creation();
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        let paused = strace::pause(&machine.sandbox, &project.dir, &args, &commit.after);
        kill_servers(&machine.sandbox);
        let output = paused.go_on();
        assert!(output.stdout.starts_with("created tenant `x`"), "edge {number}: {}", output.whole());
        assert_eq!(project.world(), world, "edge {number}");
        assert_settled(&project);
    }
}

/// `kill -9` for every postmaster of the sandbox; returns when they are gone.
fn kill_servers(sandbox: &Sandbox) {
    for server in Server::all_below(&sandbox.data()) {
        server.signal(rustix::process::Signal::KILL);
        until("the server to be gone", || (!server.runs()).then_some(()));
    }
}

#[test]
fn a_sandbox_takes_its_servers_along() {
    let machine = native();
    let servers = Server::all_below(&machine.sandbox.data());
    assert_eq!(servers.len(), 1, "{servers:?}");
    drop(machine);
    assert!(servers.iter().all(|server| !server.runs()), "{servers:?}");
}

#[test]
fn a_port_that_is_taken_is_left_alone() {
    // By somebody else, or by the sandbox.
    let sandbox = Sandbox::new();
    let taken = TcpListener::bind("127.0.0.1:5432");
    assert!(taken.is_err(), "the port is free");
    let _created = sandbox.say("cloud tenant create --type local --provider native --name x").ok();
    let url = url(&sandbox, "x");
    assert!(!url.contains(":5432/"), "{url}");
    Login::to(&url).expect("the tenant can log in").close();
}

#[test]
fn a_server_whose_port_was_taken_meanwhile_says_so_and_starts_once_it_is_free() {
    let machine = native();
    let project = machine.project();
    let _created = project.create().ok();
    let _stopped = project.run(&["infra", "db", "down", "--provider", "native"]).ok();
    let url = project.url();
    let port = url.rsplit(':').next().and_then(|rest| rest.split('/').next()).expect("a URL has a port");
    let taken = TcpListener::bind(format!("127.0.0.1:{port}")).expect("the server's port is free again");
    let output = project.run(&["infra", "db", "up", "--provider", "native"]).exits(4);
    assert!(output.stderr.contains(&format!("needs port {port} on 127.0.0.1")), "{}", output.whole());
    assert_settled(&project);
    drop(taken);
    let _started = project.run(&["infra", "db", "up", "--provider", "native"]).ok();
    Login::to(&url).expect("the tenant can log in").close();
}

#[test]
fn postgresql_that_is_not_where_it_was_said_to_be_leaves_nothing() {
    let sandbox = Sandbox::new();
    let create = "cloud tenant create --type local --provider native --name x --config bin_dir=/nonexistent";
    let output = sandbox.say(create);
    assert!(matches!(output.code, 4 | 6), "{}", output.whole());
    assert!(output.stderr.contains("/nonexistent"), "{}", output.whole());
    assert_eq!(sandbox.say("cloud tenant list").ok().stderr, "");
    assert!(!Path::new(&sandbox.data().join("clusters/shared/data")).exists());
    let which = Command::new("sh").args(["-c", "command -v initdb || ls /usr/lib/postgresql/*/bin/initdb"]).output();
    assert!(which.is_ok_and(|found| found.status.success()), "the tests need PostgreSQL's programs");
}
