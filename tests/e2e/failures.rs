//! What goes wrong outside: servers die, ports and names are taken, engines go away. Nothing is left, or it is said what.

mod engine;

use std::fs;
use std::net::TcpListener;
use std::path::Path;
use std::process::Command;

use engine::Engine;
use systemprompt_tests::{Docker, Login, Output, Sandbox, assert_data_eq, str, until};

use crate::crash::strace;
use crate::crash::world::{Machine, Project};
use crate::life::url;

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
    let psql = ["exec", "systemprompt-shared-db", "psql", "-U", "systemprompt_admin", "-d", database, "-Atc", sql];
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
        let output = paused.go_on_without_servers();
        assert!(output.stdout.starts_with("created tenant `x`"), "edge {number}: {}", output.whole());
        assert_eq!(project.world(), world, "edge {number}");
        assert_settled(&project);
    }
}

/// `kill -9` for every postmaster of the sandbox; returns when they are gone.
fn kill_servers(sandbox: &Sandbox) {
    for file in Sandbox::files_below(&sandbox.data().join("clusters")) {
        if !file.ends_with("data/postmaster.pid") {
            continue;
        }
        let text = fs::read_to_string(&file).expect("the server's file can be read");
        let pid =
            text.lines().next().and_then(|line| line.trim().parse().ok()).and_then(rustix::process::Pid::from_raw);
        let pid = pid.expect("its first line is a process id");
        rustix::process::kill_process(pid, rustix::process::Signal::KILL).expect("it runs");
        until("the server to be gone", || rustix::process::test_kill_process(pid).is_err().then_some(()));
    }
}

