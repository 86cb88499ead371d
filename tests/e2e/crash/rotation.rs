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
    let (owner, project, _) = taken(&machine);
    let rotation = project.rotation();
    let rotation: Vec<&str> = rotation.iter().map(String::as_str).collect();
    let commits = strace::commits(&machine.sandbox, &project.dir, &rotation);
    clean(&owner);
    assert!(commits.len() >= 9, "four steps of two edges each: {}", commits.len());
    for (number, commit) in commits.iter().enumerate() {
        for call in [&commit.before, &commit.after] {
            let edge = format!("killed at {call:?}, commit {} of {}", number + 1, commits.len());
            let (owner, project, old) = taken(&machine);
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

/// The owner's database, taken in by another project, and its URL.
fn taken(machine: &Machine) -> (Project<'_>, Project<'_>, String) {
    let (owner, project) = (machine.project(), machine.project());
    owner.create().ok();
    let old = owner.url();
    let adopt = ["cloud", "tenant", "create", "--type", "local", "--name", "x", "--id", &project.id];
    let mut adopt = project.args(&adopt);
    adopt.extend(["--database-url".to_owned(), old.clone()]);
    machine.sandbox.run(adopt).ok();
    (owner, project, old)
}

#[test]
fn an_undo_that_is_refused_because_a_rotation_was_killed_leaves_the_tenants_key() {
    if !strace::is_here("an_undo_that_is_refused_because_a_rotation_was_killed_leaves_the_tenants_key") {
        return;
    }
    let machine = native();
    let (first_owner, first, _) = taken(&machine);
    let rotation = first.rotation();
    let commits =
        strace::commits(&machine.sandbox, &first.dir, &rotation.iter().map(String::as_str).collect::<Vec<_>>());
    clean(&first_owner);
    let (owner, project, old) = taken(&machine);
    let rotation = project.rotation();
    let rotation: Vec<&str> = rotation.iter().map(String::as_str).collect();
    // Nothing but the beginning is recorded then.
    let beginning = &commits.first().expect("a rotation records something").after;
    let _killed = strace::disturb(&machine.sandbox, &project.dir, &rotation, beginning, "signal=KILL").exits(KILLED);
    assert_eq!(project.count("TenantChangeStarted"), 1);
    let adopted = project.run(&["history", "log", "--type", "TenantAdopted", "--json"]).ok().data();
    let adopted = format!("@{}", adopted["events"][0]["position"]);
    let refused = project.run(&["history", "undo", &adopted, "-y", "--json"]);
    assert_ne!(refused.code, 0, "{}", refused.whole());
    assert_eq!(project.url(), old, "the password can still be read");
    project.run(&["cloud", "tenant", "resume", &project.id]).ok();
    assert_settled(&project, "after the refusal");
    clean(&owner);
}
