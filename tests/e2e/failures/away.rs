//! An engine that goes away, an image that is not to be had, a container that somebody stops.

use super::engine::Engine;
use super::*;

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
fn a_tenant_is_deleted_although_its_container_was_stopped() {
    let Some(engine) = Docker::hold("a_tenant_is_deleted_although_its_container_was_stopped") else { return };
    let machine = docker(&engine);
    let project = machine.project();
    let _created = project.create().ok();
    engine.run(&["stop", "--time", "1", SHARED]).expect("it runs");
    let status = project.run(&["cloud", "tenant", "status", &project.id]);
    assert_eq!(status.code, 1, "{}", status.whole());
    let _deleted = project.delete().ok();
    assert_settled(&project);
}
