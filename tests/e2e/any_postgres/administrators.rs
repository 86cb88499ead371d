//! Another administrator than the one who made a tenant, and what is others' on the server.

use systemprompt_tests::Login;

use super::{ADMIN, ADMIN_ALONE, CREATE, PASSWORD, log_in, logged_in, refused, url};

#[test]
fn another_administrator_of_the_server_goes_on_with_what_the_first_has_made() {
    let (mut sandbox, server) = logged_in();
    sandbox.say(CREATE).ok();
    server.role("successor", PASSWORD, "CREATEDB CREATEROLE");
    log_in(&mut sandbox, &server.url("127.0.0.1", "successor", PASSWORD, "")).ok();
    let mut open = Login::to(&url(&sandbox, "shop")).expect("the tenant logs in");
    sandbox.say("cloud tenant rotate-credentials shop -y").ok();
    open.run("select 1").expect_err("a connection of the old password is open");
    sandbox.say("cloud tenant delete shop --grace 1h -y").ok();
    sandbox.say("cloud tenant restore shop").ok();
    Login::to(&url(&sandbox, "shop")).expect("the tenant logs in").close();
    sandbox.say("cloud tenant delete shop -y").ok();
    assert_eq!(server.inventory(), ["role:successor", ADMIN_ALONE[0]]);
}

#[test]
fn an_administrator_who_could_not_drop_the_role_drops_no_database() {
    let (sandbox, server) = logged_in();
    sandbox.say(CREATE).ok();
    let before = server.inventory();
    let mut owner = server.owner();
    owner.run(&format!("alter role {ADMIN} NOCREATEROLE")).expect("an owner may");
    let output = sandbox.say("cloud tenant delete shop -y --json");
    refused(output, 5, "account-forbidden", &["may not change the role", "CREATEROLE", "everything that was done"]);
    assert_eq!(server.inventory(), before);
    owner.run(&format!("alter role {ADMIN} CREATEROLE")).expect("an owner may");
    owner.close();
    sandbox.say("cloud tenant delete shop -y").ok();
    assert_eq!(server.inventory(), ADMIN_ALONE);
}

#[test]
fn what_a_tenant_made_in_the_administrators_own_database_is_not_dropped_with_it() {
    let (sandbox, server) = logged_in();
    sandbox.say(CREATE).ok();
    let mut owner = server.owner();
    // As before PostgreSQL 15.
    owner.run("grant create on schema public to public").expect("an owner may");
    let mut login = Login::to_database(&url(&sandbox, "shop"), "postgres").expect("everybody is let in");
    login.run("create table theirs (x int)").expect("everybody may");
    login.close();
    let output = sandbox.say("cloud tenant delete shop -y --json").exits(7);
    assert_eq!(owner.text("select count(*)::text from theirs").as_deref(), Ok("0"), "{}", output.whole());
    for says in ["role-in-use", "`postgres`", "REASSIGN OWNED BY"] {
        assert!(output.stdout.contains(says), "{says}: {}", output.whole());
    }
    owner.run("alter table theirs owner to current_user").expect("an owner may");
    sandbox.say("cloud tenant resume shop").ok();
    assert_eq!(owner.text("select count(*)::text from theirs").as_deref(), Ok("0"));
    owner.close();
    assert_eq!(server.inventory(), ADMIN_ALONE);
}
