//! Names that somebody else has taken, and what is left when an undo fails.

use systemprompt_tests::{assert_data_eq, str};

use super::*;

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
! error: Provisioning failed: could not create tenant `x`
!   caused by: there is a container `systemprompt-shared-db` that systemprompt did not make, so it is left alone
! help: look at it with `docker container inspect systemprompt-shared-db`, and rename or remove it if it is not needed; everything that was done is undone
! hint: run `systemprompt history log --tenant [ID]`
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
! error: Provisioning failed: could not create tenant `x`
!   caused by: the server has a database `[ROLE]` that is not this tenant's, so it is left alone
! help: give the tenant another `--id`, or rename that database; everything that was done is undone
! hint: run `systemprompt history log --tenant [ID]`
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
! error: Provisioning failed: could not create tenant `x`
!   caused by: the server has a role `[ROLE]` that is not this tenant's, so it is left alone
! help: give the tenant another `--id`, or rename that role; everything that was done is undone
! hint: run `systemprompt history log --tenant [ID]`
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
! error: Provisioning failed: could not create tenant `x`, and could not undo it either
!   caused by: could not drop the role `[ROLE]`: role "[ROLE]" cannot be dropped because some objects depend on it (1 object in database elsewhere)
! help: still there may be the effects of `create role`
! hint: run `systemprompt cloud tenant resume [ID]`
! hint: run `systemprompt cloud tenant show [ID]`
! hint: run `systemprompt cloud tenant resume [ID] --abandon`
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
! error: Provisioning failed: could not create tenant `x`
!   caused by: the server has a database `[ROLE]` that is not this tenant's, so it is left alone
! help: give the tenant another `--id`, or rename that database; everything that was done is undone
! hint: run `systemprompt history log --tenant [ID]`
? 4

"#]]
    );
    assert_settled(&project);
    assert_eq!(project.run(&["cloud", "tenant", "list", "--json"]).ok().data()["total"], 1, "the other one");
    administer(&engine, "postgres", &format!("drop database {name}"));
    administer(&engine, "postgres", "drop database elsewhere");
    assert_eq!(machine.count(), empty);
}
