//! Rotations that are killed, and one that is undone afterwards.

use super::*;

#[test]
fn a_rotation_on_a_native_server_survives_being_killed_at_every_edge() {
    if strace::is_here("a_rotation_on_a_native_server_survives_being_killed_at_every_edge") {
        Scene::new(native(), Kind::Rotate).kill_everywhere();
    }
}

#[test]
fn a_rotation_in_docker_survives_being_killed_at_every_edge() {
    let test = "a_rotation_in_docker_survives_being_killed_at_every_edge";
    let (true, Some(engine)) = (strace::is_here(test), Docker::hold(test)) else { return };
    Scene::new(docker(&engine), Kind::Rotate).kill_everywhere();
}

#[test]
fn a_rotation_that_was_killed_is_undone_where_that_is_asked_for() {
    if !strace::is_here("a_rotation_that_was_killed_is_undone_where_that_is_asked_for") {
        return;
    }
    let scene = Scene::new(native(), Kind::Rotate);
    let mut undone = 0;
    for (number, commit) in scene.commits.iter().enumerate() {
        let edge = format!("killed at commit {} of {}", number + 1, scene.commits.len());
        let project = Kind::Rotate.prepare(&scene.machine);
        let (old, world) = (project.url(), project.world());
        let _killed = scene.disturb(&project, &commit.after, "signal=KILL").exits(KILLED);
        if project.count("TenantChangeStarted") > project.count("TenantChanged") {
            project.run(&["cloud", "tenant", "resume", &project.id, "--undo"]).ok();
            assert_eq!(project.world(), world, "{edge}");
            assert_eq!(project.url(), old, "{edge}");
            Login::to(&old).unwrap_or_else(|said| panic!("{edge}: {said}")).close();
            assert_settled(&project, &edge);
            undone += 1;
        }
        clean(&project);
    }
    // Four steps of two edges each, and what is before them.
    assert!(undone >= 9, "only {undone} of {} were undone", scene.commits.len());
}

#[test]
fn a_rotation_by_the_role_itself_survives_being_killed_at_every_edge() {
    if !strace::is_here("a_rotation_by_the_role_itself_survives_being_killed_at_every_edge") {
        return;
    }
    let machine = native();
    // The owner's database, taken in by another project.
    let taken = || {
        let (owner, project) = (machine.project(), machine.project());
        owner.create().ok();
        let old = owner.url();
        let adopt = ["cloud", "tenant", "create", "--type", "local", "--name", "x", "--id", &project.id];
        let mut adopt = project.args(&adopt);
        adopt.extend(["--database-url".to_owned(), old.clone()]);
        machine.sandbox.run(adopt).ok();
        (owner, project, old)
    };
    let (owner, project, _) = taken();
    let rotation = project.rotation();
    let rotation: Vec<&str> = rotation.iter().map(String::as_str).collect();
    let commits = strace::commits(&machine.sandbox, &project.dir, &rotation);
    clean(&owner);
    assert!(commits.len() >= 9, "four steps of two edges each: {}", commits.len());
    for (number, commit) in commits.iter().enumerate() {
        for call in [&commit.before, &commit.after] {
            let edge = format!("killed at {call:?}, commit {} of {}", number + 1, commits.len());
            let (owner, project, old) = taken();
            let rotation = project.rotation();
            let rotation: Vec<&str> = rotation.iter().map(String::as_str).collect();
            let _killed = strace::disturb(&machine.sandbox, &project.dir, &rotation, call, "signal=KILL").exits(KILLED);
            if project.count("TenantChangeStarted") > project.count("TenantChanged") {
                project.run(&["cloud", "tenant", "resume", &project.id]).ok();
            }
            if project.count("TenantChanged") == 0 {
                machine.sandbox.run(project.rotation()).ok();
            }
            assert!(Login::is_refused(&old), "{edge}: the old password is taken");
            Login::to(&project.url()).unwrap_or_else(|said| panic!("{edge}: {said}")).close();
            assert_eq!(project.count("TenantChanged"), 1, "{edge}");
            assert_settled(&project, &edge);
            clean(&owner);
        }
    }
}