#[test]
fn a_port_that_is_taken_is_left_alone() {
    // Somebody else has it already, or this test has.
    let _taken = TcpListener::bind("127.0.0.1:5432");
    let sandbox = Sandbox::new();
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
fn an_image_that_cannot_be_had_leaves_nothing() {
    let Some(engine) = Docker::hold("an_image_that_cannot_be_had_leaves_nothing") else { return };
    let sandbox = Sandbox::with(&engine);
    for dedicated in ["", " --dedicated"] {
        let create = "cloud tenant create --type local --provider docker --name x --config image=localhost:1/none:1";
        let output = sandbox.say(&format!("{create}{dedicated}"));
        assert!(matches!(output.code, 4 | 6), "{}", output.whole());
        assert!(output.stderr.contains("localhost:1/none:1"), "{}", output.whole());
        assert_eq!(engine.made(), [""; 0]);
        assert_eq!(sandbox.say("cloud tenant list --json").ok().data()["total"], 0);
        assert_eq!(sandbox.say("cloud tenant list").ok().stderr, "");
    }
    let _whole = sandbox.say("history verify").ok();
}

#[test]
fn a_container_of_our_name_that_is_not_ours_is_left_alone() {
    let Some(engine) = Docker::hold("a_container_of_our_name_that_is_not_ours_is_left_alone") else { return };
    let sandbox = Sandbox::with(&engine);
    let name = "systemprompt-shared-db";
    let stranger = engine.run(&["create", "--name", name, &Docker::image(), "true"]).expect("a container can be made");
    let output = sandbox.run([
        "cloud",
        "tenant",
        "create",
        "--type",
        "local",
        "--provider",
        "docker",
        "--name",
        "x",
        &Docker::image_flag(),
    ]);
    let found = engine.run(&["inspect", "--format", "{{.Id}} {{.State.Status}}", name]);
    let removed = engine.run(&["rm", "--force", name]);
    assert_data_eq!(
        told(&output),
        str![[r#"
! note: made a new project in [SANDBOX]/project
! error: could not create tenant `x`
!   caused by: there is a container `systemprompt-shared-db` that systemprompt did not make, so it is left alone
! help: look at it with `docker container inspect systemprompt-shared-db`, and rename or remove it if it is not needed; everything that was done is undone
? 4

"#]]
    );
    assert_eq!(found, Ok(format!("{} created\n", stranger.trim())));
    removed.expect("it was still there");
    assert_eq!(sandbox.say("cloud tenant list").ok().stderr, "");
}

#[test]
fn a_database_or_role_of_our_name_that_is_not_ours_is_left_alone() {
    let Some(engine) = Docker::hold("a_database_or_role_of_our_name_that_is_not_ours_is_left_alone") else { return };
    let machine = docker(&engine);
    let empty = machine.count();

    let project = machine.project();
    let name = project.id.replace("local_", "tenant_");
    administer(&engine, "postgres", &format!("create database {name}"));
    administer(&engine, &name, "create table precious as select 1 as kept");
    let output = project.create();
    assert_eq!(administer(&engine, &name, "select kept from precious"), "1\n", "{}", output.whole());
    assert_data_eq!(
        told(&output).replace(&name, "[ROLE]"),
        str![[r#"
! note: made a new project in [SANDBOX]/p1
! error: could not create tenant `x`
!   caused by: the server has a database `[ROLE]` that is not this tenant's, so it is left alone
! help: choose another name, or rename that database; everything that was done is undone
? 4

"#]]
    );
    assert_settled(&project);
    administer(&engine, "postgres", &format!("drop database {name}"));
    assert_eq!(machine.count(), empty);

    let project = machine.project();
    let name = project.id.replace("local_", "tenant_");
    administer(&engine, "postgres", &format!("create role {name} login password 'theirs'"));
    let password = format!("select rolpassword from pg_authid where rolname = '{name}'");
    let before = administer(&engine, "postgres", &password);
    let output = project.create();
    assert_data_eq!(
        told(&output),
        str![[r#"
! note: made a new project in [SANDBOX]/p2
! error: could not create tenant `x`
!   caused by: the server has a role `[ROLE]` that is not this tenant's, so it is left alone
! help: choose another name, or rename that role; everything that was done is undone
? 4

"#]]
    );
    assert_eq!(administer(&engine, "postgres", &password), before);
    assert_settled(&project);
}

#[test]
fn an_undo_that_fails_says_what_is_left_and_is_finished_later() {
    let Some(engine) = Docker::hold("an_undo_that_fails_says_what_is_left_and_is_finished_later") else { return };
    let machine = docker(&engine);
    let project = machine.project();
    let other = [
        "cloud",
        "tenant",
        "create",
        "--type",
        "local",
        "--provider",
        "docker",
        "--name",
        "y",
        "--id",
        "local_0ddba11",
    ];
    let _created = project.run(&other).ok();
    let empty = machine.count();
    let comment = "select shobj_description(oid, 'pg_authid') from pg_roles where rolname = 'tenant_0ddba11'";
    let tag = administer(&engine, "postgres", comment).trim().replace("local_0ddba11", &project.id);

    // The role is the tenant's own and owns something elsewhere, so it cannot be dropped; its database is a stranger's.
    let name = project.id.replace("local_", "tenant_");
    administer(&engine, "postgres", &format!("create role {name}"));
    administer(&engine, "postgres", &format!("comment on role {name} is '{tag}'"));
    administer(&engine, "postgres", &format!("create database {name}"));
    administer(&engine, "postgres", "create database elsewhere");
    administer(&engine, "elsewhere", &format!("create schema theirs authorization {name}"));

    let output = project.create();
    assert_data_eq!(
        told(&output).replace(&name, "[ROLE]"),
        str![[r#"
! error: could not create tenant `x`, and could not undo it either
!   caused by: could not drop the role `[ROLE]`: role "[ROLE]" cannot be dropped because some objects depend on it (1 object in database elsewhere)
! help: still there may be the effects of `create role`
! hint: run `systemprompt cloud tenant resume [ID]`
? 7

"#]]
    );
    let list = project.list().ok();
    assert!(list.stderr.contains("unfinished: create tenant `x`"), "{}", list.whole());
    let again = project.run(&["cloud", "tenant", "resume", &project.id]);
    assert_eq!(again.code, 7, "the role still cannot be dropped: {}", again.whole());

    administer(&engine, "elsewhere", "drop schema theirs");
    let finished = project.run(&["cloud", "tenant", "resume", &project.id]);
    assert_data_eq!(
        told(&finished).replace(&name, "[ROLE]"),
        str![[r#"
! error: could not create tenant `x`
!   caused by: the server has a database `[ROLE]` that is not this tenant's, so it is left alone
! help: choose another name, or rename that database; everything that was done is undone
? 4

"#]]
    );
    assert_settled(&project);
    assert_eq!(project.run(&["cloud", "tenant", "list", "--json"]).ok().data()["total"], 1, "the other one");
    administer(&engine, "postgres", &format!("drop database {name}"));
    administer(&engine, "postgres", "drop database elsewhere");
    assert_eq!(machine.count(), empty);
}

#[test]
fn an_engine_that_goes_away_half_way_leaves_nothing_or_something_to_resume() {
    let Some(docker) = Docker::hold("an_engine_that_goes_away_half_way_leaves_nothing_or_something_to_resume") else {
        return;
    };
    let mut sandbox = Sandbox::with(&docker);
    let engine = Engine::before(&docker, &sandbox.root().join("docker.sock"));
    sandbox.set("DOCKER_HOST", &engine.host());
    let machine = Machine::with_shared_server(sandbox, &["--provider", "docker", &Docker::image_flag()]);
    let empty = machine.count();
    let made = docker.made();
    for kind in ["create", "delete"] {
        let mut requests = 0;
        loop {
            let project = machine.project();
            if kind == "delete" {
                let _created = project.create().ok();
            }
            engine.goes_away_after(requests);
            let output = if kind == "create" { project.create() } else { project.delete() };
            let was_used_up = engine.comes_back();
            assert!(!output.stderr.contains("panicked"), "{kind}, {requests} requests: {}", output.whole());
            if output.code != 0 {
                assert!(matches!(output.code, 6 | 7), "{kind}, {requests} requests: {}", output.whole());
                assert!(output.stderr.contains("Docker"), "{kind}, {requests} requests: {}", output.whole());
            }
            settle(&project, kind, requests);
            assert_eq!(machine.count(), empty, "{kind}, {requests} requests");
            assert_eq!(docker.made(), made, "{kind}, {requests} requests");
            if !was_used_up {
                assert_eq!(output.code, 0, "{}", output.whole());
                break;
            }
            requests += 1;
        }
        println!("{kind}: the engine went away after each of {requests} requests");
        assert!(requests > 3, "{kind}: only {requests} requests");
    }
}

/// The engine is back: what is unfinished is finished, and the tenant goes.
fn settle(project: &Project, kind: &str, requests: usize) {
    if project.list().ok().stderr.contains("unfinished: ") {
        // It goes on, or finishes its undo and says again why; both are an end.
        let _either = project.run(&["cloud", "tenant", "resume", &project.id]);
    }
    let list = project.list().ok();
    assert_eq!(list.stderr, "", "{kind}, {requests} requests: {}", list.whole());
    if project.run(&["cloud", "tenant", "list", "--json"]).ok().data()["total"] == 1 {
        let _deleted = project.delete().ok();
    }
    assert_settled(project);
}

#[test]
fn a_container_that_was_stopped_or_removed_is_started_or_not_missed() {
    let Some(engine) = Docker::hold("a_container_that_was_stopped_or_removed_is_started_or_not_missed") else { return };
    let machine = docker(&engine);
    let project = machine.project();
    let _created = project.create().ok();
    engine.run(&["stop", "--time", "1", "systemprompt-shared-db"]).expect("it runs");
    let status = project.run(&["cloud", "tenant", "status", &project.id]);
    assert_eq!(status.code, 1, "{}", status.whole());
    let _deleted = project.delete().ok();
    assert_settled(&project);

    let project = machine.project();
    let _created = project.create().ok();
    engine.run(&["rm", "--force", "systemprompt-shared-db"]).expect("it is there");
    let output = project.delete().ok();
    assert!(output.stderr.contains("is gone, so there is nothing to drop"), "{}", output.whole());
    assert_settled(&project);
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
