//! One tenant cannot see, enter or harm another's database.

use std::collections::BTreeSet;

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

#[test]
fn ids_that_look_alike_get_databases_of_their_own() {
    let sandbox = Sandbox::new();
    let long = |end: &str| format!("{}{end}", "a".repeat(63));
    let ids = ["x-AB".to_owned(), "x-CD".to_owned(), long("a"), long("b")];
    let mut urls = BTreeSet::new();
    for (number, id) in ids.iter().enumerate() {
        let name = format!("tenant-{number}");
        let line = format!("cloud tenant create --type local --provider native --name {name} --id {id}");
        sandbox.say(&line).ok();
        let url = url(&sandbox, &name);
        Login::to(&url).expect("each can log in").close();
        urls.insert(url.rsplit_once('/').expect("a URL has a path").1.to_owned());
    }
    assert_eq!(urls.len(), ids.len(), "{urls:?}");
}

#[test]
fn a_name_that_a_stranger_has_on_the_server_is_left_alone_and_the_creation_undone() {
    let sandbox = Sandbox::new();
    sandbox.say("cloud tenant create --type local --provider native --name one --id local_0123456789").ok();
    // Another project of the same machine takes the same id, and so the same role.
    let other = sandbox.root().join("home/other");
    std::fs::create_dir(&other).expect("a directory can be made");
    let in_other = |line: &str| {
        let mut command = sandbox.command(line.split(' '));
        command.current_dir(&other);
        sandbox.start(command).end()
    };
    let create = "cloud tenant create --type local --provider native --name two --id local_0123456789 --json";
    let refused = in_other(create);
    assert_eq!(refused.code, 4, "{}", refused.whole());
    let listed = in_other("cloud tenant list --json").ok();
    assert_eq!((&listed.data()["total"], listed.stderr.as_str()), (&0.into(), ""), "{}", listed.whole());
    Login::to(&url(&sandbox, "one")).expect("the first tenant is untouched").close();
}
