//! Who gets into a tenant's database: its own role, with the password of now, and as long as it is not set aside.

use systemprompt_tests::{Login, Sandbox};

use super::{ADMIN_ALONE, CREATE, PASSWORD, log_in, logged_in, url, world};

fn database(url: &str) -> &str {
    let (address, _) = url.split_once('?').expect("a URL with parameters");
    address.rsplit_once('/').expect("a URL has a path").1
}

fn rows(sandbox: &Sandbox) -> Result<String, String> {
    let mut login = Login::to(&url(sandbox, "shop"))?;
    let found = login.text("select text from notes");
    login.close();
    found
}

fn with_a_row(sandbox: &Sandbox) -> String {
    sandbox.say(CREATE).ok();
    let url = url(sandbox, "shop");
    let mut login = Login::to(&url).expect("the tenant logs in");
    login.run("create table notes (text text); insert into notes values ('kept')").expect("it makes tables");
    login.close();
    url
}

#[test]
fn a_tenant_reaches_its_own_database_and_no_other_tenants() {
    let (sandbox, _server) = logged_in();
    let theirs = with_a_row(&sandbox);
    sandbox.say("cloud tenant create --provider postgres --name other").ok();
    let mine = url(&sandbox, "other");
    let refusal = Login::to_database(&mine, database(&theirs)).err().expect("the other database is closed");
    assert!(refusal.contains("permission denied for database"), "{refusal}");
    let mut login = Login::to(&mine).expect("the tenant logs in");
    let role = database(&theirs);
    for forbidden in [
        format!("drop database {role}"),
        format!("alter database {role} rename to mine"),
        format!("alter role {role} password 'known'"),
        format!("drop role {role}"),
        format!("set role {role}"),
        "set role tenant_admin".to_owned(),
        format!("grant {role} to {}", database(&mine)),
        "create role another".to_owned(),
        "create database another".to_owned(),
    ] {
        let refusal = login.run(&forbidden).expect_err(&forbidden);
        let denied = ["permission denied", "must be", "must have"].iter().any(|said| refusal.contains(said));
        assert!(denied, "{forbidden}: {refusal}");
    }
    login.close();
    assert_eq!(rows(&sandbox).as_deref(), Ok("kept"));
}

#[test]
fn an_administrator_who_is_a_superuser_belongs_to_no_tenants_role() {
    let (mut sandbox, server) = world();
    server.role("root", PASSWORD, "SUPERUSER");
    log_in(&mut sandbox, &server.url("127.0.0.1", "root", PASSWORD, "")).ok();
    sandbox.say(CREATE).ok();
    let mut owner = server.owner();
    let memberships = "select count(*)::text from pg_auth_members where member = 'root'::regrole";
    assert_eq!(owner.text(memberships).as_deref(), Ok("0"));
    owner.close();
    sandbox.say("cloud tenant delete shop -y").ok();
    assert_eq!(server.inventory(), ADMIN_ALONE);
}

#[test]
fn databases_of_others_are_left_as_they_were() {
    let (sandbox, server) = logged_in();
    let mut owner = server.owner();
    owner.run("create database theirs").expect("an owner may");
    let rights = "select string_agg(datname || coalesce(datacl::text, '-'), ' ' order by datname) from pg_database \
                  where datname in ('postgres', 'template1', 'theirs')";
    let before = owner.text(rights).expect("an owner may look");
    sandbox.say(CREATE).ok();
    sandbox.say("cloud tenant delete shop -y").ok();
    assert_eq!(owner.text(rights), Ok(before));
    owner.close();
}

#[test]
fn after_a_rotation_the_old_password_is_refused_and_open_connections_are_ended() {
    let (sandbox, server) = logged_in();
    let old = with_a_row(&sandbox);
    let mut open = Login::to(&old).expect("the tenant logs in");
    sandbox.say("cloud tenant rotate-credentials shop -y").ok();
    assert!(Login::is_refused(&old), "the old password is still taken");
    open.run("select 1").expect_err("a connection of the old password is open");
    assert_eq!(rows(&sandbox).as_deref(), Ok("kept"));
    sandbox.say("cloud tenant delete shop -y").ok();
    assert_eq!(server.inventory(), ADMIN_ALONE);
}

#[test]
fn with_an_overlap_both_passwords_are_taken_and_both_roles_go_with_the_tenant() {
    let (sandbox, server) = logged_in();
    let first = with_a_row(&sandbox);
    sandbox.say("cloud tenant rotate-credentials shop --overlap 1h -y").ok();
    let second = url(&sandbox, "shop");
    assert!(second.contains("-b:") && second.contains("sslmode=prefer"), "{second}");
    let mut login = Login::to(&second).expect("the second role logs in");
    login.run("insert into notes values ('by the second'); create table more (x int)").expect("it is the owner, too");
    login.close();
    let mut login = Login::to(&first).expect("the first still does");
    login.run("insert into more values (1)").expect("what the second made is the first's");
    login.close();
    sandbox.say("cloud tenant rotate-credentials shop -y").ok();
    assert!(Login::is_refused(&first) && Login::is_refused(&second), "an old password is still taken");
    sandbox.say("cloud tenant delete shop -y").ok();
    assert_eq!(server.inventory(), ADMIN_ALONE);
}

#[test]
fn a_tenant_that_was_deleted_with_a_grace_is_closed_and_comes_back_with_its_rows() {
    let (sandbox, server) = logged_in();
    let url = with_a_row(&sandbox);
    sandbox.say("cloud tenant delete shop --grace 1h -y").ok();
    assert!(Login::is_refused(&url), "somebody gets in");
    assert_eq!(server.inventory().len(), 3, "it is kept");
    sandbox.say("cloud tenant restore shop").ok();
    assert_eq!(rows(&sandbox).as_deref(), Ok("kept"));
    sandbox.say("cloud tenant delete shop --grace 1h -y").ok();
    sandbox.say("cloud tenant purge shop -y").ok();
    assert_eq!(server.inventory(), ADMIN_ALONE);
}
