//! One tenant cannot see, enter or harm another's database.

use systemprompt_tests::{Docker, Login, Sandbox};

use crate::life::url;

#[test]
fn a_tenant_reaches_its_own_database_and_no_other_on_a_native_server() {
    let sandbox = Sandbox::new();
    check(&sandbox, "--provider=native");
}

#[test]
fn a_tenant_reaches_its_own_database_and_no_other_in_docker() {
    let Some(docker) = Docker::hold("a_tenant_reaches_its_own_database_and_no_other_in_docker") else { return };
    let sandbox = Sandbox::with(&docker);
    check(&sandbox, &Docker::image_flag());
}

fn check(sandbox: &Sandbox, flag: &str) {
    for name in ["one", "two"] {
        sandbox.run(["cloud", "tenant", "create", "--type", "local", "--name", name, flag]).ok();
    }
    let (one, two) = (url(sandbox, "one"), url(sandbox, "two"));
    let database = |url: &str| url.rsplit_once('/').expect("a URL has a path").1.to_owned();
    let mut login = Login::to(&two).expect("the second tenant can log in");
    login.run("create table secrets (text text); insert into secrets values ('two')").expect("a table can be made");
    login.close();

    for other in [database(&two), "postgres".to_owned(), "template1".to_owned(), "template0".to_owned()] {
        let refusal = Login::to_database(&one, &other).err().unwrap_or_else(|| panic!("`{other}` is open"));
        let said = ["permission denied for database", "not currently accepting connections"];
        assert!(said.iter().any(|said| refusal.contains(said)), "{other}: {refusal}");
    }

    let mut login = Login::to(&one).expect("the first tenant can log in");
    let role = "select concat_ws(' ', rolsuper, rolcreatedb, rolcreaterole, rolreplication, rolbypassrls) \
                from pg_roles where rolname = current_user";
    assert_eq!(login.text(role), Ok("f f f f f".to_owned()), "superuser, createdb, createrole, replication, bypassrls");
    let member_of = "select count(*)::text from pg_auth_members where member = current_user::regrole";
    assert_eq!(login.text(member_of), Ok("0".to_owned()));

    let (mine, theirs) = (database(&one), database(&two));
    for forbidden in [
        format!("drop database \"{theirs}\""),
        format!("alter database \"{theirs}\" rename to mine"),
        format!("grant connect on database \"{theirs}\" to \"{mine}\""),
        format!("alter role \"{theirs}\" password 'known'"),
        format!("drop role \"{theirs}\""),
        format!("set role \"{theirs}\""),
        "create role another".to_owned(),
        "create database another".to_owned(),
        "copy (select 1) to program 'true'".to_owned(),
        "select pg_read_file('postgresql.conf')".to_owned(),
        "select rolpassword from pg_authid".to_owned(),
        "alter system set log_statement = 'all'".to_owned(),
    ] {
        let refusal = login.run(&forbidden).expect_err(&forbidden);
        let denied = ["permission denied", "must be", "cannot be"].iter().any(|said| refusal.contains(said));
        assert!(denied, "{forbidden}: {refusal}");
    }
    login.close();

    let mut login = Login::to(&two).expect("the second tenant still can log in");
    assert_eq!(login.text("select text from secrets"), Ok("two".to_owned()));
    login.close();
}

#[test]
fn a_tenant_may_do_in_its_own_database_what_an_application_does() {
    let sandbox = Sandbox::new();
    sandbox.say("cloud tenant create --type local --name mine --provider native").ok();
    let mut login = Login::to(&url(&sandbox, "mine")).expect("the tenant can log in");
    for allowed in [
        "create schema app",
        "create table public.notes (id bigint generated always as identity, text text)",
        "create extension pgcrypto",
        "create function one() returns int language sql as 'select 1'",
        "create temporary table t (x int)",
        "drop table public.notes",
    ] {
        assert_eq!(login.run(allowed), Ok(()), "{allowed}");
    }
    login.close();
}
