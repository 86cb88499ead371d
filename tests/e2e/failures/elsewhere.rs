//! A tenant that is not where it is looked for: nothing is taken for gone that may still be somewhere.

use std::fs;

use systemprompt_tests::{assert_data_eq, str};

use super::engine::Engine;
use super::*;

/// Runs a command of a project with another value of an environment variable.
fn with(project: &Project, name: &str, value: &str, args: &[String]) -> Output {
    let sandbox = &project.machine.sandbox;
    let mut command = sandbox.command(args);
    command.env(name, value);
    sandbox.start(command).end()
}

#[test]
fn a_tenant_on_another_engine_is_not_taken_for_deleted() {
    let Some(engine) = Docker::hold("a_tenant_on_another_engine_is_not_taken_for_deleted") else { return };
    let machine = docker(&engine);
    let other = Engine::another(&engine, &machine.sandbox.root().join("other.sock"));
    let project = machine.project();
    let _created = project.create().ok();
    let before = machine.count();

    let output = with(&project, "DOCKER_HOST", &other.host(), &project.deletion());
    let id = engine.run(&["info", "--format", "{{.ID}}"]).expect("an engine has an id");
    let said = told(&output).replace(id.trim(), "[THIS]").replace(&"f".repeat(id.trim().len()), "[OTHER]");
    assert_data_eq!(
        said.replace(&engine_host(), "[HOST]"),
        str![[r#"
! note: tenant `x` ([ID]), named on the command line
! error: could not delete tenant `x`
!   caused by: container `systemprompt-shared-db` was made on the Docker engine `[THIS]`, which answered at `[ENGINE]`; the one that answers now, at `[ENGINE]`, is another: `[OTHER]`
! help: start that engine, then run the command again with `DOCKER_HOST=[HOST]`; everything that was done is undone
? 4

"#]]
    );
    assert_eq!(machine.count(), before);
    assert_settled(&project);
    let status = project.args(&["cloud", "tenant", "status", &project.id]);
    let status = with(&project, "DOCKER_HOST", &other.host(), &status);
    assert_eq!(status.code, 1, "{}", status.whole());
    assert!(status.stdout.contains("elsewhere"), "{}", status.whole());

    let _deleted = project.delete().ok();
    assert_eq!(machine.count(), "1 roles, 1 databases", "the observer's");
    assert_settled(&project);
}

fn engine_host() -> String {
    std::env::var("DOCKER_HOST").unwrap_or_else(|_| "unix:///var/run/docker.sock".to_owned())
}

#[test]
fn a_container_that_was_removed_does_not_hide_what_is_in_its_volume() {
    let Some(engine) = Docker::hold("a_container_that_was_removed_does_not_hide_what_is_in_its_volume") else { return };
    let machine = docker(&engine);
    let project = machine.project();
    let _created = project.create().ok();
    engine.run(&["rm", "--force", SHARED]).expect("it is there");

    let output = project.delete();
    assert_data_eq!(
        told(&output).replace(&Docker::image(), "[IMAGE]"),
        str![[r#"
! note: tenant `x` ([ID]), named on the command line
! error: could not delete tenant `x`
!   caused by: container `systemprompt-shared-db` was removed, and its data is still there, in volume `systemprompt-shared-db-data`
! help: make the container again with `systemprompt infra db up --provider docker --config image=[IMAGE]`, then run the command again; or, if the data of all its tenants may go, `docker volume rm systemprompt-shared-db-data`; everything that was done is undone
? 4

"#]]
    );
    assert_settled(&project);
    let _up = project.run(&["infra", "db", "up", "--provider", "docker", &Docker::image_flag()]).ok();
    let _deleted = project.delete().ok();
    let name = project.id.replace("local_", "tenant_");
    let left = administer(&engine, "postgres", &format!("select count(*) from pg_roles where rolname = '{name}'"));
    assert_eq!(left, "0\n");
    assert_settled(&project);

    let project = machine.project();
    let _created = project.create().ok();
    engine.run(&["rm", "--force", SHARED]).expect("it is there");
    engine.run(&["volume", "rm", &format!("{SHARED}-data")]).expect("it is not in use");
    let output = project.delete().ok();
    assert!(output.stderr.contains("is gone, so there is nothing to drop"), "{}", output.whole());
    assert_settled(&project);
}

#[test]
fn a_tenant_of_another_data_directory_is_not_taken_for_deleted() {
    let machine = native();
    let project = machine.project();
    let _created = project.create().ok();
    let before = machine.count();
    let other = machine.sandbox.root().join("other-data");
    let other = other.to_str().expect("a path in UTF-8");

    // Without the keys that it was made with, it is somebody else's.
    let output = with(&project, "SYSTEMPROMPT_DATA_DIR", other, &project.deletion());
    assert_data_eq!(
        told(&output).replace(&project.id, "[ID]"),
        str![[r#"
! note: tenant `x` ([ID]), named on the command line
! error: tenant `x` was made by another user, or with another data directory
! help: do it as the user who made it, or set `SYSTEMPROMPT_DATA_DIR` to the directory it was made with
? 4

"#]]
    );
    assert_settled(&project);

    // With the keys it is this user's, and it still is not here.
    let from = machine.sandbox.data().join("vault");
    fs::remove_dir_all(Path::new(other).join("vault")).expect("another vault was made");
    let copied = Command::new("cp").arg("-a").args([from.as_path(), Path::new(other)]).status();
    assert!(copied.is_ok_and(|status| status.success()));
    let output = with(&project, "SYSTEMPROMPT_DATA_DIR", other, &project.deletion());
    assert_data_eq!(
        told(&output),
        str![[r#"
! note: tenant `x` ([ID]), named on the command line
! error: could not delete tenant `x`
!   caused by: the tenant is in the cluster in `[SANDBOX]/data/clusters/native/shared/data`, and clusters are looked for in `[SANDBOX]/other-data/clusters/native/shared/data` now
! help: set `SYSTEMPROMPT_DATA_DIR` to the directory that the tenant was made with, and run the command again; everything that was done is undone
? 4

"#]]
    );
    assert_eq!(machine.count(), before);
    assert_settled(&project);
    let _deleted = project.delete().ok();
    assert_eq!(machine.count(), "1 roles, 1 databases", "the observer's");
}
